"""The locks are complete, fresh, hashed, and name no place to get things from."""

import re
import tomllib

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)(?: ; ([^\\]+?))? \\$", re.MULTILINE)
PYTHONS = ("3.11", "3.12", "3.13")


def _entries(root, lock):
    """Yield (name, version, marker, the entry's further lines) of a lock."""
    text = (root / "requirements" / lock).read_text()
    starts = list(PINNED.finditer(text))
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        end = following.start() if following else len(text)
        yield canonicalize_name(start[1]), start[2], start[3], text[start.end() : end]


def _pins(root, lock, python):
    """What a lock installs on Linux with one Python."""
    environment = default_environment() | {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
    }
    applies = lambda marker: not marker or Requirement(f"x ; {marker}").marker.evaluate(environment)  # noqa: E731
    return {name: version for name, version, marker, _ in _entries(root, lock) if applies(marker)}


def _asked(root, *files):
    """What pyproject.toml and the .in files ask for."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"]]
    for name in files:
        lines += (root / "requirements" / name).read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


LOCKS = [("run.txt", ["run.in"]), ("dev.txt", ["run.in", "dev.in"])]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("lock", "files"), LOCKS)
def test_a_lock_pins_all_that_is_asked_for(root, lock, files, python):
    pins = _pins(root, lock, python)
    wrong = [
        str(asked)
        for asked in _asked(root, *files)
        if not asked.specifier.contains(pins.get(canonicalize_name(asked.name), "0"), prereleases=True)
    ]

    assert wrong == [], "run `make lock`"


@pytest.mark.parametrize(("lock", "files"), LOCKS)
def test_a_lock_pins_nothing_that_is_asked_for_no_longer(root, lock, files):
    asked = {canonicalize_name(requirement.name) for requirement in _asked(root, *files)}
    pinned = {name for name, *_ in _entries(root, lock)}
    stale = []
    for name, _, _, details in _entries(root, lock):
        via = {
            line.strip("# \n").removeprefix("via ").split("[")[0]
            for line in details.splitlines()
            if "#" in line
        }
        wanted_by = {canonicalize_name(word) for word in via if re.fullmatch(r"[A-Za-z0-9._-]+", word)} - {
            "via"
        }
        if name not in asked and not (wanted_by & pinned):
            stale.append(name)

    assert stale == [], "run `make lock`"


@pytest.mark.parametrize("python", PYTHONS)
def test_testing_and_running_use_the_same_versions(root, python):
    run, dev = _pins(root, "run.txt", python), _pins(root, "dev.txt", python)

    assert {name: (version, dev.get(name)) for name, version in run.items() if dev.get(name) != version} == {}


def test_every_python_decodes_with_the_same_library(root):
    pinned = {_pins(root, lock, python)["av"] for lock, _ in LOCKS for python in PYTHONS}

    assert len(pinned) == 1, "open() and what it finds differ between the major versions of PyAV"


def test_all_locks_are_hashed_and_name_no_address(root):
    locks = sorted((root / "requirements").glob("*.txt"))
    assert {"run.txt", "dev.txt"} <= {lock.name for lock in locks}
    for lock in locks:
        if lock.name == "overrides.txt":
            continue
        entries = list(_entries(root, lock.name))
        assert entries, lock.name
        assert [name for name, *_, details in entries if "--hash=sha256:" not in details] == []
        assert not re.search(r"://|--(extra-)?index|--find-links", lock.read_text()), lock.name
        lines = [line for line in lock.read_text().splitlines() if line and line[0] not in " #"]
        assert len(lines) == len(entries), f"{lock.name} holds something other than pins"


def test_the_opencv_that_needs_a_desktop_is_in_no_lock(root):
    for lock, _ in LOCKS:
        names = {name for name, *_ in _entries(root, lock)}
        assert "opencv-python-headless" in names
        assert "opencv-python" not in names


def test_e03_nothing_that_is_installed_needs_a_graphics_card(root):
    for lock, _ in LOCKS:
        names = {name for name, *_ in _entries(root, lock)}
        assert "onnxruntime" in names
        assert [name for name in names if re.search(r"gpu|cuda|nvidia|cudnn|torch", name)] == []
