"""What is due follows from the state alone, and leaves room for what somebody else wants."""

import threading
from types import SimpleNamespace

import pytest

from run_stage import RunStage
from shotlog.store.database import Database
from shotlog.tasks.engine import MOST_WORKFLOWS
from shotlog.tasks.workflows import Workflows


@pytest.fixture
def stage(tmp_path, database_url):
    database = Database(database_url)
    yield RunStage(tmp_path, database)
    database.close()


def due(stage):
    services = SimpleNamespace(database=stage.database, adopts_always=False)
    found = Workflows(services, stop=threading.Event(), wake=lambda: None).due()
    return [key for name, key in found if name == "chunk"], {name for name, _ in found}


def test_nothing_is_due_in_an_empty_library(stage):
    assert due(stage) == ([], set())


def test_a_run_of_very_many_chunks_leaves_room_for_imports(stage):
    stage.assets(MOST_WORKFLOWS + 10, files=False)
    terms = stage.plan({"max_records": 1})
    chunks, names = due(stage)

    assert names == {"run", "adopt", "chunk"}
    assert chunks == [job.id for job in stage.jobs(terms.run.id)][: len(chunks)]
    assert 100 < len(chunks) < MOST_WORKFLOWS


def test_a_run_that_is_not_cut_has_no_chunk_due(stage):
    stage.assets(2)
    stage.planner.begin(stage.request())

    assert due(stage) == ([], {"run", "adopt"})
