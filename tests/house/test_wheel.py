"""The wheel starts by itself: outside the clone, with nothing but the lock."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
QUIET = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--no-compile"]


# Taken before a test gets its clean one, because pip's own settings are needed; ours are not.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("SHOTLOG_", "PYTHON", "PYTEST_", "AWS_"))
}


def _run(command, **more):
    finished = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, timeout=600, **more
    )
    assert finished.returncode == 0, f"{command} ended with {finished.returncode}:\n{finished.stderr[-4000:]}"
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    """The wheel as it is built from this clone."""
    out = tmp_path_factory.mktemp("wheel")
    _run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, root],
        env=ENVIRONMENT,
    )
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture
def installed(root, wheel, tmp_path_factory):
    """The folder of programs of a fresh environment that holds the lock and the wheel."""
    place = tmp_path_factory.mktemp("elsewhere") / "venv"
    _run([sys.executable, "-m", "venv", "--without-pip", place], env=ENVIRONMENT)
    pip = [sys.executable, "-m", "pip", "--python", place / "bin" / "python", "install", *QUIET]
    _run([*pip, "--require-hashes", "-r", root / "requirements" / "run.txt"], env=ENVIRONMENT)
    _run([*pip, "--no-index", wheel], env=ENVIRONMENT)
    return place / "bin"


def test_the_wheel_holds_every_file_of_the_package(root, wheel, tracked):
    packed = set(zipfile.ZipFile(wheel).namelist())
    ours = {
        path.relative_to(root / "src").as_posix() for path in tracked if path.is_relative_to(root / "src")
    }

    assert ours
    assert ours - packed == set()


def test_the_wheel_does_the_main_job_outside_the_clone(installed, root, tmp_path, clean_environment):
    stranger = {
        "cwd": tmp_path,
        "env": {**ENVIRONMENT, "SHOTLOG_HOME": str(clean_environment / "shotlog")},
    }
    folder = tmp_path / "two photos"
    folder.mkdir()

    where = _run([installed / "python", "-c", "import shotlog; print(shotlog.__path__[0])"], **stranger)
    assert str(root) not in where
    assert "shotlog" in _run([installed / "shotlog", "--help"], **stranger)
    assert _run([installed / "python", "-m", "shotlog", "--version"], **stranger).strip()

    paint = "import sys; from PIL import Image; Image.new('RGB', (640, 480), 'navy').save(sys.argv[1])"
    for name in ("one, of two.jpg", "two of two.png"):
        _run([installed / "python", "-c", paint, folder / name], **stranger)
    summary = json.loads(_run([installed / "shotlog", "run", folder, "--yes", "--json"], **stranger))
    assert summary["assets"]["found"] == 2
    assert summary["records"]["succeeded"] + summary["records"]["partial"] == 2
