"""What an emulator that was killed leaves to the next one: every job, and no question asked twice."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from emulator.stage import BUCKET, Stage
from shotlog.blobs.directory import DirectoryBlobs
from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.database import StateFile
from shotlog.emulator.server import EmulatorServer
from shotlog.emulator.service import Emulator
from shotlog.errors import Conflict, Unavailable

PROGRAM = Path(__file__).with_name("restartable.py")
TESTS = PROGRAM.parent.parent


@pytest.fixture
def serve(tmp_path, boto_session, monkeypatch):
    """Return a function that starts the program and gives its process and a stage over it."""
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    running = []

    def start(delay_s=0.0):
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(tmp_path), str(delay_s)], stdout=subprocess.PIPE, text=True
        )
        here = Stage(boto_session, tmp_path / "buckets", None, process.stdout.readline().strip(), None)
        running.append((process, here))
        return process, here

    yield start
    for process, here in running:
        process.kill()
        process.wait()
        process.stdout.close()
        here.close()


@pytest.mark.parametrize("state", ["InProgress", "Stopping"])
def test_a_killed_emulators_job_is_finished_by_the_next_one(serve, tmp_path, state):
    (tmp_path / "buckets" / BUCKET).mkdir(parents=True)
    first, here = serve(delay_s=0.05)
    asked = here.clips(60)
    arn = here.create(clientRequestToken="chunk-7")
    here.until(lambda: here.get(arn)["processedRecordCount"] >= 10)
    if state == "Stopping":
        here.control.stop_model_invocation_job(jobIdentifier=arn)
    first.kill()
    first.wait()

    _, here = serve()
    job = here.wait(arn)

    answered = [line["recordId"] for line in here.output(arn)]
    notes = Counter((tmp_path / "notes.txt").read_text().splitlines())
    assert len(answered) == len(set(answered)) == job["processedRecordCount"] == job["successRecordCount"]
    assert here.create(clientRequestToken="chunk-7") == arn
    if state == "Stopping":
        assert job["status"] == "Stopped"
        assert 10 <= len(answered) <= 60
    else:
        assert job["status"] == "Completed"
        assert sorted(answered) == sorted(asked)
        twice = [name for name, times in notes.items() if times > 1]
        assert len(twice) <= 2, "only what was in hand is asked again"
        assert max(notes.values()) <= 2


@pytest.mark.parametrize("state", ["Submitted", "Validating", "Scheduled", "InProgress"])
def test_a_closed_emulators_jobs_go_on_from_their_state(stage, tmp_path, state):
    state_file = tmp_path / "state" / "emulator.db"
    before = stage(state=state_file, faults={"stuck_in": state})
    before.clips(3)
    arn = before.create()
    before.wait(arn, state)
    before.stop()

    after = stage(state=state_file)

    assert after.wait(arn)["status"] == "Completed"
    assert len(after.output(arn)) == 3


def test_errors_that_closing_causes_are_not_stored(stage, tmp_path):
    state_file = tmp_path / "emulator.db"
    before = stage(state=state_file, faults={"delay_s": 0.01})
    before.clips(20)
    arn = before.create()
    before.until(lambda: before.get(arn)["processedRecordCount"])
    before.emulator.halt()
    before.seer.failure = Unavailable("Everything is being shut down.")
    before.stop()

    after = stage(state=state_file)

    assert after.wait(arn)["successRecordCount"] == 20


def test_two_emulators_never_share_a_state(tmp_path):
    path = tmp_path / "emulator.db"
    first = StateFile(path)
    with pytest.raises(Conflict, match="Another emulator"):
        StateFile(path)
    first.close()

    StateFile(path).close()


def test_a_state_that_cannot_be_opened_says_so(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(Unavailable):
        StateFile(tmp_path / "file" / "emulator.db")
    (tmp_path / "notes.db").write_text("not a database " * 100)
    with pytest.raises(Unavailable):
        StateFile(tmp_path / "notes.db")


def test_what_a_job_needed_is_dropped_when_it_has_ended(stage, tmp_path):
    here = stage(state=tmp_path / "emulator.db")
    here.clips(3)
    here.wait(here.create())
    here.stop()

    left = StateFile(tmp_path / "emulator.db")
    try:
        assert left.rows("SELECT * FROM answers") == left.rows("SELECT * FROM manifests") == []
        assert [row["status"] for row in left.rows("SELECT status FROM jobs")] == ["Completed"]
    finally:
        left.close()
    assert not (tmp_path / "emulator.db.media").exists()


def test_e05_a_port_that_is_taken_is_said_to_be(stage, tmp_path):
    here = stage()
    port = int(here.url.rpartition(":")[2])
    emulator = Emulator(buckets=here.emulator, model=here.seer, config=EmulatorConfig())
    server = EmulatorServer(emulator, port=port)

    with pytest.raises(Conflict, match="cannot be used"):
        server.start()
    server.stop()


def test_a_stopped_server_can_be_stopped_again_and_its_threads_are_gone(stage):
    import threading

    before = threading.active_count()
    here = stage()
    here.clips(2)
    here.wait(here.create())

    here.stop()
    here.stop()

    assert threading.active_count() == before


def test_a_store_that_fails_once_is_tried_again(stage, monkeypatch):
    here = stage()
    here.clips(2)
    broken = iter([True])
    put = DirectoryBlobs.put_stream

    def flaky(self, *arguments, **named):
        if next(broken, False):
            raise Unavailable("The disk is not there.")
        return put(self, *arguments, **named)

    monkeypatch.setattr(DirectoryBlobs, "put_stream", flaky)

    arn = here.create()

    assert here.wait(arn)["status"] == "Completed"
    assert len(here.output(arn)) == 2
    assert len(here.seer.questions) == 2


def test_input_that_vanishes_after_validating_fails_the_job(stage):
    here = stage(faults={"stuck_in": "Scheduled"})
    here.clips(2)
    arn = here.create()
    here.wait(arn, "Scheduled")
    (here.root / BUCKET / "jobs/job_001/manifest.jsonl").unlink()
    here.faults()

    assert here.wait(arn)["status"] == "Failed"
