"""The engine in real processes that are really killed: what was done is not done again, the rest is."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from shotlog.store.database import Database

PROGRAM = Path(__file__).parent / "engine_process.py"


@pytest.fixture
def process(database_url, tmp_path):
    """Return a function that starts the program, of some version."""
    started = []

    def start(version="1"):
        started.append(
            subprocess.Popen(
                [sys.executable, PROGRAM, database_url, tmp_path, version],
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONWARNINGS": "ignore"},
            )
        )
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.wait()
        each.stdout.close()


def read_until(process, wanted):
    for line in process.stdout:
        if line.strip() == wanted:
            return
    raise AssertionError(f"it ended ({process.wait()}) and never said {wanted!r}")


def kill(process):
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def notes(folder):
    return Counter((folder / "notes.txt").read_text().splitlines())


def killed_in_the_second_step(process, folder, version="1"):
    (folder / "hold").touch()
    first = process(version)
    read_until(first, "second begins")
    kill(first)
    (folder / "hold").unlink()


def test_an_undisturbed_workflow_does_each_step_once(process, tmp_path):
    alone = process()
    read_until(alone, "end")
    assert alone.wait() == 0
    assert notes(tmp_path) == {"first of 7": 1, "second begins": 1, "second": 1, "third": 1}


def test_what_was_killed_in_the_middle_of_a_step_resumes_with_that_step(process, tmp_path):
    killed_in_the_second_step(process, tmp_path)
    heir = process()
    read_until(heir, "end")
    assert heir.wait() == 0
    assert notes(tmp_path) == {"first of 7": 1, "second begins": 2, "second": 1, "third": 1}


def test_after_an_upgrade_what_was_killed_is_begun_anew_and_finishes(process, tmp_path):
    killed_in_the_second_step(process, tmp_path)
    heir = process("2")
    read_until(heir, "end")
    assert heir.wait() == 0
    assert notes(tmp_path) == {"first of 7": 2, "second begins": 2, "second": 1, "third": 1}


def test_s06_an_engine_that_lost_its_own_state_is_told_by_the_library_what_is_due(
    process, tmp_path, database_url
):
    killed_in_the_second_step(process, tmp_path)
    lose_state(database_url, tmp_path)
    heir = process()
    read_until(heir, "end")
    assert notes(tmp_path)["third"] == 1


def lose_state(database_url, folder):
    for path in folder.glob("tasks.db*"):
        path.unlink()
    if database_url.startswith("postgresql"):
        database = Database(database_url)
        with database.connect() as connection:
            connection.exec_driver_sql("DROP SCHEMA dbos CASCADE")
        database.close()
