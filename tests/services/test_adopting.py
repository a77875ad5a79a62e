"""Adopting: what a library forgot and a provider did is collected once, and never asked again."""

import pytest

from adoption_stage import ended, finish, lost, said_of, submitted
from backup import Backup
from emulator.stage import BUCKET, NOVA, ROLE
from run_stage import NO_STOP, NOON
from shotlog.domain.job_state import JobRequest
from shotlog.domain.manifest import client_token, job_name
from shotlog.store.tables.library import AssetRow
from shotlog.store.tables.runs import BatchJobRow, LedgerRow, RunRow

# A database restored from a backup that does not know the job at all.


def test_a_job_that_no_chunk_knows_is_made_a_run_and_its_answers_reach_their_files(
    stage, service, adopter, follower, known
):
    served = service()
    arn = lost(stage, served, count=3, name="same name.mp4")
    assets = [row.id for row in stage.rows(AssetRow)]
    ended(served, arn)

    (found,) = adopter(served).find_unknown()
    assert found.arn == arn
    run_id = adopter(served).adopt(arn)
    run, (job,) = stage.run(run_id), stage.jobs(run_id)
    assert (run.state, run.mode, run.engine, run.model) == ("running", "batch", "bedrock", NOVA)
    assert (run.invocation_id, run.recipe, run.planned) == (NOVA, "summary", 3)
    assert (job.state, job.job_arn, job.adopted, job.chunk_index, job.total_chunks) == (
        "submitted",
        arn,
        True,
        1,
        1,
    )
    assert (job.records_planned, job.message, job.unmatched_records) == (3, None, 0)
    assert job.client_token == client_token(job.s3_folder, known)
    assert job.job_name == job_name(job.s3_folder, known)

    assert finish(stage, follower, served, run_id) == {"succeeded": 3}
    assert stage.run(run_id).state == "done"
    for number, asset in enumerate(assets):
        assert f"{number} here" in said_of(stage, asset)
    assert len(stage.rows(LedgerRow)) == 3


def test_what_a_lost_job_asked_is_not_asked_again(stage, service, adopter, follower, known):
    served = service()
    arn = lost(stage, served)
    run_id = adopter(served).adopt(arn)

    assert stage.planner.begin(stage.request()) is None, "open records count as asked"
    finish(stage, follower, served, run_id)
    assert stage.planner.begin(stage.request()) is None
    assert len(served.jobs()) == 1
    assert len(served.seer.questions) == 2


def test_records_are_joined_by_the_number_in_the_manifest_and_not_by_their_own(
    stage, service, adopter, follower, known
):
    served = service()
    arn = lost(stage, served)
    other = stage.plan(recipe=stage.recipes.get("chapters")).run.id  # takes the numbers that were forgotten
    run_id = adopter(served).adopt(arn)

    aliases = [record.alias for record in stage.records(run_id)]
    assert aliases == stage.record_ids(other)
    assert not set(aliases) & set(stage.record_ids(run_id))
    assert finish(stage, follower, served, run_id) == {"succeeded": 2}
    assert stage.endings(other) == [(None, None)] * 2
    assert {entry.run_id for entry in stage.rows(LedgerRow)} == {run_id}


def test_a_run_that_was_only_begun_in_the_backup_asks_nothing_twice(stage, service, adopter, follower, known):
    served = service()
    stage.assets(2)
    begun = stage.planner.begin(stage.request())
    before = Backup(stage.database)
    (arn,) = submitted(stage, served)
    before.restore()
    assert stage.run(begun.id).state == "draft"

    run_id = adopter(served).adopt(arn)
    assert run_id != begun.id
    assert finish(stage, follower, served, begun.id) == {}
    assert (stage.run(begun.id).planned, stage.jobs(begun.id)) == (0, [])
    assert finish(stage, follower, served, run_id) == {"succeeded": 2}
    assert len(served.jobs()) == 1


def test_of_a_run_that_asks_more_than_the_lost_job_did_the_rest_is_asked(stage, service, adopter, known):
    served = service()
    arn = lost(stage, served)
    (other,) = stage.assets(1, first=7)
    begun = stage.planner.begin(stage.request())
    assert begun.planned == 3
    adopter(served).adopt(arn)
    stage.planner.cut(stage.terms(begun.id))
    assert [record.asset_id for record in stage.records(begun.id)] == [other]


def test_a_lost_job_of_another_recipe_takes_nothing_from_a_run(stage, service, adopter, known):
    served = service()
    arn = lost(stage, served, recipe="chapters")
    begun = stage.planner.begin(stage.request())
    adopter(served).adopt(arn)
    stage.planner.cut(stage.terms(begun.id))
    assert stage.run(begun.id).planned == 2


def test_a_plan_that_the_backup_has_only_a_part_of_gives_way(stage, service, adopter, follower, known):
    served = service()
    stage.assets(2)
    terms = stage.staged()
    (job,) = stage.jobs(terms.run.id)
    stage.submitter(served.batch).submit(job.id, terms, stop=NO_STOP)
    arn = stage.job(job.id).job_arn
    stage.change(BatchJobRow, job.id, state="planned", job_arn=None, provider_state=None)
    stage.change(RunRow, terms.run.id, state="draft", chunked_at=None)

    run_id = adopter(served).adopt(arn)
    assert run_id != terms.run.id
    assert finish(stage, follower, served, terms.run.id) == {}
    assert finish(stage, follower, served, run_id) == {"succeeded": 2}


# A backup that knows the chunk, and not its job.


def test_a_backup_between_plan_and_submission_gets_the_same_job_by_its_token(stage, service, known):
    served = service()
    stage.assets(2)
    terms = stage.plan()
    before = Backup(stage.database)
    (job,) = stage.jobs(terms.run.id)
    for _ in range(2):
        stage.stager.stage(job.id, terms)
        stage.submitter(served.batch).submit(job.id, terms, stop=NO_STOP)
        assert [found.arn for found in served.jobs()] == [stage.job(job.id).job_arn]
        before.restore()


@pytest.mark.parametrize("state", ["planned", "staged", "submitting"])
def test_a_chunk_that_was_not_asked_for_takes_the_job_that_it_has(
    stage, service, adopter, follower, known, state
):
    served = service()
    stage.assets(2)
    terms = stage.plan()
    (job,) = stage.jobs(terms.run.id)
    before = Backup(stage.database)
    stage.stager.stage(job.id, terms)
    stage.submitter(served.batch).submit(job.id, terms, stop=NO_STOP)
    arn = stage.job(job.id).job_arn
    before.restore()
    stage.change(BatchJobRow, job.id, state=state)

    assert [found.arn for found in adopter(served).find_unknown()] == [arn]
    assert adopter(served).adopt(arn) == terms.run.id
    taken = stage.job(job.id)
    assert (taken.state, taken.job_arn, taken.adopted) == ("submitted", arn, False)
    assert stage.run(terms.run.id).state == "running"
    assert finish(stage, follower, served, terms.run.id) == {"succeeded": 2}


@pytest.mark.parametrize("code", ["cancelled", "over_budget"])
def test_a_chunk_that_failed_for_want_of_a_job_goes_on_with_the_one_that_turns_up(
    stage, service, adopter, follower, code
):
    served = service()
    stage.assets(2)
    changes = {"budget_microusd": 1} if code == "over_budget" else {}
    terms = stage.staged(**changes)
    (job,) = stage.jobs(terms.run.id)
    request = JobRequest(
        name=job.job_name,
        client_token=job.client_token,
        model_id=NOVA,
        role_arn=ROLE,
        input_uri=f"s3://{BUCKET}/{job.s3_folder}/",
        output_uri=f"s3://{BUCKET}/nova/batch/output/{job.s3_folder}/",
    )
    arn = served.batch.create(request)
    if code == "cancelled":
        stage.planner.cancel(terms.run.id)
    stage.submitter(served.batch).submit(job.id, terms, stop=NO_STOP)
    assert stage.planner.finish(terms.run.id)
    assert stage.endings(terms.run.id) == [("failed", code)] * 2
    over = stage.run(terms.run.id)
    assert over.ended_at == NOON

    assert adopter(served).adopt(arn) == terms.run.id
    assert (stage.run(terms.run.id).state, stage.run(terms.run.id).ended_at) == ("running", None)
    assert stage.endings(terms.run.id) == [(None, None)] * 2
    assert (stage.job(job.id).message, stage.job(job.id).ended_at) == (None, None)
    assert finish(stage, follower, served, terms.run.id) == {"succeeded": 2}
    assert stage.run(terms.run.id).state == "done"


def test_a_chunk_that_has_its_job_keeps_everything(stage, service, adopter, follower):
    served = service()
    stage.assets(2)
    (arn,) = submitted(stage, served)
    (run,) = stage.rows(RunRow)
    assert adopter(served).find_unknown() == []
    before = stage.traces()
    assert adopter(served).adopt(arn) == run.id
    assert stage.traces() == before

    finish(stage, follower, served, run.id)
    before = stage.traces()
    assert adopter(served).adopt(arn) == run.id
    assert stage.traces() == before


# How it ended does not matter, nor when.


def test_a_job_that_finished_long_ago_is_collected_all_the_same(stage, service, adopter, follower, known):
    served = service()
    arn = lost(stage, served)
    ended(served, arn)
    stage.clock.tick(400 * 86_400)
    run_id = adopter(served).adopt(arn)
    assert finish(stage, follower, served, run_id) == {"succeeded": 2}
    assert stage.run(run_id).ended_at == stage.clock()


@pytest.mark.parametrize("end", ["Expired", "Stopped", "PartiallyCompleted", "Failed"])
def test_a_job_that_did_not_complete_is_adopted_with_what_it_has(
    stage, service, adopter, follower, known, end
):
    served = service({"end_as": end, "partial_fraction": 0.5, "failure_message": "The role is gone."})
    arn = lost(stage, served, count=4)
    ended(served, arn)
    run_id = adopter(served).adopt(arn)
    outcomes = finish(stage, follower, served, run_id)
    rest = "failed" if end == "Failed" else "missing"
    assert set(outcomes) <= {"succeeded", rest}
    assert outcomes[rest] >= 2
    assert stage.planner.begin(stage.request()) is None


def test_adopting_twice_changes_nothing(stage, service, adopter, follower, known):
    served = service()
    arn = lost(stage, served)
    run_id = adopter(served).adopt(arn)
    before = stage.traces()
    assert adopter(served).adopt(arn) == run_id
    assert adopter(served).find_unknown() == []
    assert stage.traces() == before

    finish(stage, follower, served, run_id)
    before = stage.traces()
    assert adopter(served).adopt(arn) == run_id
    assert stage.traces() == before
