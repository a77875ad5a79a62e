"""The home lock: one process works, and death frees it."""

import os
import signal
import subprocess
import sys

import pytest

from shotlog.store.advisory_lock import AdvisoryLock
from shotlog.store.database import Database
from shotlog.tasks.home_lock import HomeLock

HOLDER = """
import sys, threading
from pathlib import Path
from shotlog.tasks.home_lock import HomeLock
lock = HomeLock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
threading.Event().wait()
"""


def test_s07_one_has_the_lock_at_a_time(tmp_path):
    one, two = HomeLock(tmp_path / "home"), HomeLock(tmp_path / "home")
    assert one.acquire()
    assert one.acquire()
    assert not two.acquire()
    assert (tmp_path / "home" / "worker.lock").read_text() == f"{os.getpid()}\n"
    one.release()
    one.release()
    assert two.acquire()
    two.release()


def test_s07_a_process_that_is_killed_leaves_no_lock(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "True\n"
        mine = HomeLock(tmp_path)
        assert not mine.acquire()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert mine.acquire()
    mine.release()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_s07_on_postgresql_one_has_the_lock_at_a_time(database_url):
    here, there = Database(database_url), Database(database_url)
    one, two = AdvisoryLock(here), AdvisoryLock(there)
    assert one.acquire()
    assert one.acquire()
    assert not two.acquire()
    one.release()
    one.release()
    assert two.acquire()
    assert not one.acquire()
    two.release()
    here.close()
    there.close()
