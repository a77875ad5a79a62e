"""Ctrl-C and SIGTERM: the command ends quickly, blames no file, and goes on where it was."""

import os
import signal
import time

import pytest

from acceptance.installation import wait_until
from acceptance.undisturbed import CHUNKS

QUICK_S = 20
POINTS = {
    "while_rendering": ("shotlog.services.preparing:Preparer._make_renditions", 2),
    "while_a_job_runs": ("shotlog.emulator.record_worker:RecordWorker.work", 3),
}


def press_ctrl_c(command):
    os.killpg(command.process.pid, signal.SIGINT)  # a terminal tells the whole group


def ask_to_end(command):
    command.process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize(
    ("send", "code"), [(press_ctrl_c, 130), (ask_to_end, 143)], ids=["ctrl_c", "sigterm"]
)
@pytest.mark.parametrize("point", POINTS)
def test_stopped(point, send, code, films, tmp_path, undisturbed, installation):
    home, frozen = installation(**CHUNKS), tmp_path / "frozen"
    where, nth = POINTS[point]
    stop = {"point": where, "when": "before", "nth": nth, "freeze": str(frozen)}
    command = home.start("run", films, "--yes", "--json", stop=stop)
    wait_until(lambda: frozen.exists() or command.process.poll() is not None, "the media processes stand")

    sent = time.monotonic()
    send(command)
    said = command.end(code)

    assert time.monotonic() - sent < QUICK_S
    assert said["error"]["code"] == "interrupted"
    assert "The same command goes on where it was." in command.noted()
    wait_until(lambda: not command.survivors(), "its media processes end with it")
    assert home.rows("SELECT count(*) FROM assets WHERE state = 'failed'") == [(1,)]  # the one that is broken
    home.run("run", films, "--yes", code=3)
    assert home.account() == undisturbed(CHUNKS)["account"]
