"""The wheel starts by itself: outside the clone, with nothing but the lock."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

pytestmark = [pytest.mark.xdist_group("wheel"), pytest.mark.slow, pytest.mark.timeout(900)]
QUIET = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--no-compile"]


def _environment():
    """The environment as pip needs it, without ours: no settings, no path into the clone."""
    names = {name for name in os.environ if name.startswith(("SHOTLOG_", "PYTHON", "PYTEST_", "COV_"))}
    return {name: value for name, value in os.environ.items() if name not in names}


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
        env=_environment(),
    )
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(root, wheel, tmp_path_factory):
    """The folder of programs of a fresh environment that holds the lock and the wheel."""
    environment, place = _environment(), tmp_path_factory.mktemp("elsewhere") / "venv"
    _run([sys.executable, "-m", "venv", "--without-pip", place], env=environment)
    pip = [sys.executable, "-m", "pip", "--python", place / "bin" / "python", "install", *QUIET]
    _run([*pip, "--require-hashes", "-r", root / "requirements" / "run.txt"], env=environment)
    _run([*pip, "--no-index", wheel], env=environment)
    return place / "bin"


@pytest.fixture
def elsewhere(tmp_path, clean_environment):
    """How to start a program as a stranger would: another folder, an empty home."""
    return {"cwd": tmp_path, "env": {**_environment(), "SHOTLOG_HOME": str(clean_environment / "shotlog")}}


def test_the_wheel_holds_every_file_of_the_package(root, wheel):
    packed = set(zipfile.ZipFile(wheel).namelist())
    ours = {
        path.relative_to(root / "src").as_posix()
        for path in (root / "src" / "shotlog").rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".pyo"}
    }

    assert ours - packed == set()


def test_the_program_starts_from_the_wheel(installed, elsewhere):
    assert "shotlog" in _run([installed / "shotlog", "--help"], **elsewhere)
    assert _run([installed / "python", "-m", "shotlog", "--version"], **elsewhere).strip()


def test_the_wheel_imports_nothing_from_the_clone(installed, elsewhere, root):
    where = _run([installed / "python", "-c", "import shotlog; print(shotlog.__path__[0])"], **elsewhere)

    assert str(root) not in where


def test_the_wheel_runs_the_main_job(installed, elsewhere, tmp_path):
    folder = tmp_path / "two photos"
    paint = "import sys; from PIL import Image; Image.new('RGB', (640, 480), 'navy').save(sys.argv[1])"
    folder.mkdir()
    for name in ("one, of two.jpg", "two of two.png"):
        _run([installed / "python", "-c", paint, folder / name], **elsewhere)

    summary = json.loads(_run([installed / "shotlog", "run", folder, "--yes", "--json"], **elsewhere))

    assert summary["assets"]["found"] == 2
    assert summary["records"]["succeeded"] + summary["records"]["partial"] == 2
