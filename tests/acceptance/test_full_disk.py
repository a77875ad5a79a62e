"""A disk that fills up: an error with a hint, no file refused for it, and the same command goes on."""

import shutil
import subprocess

import pytest

from acceptance.undisturbed import CHUNKS
from shotlog.media.samples import make_photo

DISK = 24 << 20


@pytest.fixture
def small_disk(installation):
    """Make a home of its own disk where one can be mounted; say whether that is so."""
    home = installation()
    home.home.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", home.home]
    mounted = (
        bool(shutil.which("mount")) and not subprocess.run(mount, check=False, capture_output=True).returncode
    )
    yield home, mounted
    home.close()
    if mounted:
        subprocess.run(["umount", home.home], check=True)


def check_trouble(command):
    said = command.end(1)["error"]
    assert said["code"] in {"unavailable", "external"}
    assert "disk" in said["hint"] or "space" in said["hint"]
    assert "error: " in command.noted()


def check_end(home, folder, count):
    done = home.run("run", folder, "--yes")
    assert done["state"] == "done"
    assert (done["assets"]["found"], done["assets"]["refused"]) == (count, [])
    assert (done["records"]["planned"], done["records"]["succeeded"]) == (count, count)
    assert home.provider_jobs() == [("Completed", count, count)]


@pytest.mark.parametrize("room", [100_000, 400_000])
def test_a_full_disk_is_told_and_with_room_again_the_command_finishes(room, small_disk, tmp_path):
    (home, mounted), folder = small_disk, tmp_path / "photos"
    for number in range(4):
        make_photo(folder / f"{number}.png", text="GARDEN", size=(320, 240))
    home.run("assets", "list")  # the library is made while there is room
    ballast = home.home / "ballast"
    if mounted:
        ballast.write_bytes(bytes(shutil.disk_usage(home.home).free - room))

    check_trouble(home.start("run", folder, "--yes", "--json", stop=None if mounted else {"limit": room}))

    ballast.unlink(missing_ok=True)
    check_end(home, folder, 4)


def test_renditions_that_cannot_be_written_are_not_the_files_fault(films, undisturbed, installation):
    home = installation(**CHUNKS)
    home.home.mkdir(parents=True)
    (home.home / "renditions").touch()  # where the folder should be

    impatient = {"set": {"shotlog.tasks.sweeper:_PATIENCE": 2}}
    check_trouble(home.start("run", films, "--yes", "--json", stop=impatient))

    assert home.rows("SELECT count(*) FROM assets WHERE state = 'failed'") == [(1,)]  # the one that is broken
    (home.home / "renditions").unlink()
    home.run("run", films, "--yes", code=3)
    assert home.account() == undisturbed(CHUNKS)["account"]
