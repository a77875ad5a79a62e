"""Whole runs in real processes that are killed wherever they stand: no second job, no second charge."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from run_stage import RunStage
from shotlog.store.database import Database
from shotlog.store.tables.runs import LedgerRow

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).parent / "run_process.py"
BUCKET = "shotlog-local"


@pytest.fixture
def stage(tmp_path, database_url):
    database = Database(database_url)
    yield RunStage(tmp_path, database, bucket=BUCKET)
    database.close()


@pytest.fixture
def process(stage, tmp_path):
    """Return a function that starts the program on the stage's library and a service."""
    started = []

    def start(served, **request):
        settings = {
            "home": str(tmp_path),
            "database_url": stage.database.url.render_as_string(hide_password=False),
            "store": f"file://{stage.buckets / BUCKET}",
            "bedrock_endpoint": served.url,
            "recipe": "summary",
            "batch_max_records": 2,
            "poll_seconds": 0.02,
            "workers": 1,
        }
        started.append(
            subprocess.Popen(
                [sys.executable, PROGRAM, json.dumps(settings), json.dumps(request)],
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


def finish(process):
    """Return the account that the process printed."""
    lines = process.stdout.read().splitlines()
    assert process.wait() == 0
    return json.loads(lines[-1])


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def proven(stage, account, served, jobs):
    """Check that the run came out as an undisturbed one: four records, each asked about and paid once."""
    assert (account["state"], account["jobs"], account["records"]["succeeded"]) == ("done", jobs, 4)
    (run,) = {record.run_id for record in stage.records(1)}
    assert stage.account(run) == {"succeeded": 4}
    assert len(served.jobs()) == jobs
    assert len(stage.rows(LedgerRow)) == 4


def jobs_of(stage):
    return stage.jobs(1)


def test_s03_s04_s05_a_run_that_nobody_disturbs(stage, service, process):
    served = service()
    stage.assets(4)
    proven(stage, finish(process(served)), served, jobs=2)


@pytest.mark.parametrize("state", ["Submitted", "InProgress"])
def test_s06_killed_while_its_jobs_run(stage, service, process, state):
    served = service({"stuck_in": state})
    stage.assets(4)
    first = process(served)
    served.until(lambda: [job.state for job in jobs_of(stage)] == ["submitted"] * 2)
    kill(first)
    served.faults()
    proven(stage, finish(process(served)), served, jobs=2)


def test_killed_while_it_waits_for_a_slot(stage, service, process):
    served = service({"quota": True})
    stage.assets(4)
    first = process(served)
    served.until(lambda: {job.state for job in jobs_of(stage)} == {"submitting"})
    kill(first)
    served.faults()
    proven(stage, finish(process(served)), served, jobs=2)


def test_killed_while_it_asks_on_demand(stage, service, process):
    served = service()
    stage.assets(4)
    released, seen, answer = threading.Event(), Counter(), served.seer.answer

    def answers(question):
        clip = question.media[0].path.read_text()
        seen[clip] += 1
        if len(seen) == 4:
            released.wait(60)
        return answer(question)

    served.seer.answer = answers
    first = process(served, mode="on-demand")
    served.until(lambda: len(seen) == 4)
    kill(first)
    released.set()
    proven(stage, finish(process(served, mode="on-demand")), served, jobs=0)


def test_killed_while_it_plans(stage, service, process):
    served = service()
    stage.assets(4)
    running = process(served)
    assert running.stdout.readline() == "begun\n"
    kill(running)
    proven(stage, finish(process(served)), served, jobs=2)
