"""Adoption at start: once in each process, before anything is planned or asked, and never in the way."""

import threading
from types import SimpleNamespace

import pytest

from adoption_stage import lost
from run_stage import NO_STOP, NOON, RunStage
from shotlog.errors import Interrupted, Unavailable
from shotlog.services.adopting import Adopter
from shotlog.services.following import Follower
from shotlog.store import imports
from shotlog.store.database import Database
from shotlog.store.tables.library import ImportRow
from shotlog.store.tables.runs import BatchJobRow
from shotlog.tasks import workflows
from shotlog.tasks.workflows import Services, Workflows


@pytest.fixture
def stage(tmp_path, database_url):
    """A library that has its own id, as from its first import."""
    database = Database(database_url)
    with database.write() as session:
        imports.library_uid(session, NOON)
    yield RunStage(tmp_path, database)
    database.close()


class Seeker:
    """An adopter that only counts."""

    def __init__(self, error=None):
        self.calls, self.error = 0, error

    def adopt_unknown(self, stop):
        self.calls += 1
        if self.error:
            raise self.error


@pytest.fixture
def work(stage, monkeypatch):
    """Return a function that makes workflows over a provider or a seeker; steps are done at once."""
    monkeypatch.setattr(workflows, "step", lambda name, function, *given, **more: function(*given, **more))

    def make(adopter=None, *, provider=None, always=False, stop=NO_STOP):
        if provider is not None:
            adopter = Adopter(
                stage.database,
                stage.clock,
                lambda: stage.store,
                lambda: provider,
                catalog=lambda: stage.catalog,
                recipes=lambda: stage.recipes,
                engine="local",
                tail="on-demand",
            )
        services = Services(
            database=stage.database,
            scanner=None,
            preparer=SimpleNamespace(render_run=lambda run_id, stop: None),
            terms=SimpleNamespace(of_run=stage.terms),
            planner=stage.planner,
            stager=stage.stager,
            submitter=stage.submitter(provider),
            follower=Follower(stage.database, stage.clock, lambda: provider, poll_seconds=0.005),
            collector=stage.collector,
            asker=SimpleNamespace(ask=lambda terms, stop: None),
            adopter=adopter,
            adopts_always=always,
        )
        return Workflows(services, stop=stop, wake=lambda: None)

    return make


def names(work):
    return [name for name, _ in work.due()]


def test_nothing_is_looked_for_where_nothing_is_to_be_done(stage, work):
    assert work(Seeker()).due() == []


def test_an_unfinished_run_or_a_provider_of_ones_own_is_a_reason_to_look_once(stage, work):
    seeker = Seeker()
    always = work(seeker, always=True)
    ((name, key),) = always.due()
    assert name == "adopt"
    for _ in range(2):
        always.table()["adopt"](key)
    assert (seeker.calls, always.due()) == (1, [])

    stage.assets(1)
    stage.planner.begin(stage.request())
    assert names(work(Seeker())) == ["adopt", "run"]


def test_what_is_being_imported_may_be_what_a_job_asks_about(stage, work):
    with stage.database.write() as session:
        session.add(ImportRow(paths=[], state="scanning", created_at=stage.clock()))
    assert names(work(Seeker(), always=True)) == ["import"]


def test_trouble_is_logged_and_stops_no_other_work(stage, work):
    stage.assets(1)
    run = stage.planner.begin(stage.request())
    seeker = Seeker(Unavailable("It is away."))
    here = work(seeker)
    here.table()["adopt"](1)
    assert seeker.calls == 1
    assert names(here) == ["run"]
    stage.planner.cut(stage.terms(run.id))
    assert names(here) == ["run", "chunk"]


def test_a_process_that_ends_leaves_it_to_the_next(stage, work):
    stop = threading.Event()
    stop.set()
    stage.assets(1)
    run = stage.planner.begin(stage.request())
    here = work(Seeker(), stop=stop)
    for name in ("adopt", "run"):
        with pytest.raises(Interrupted):
            here.table()[name](run.id)
    assert names(here) == ["adopt", "run"]
    assert stage.run(run.id).state == "draft"


def test_a_run_is_not_planned_before_unknown_jobs_are_adopted(stage, work, service):
    served = service()
    arn = lost(stage, served)
    begun = stage.planner.begin(stage.request())
    here = work(provider=served.batch)
    here.table()["run"](begun.id)

    assert (stage.run(begun.id).state, stage.run(begun.id).planned) == ("done", 0)
    (job,) = stage.rows(BatchJobRow)
    assert (job.job_arn, job.adopted) == (arn, True)
    assert here.due() == [("run", job.run_id), ("chunk", job.id)]

    here.table()["chunk"](job.id)
    here.table()["run"](job.run_id)
    assert stage.account(job.run_id) == {"succeeded": 2}
    assert (stage.run(job.run_id).state, here.due()) == ("done", [])
    assert len(served.jobs()) == 1
