"""Cancelling: nothing more is asked, jobs are stopped, and what they finished is kept."""

import pytest

from run_stage import NO_STOP
from shotlog.domain.model import Mode
from shotlog.errors import Conflict, NotFound
from shotlog.services.on_demand import OnDemandAsker
from shotlog.store import runs


def cancelled(stage, run_id):
    assert stage.planner.finish(run_id)
    assert stage.run(run_id).state == "cancelled"
    return stage.account(run_id)


def test_a_chunk_that_was_not_asked_for_never_is(stage, service):
    served = service()
    stage.assets(2)
    terms = stage.staged()
    stage.planner.cancel(terms.run.id)
    (job,) = stage.jobs(terms.run.id)
    stage.submitter(served.batch).submit(job.id, terms, stop=NO_STOP)

    assert served.jobs() == []
    assert stage.endings(terms.run.id) == [("failed", "cancelled")] * 2
    assert cancelled(stage, terms.run.id) == {"failed": 2}


def test_a_chunk_is_not_staged_for_a_cancelled_run(stage):
    stage.assets(2)
    terms = stage.plan()
    stage.planner.cancel(terms.run.id)
    (job,) = stage.jobs(terms.run.id)
    stage.stager.stage(job.id, terms)

    assert stage.job(job.id).state == "planned"
    assert list(stage.store.list("nova_batch/")) == []


def test_the_job_of_a_cancelled_run_is_stopped_and_what_it_finished_is_kept(stage, service, follower):
    served = service({"delay_s": 0.05}, concurrency=1)
    stage.assets(40)
    terms = stage.staged()
    (job,) = stage.jobs(terms.run.id)
    stage.submitter(served.batch).submit(job.id, terms, stop=NO_STOP)
    served.until(lambda: served.batch.get(stage.job(job.id).job_arn).processed_records)
    stage.planner.cancel(terms.run.id)
    follower(served.batch).follow(job.id, stop=NO_STOP)
    stage.collector.collect(job.id, terms)

    assert stage.job(job.id).provider_state == "Stopped"
    counted = cancelled(stage, terms.run.id)
    assert counted["succeeded"] >= 1
    assert {code for outcome, code in stage.endings(terms.run.id) if outcome == "missing"} == {"job_stopped"}


def test_an_intent_that_became_a_job_unseen_is_found_and_stopped(stage, service):
    served = service({"stuck_in": "Submitted", "lost_create_answers": 1})
    stage.assets(2)
    terms = stage.staged()
    (job,) = stage.jobs(terms.run.id)
    submitter = stage.submitter(served.batch)
    with pytest.raises(Exception, match="create"):
        submitter.submit(job.id, terms, stop=NO_STOP)
    stage.planner.cancel(terms.run.id)
    submitter.submit(job.id, terms, stop=NO_STOP)

    (made,) = served.jobs()
    assert (stage.job(job.id).state, stage.job(job.id).job_arn) == ("submitted", made.arn)


def test_records_on_demand_are_not_asked_any_more(stage):
    stage.assets(3)
    terms = stage.plan(mode=Mode.ON_DEMAND)
    stage.planner.cancel(terms.run.id)
    asker = OnDemandAsker(
        stage.database, stage.clock, lambda: stage.store, lambda: None, stage.proxies, concurrency=2
    )
    asker.ask(terms, stop=NO_STOP)

    assert stage.endings(terms.run.id) == [("failed", "cancelled")] * 3
    assert cancelled(stage, terms.run.id) == {"failed": 3}


def test_a_run_that_is_over_cannot_be_cancelled_and_one_that_is_being_cancelled_can_again(stage):
    stage.assets(1)
    run = stage.planner.begin(stage.request())
    stage.planner.cancel(run.id)
    stage.planner.cancel(run.id)
    assert stage.run(run.id).state == "cancelling"

    with pytest.raises(NotFound):
        stage.planner.cancel(run.id + 1)
    with stage.database.write() as session:
        runs.advance(session, run.id, "cancelled", stage.clock())
    with pytest.raises(Conflict):
        stage.planner.cancel(run.id)
