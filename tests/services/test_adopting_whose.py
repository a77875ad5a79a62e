"""Whose job an unknown one is: refused, left alone, or adopted by hand."""

import dataclasses

import pytest

from adoption_stage import Counting, ended, finish, lost, submitted
from backup import Backup
from emulator.stage import BUCKET, NOVA, ROLE
from run_stage import NO_STOP
from shotlog.domain.job_state import JobRequest
from shotlog.domain.manifest import client_token
from shotlog.errors import Conflict, Invalid, NotFound
from shotlog.store.tables.library import AssetRow, LibraryRow
from shotlog.store.tables.runs import BatchJobRow, RunRow

NOWHERE = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/{}"


def test_lines_about_files_that_the_library_does_not_know_are_counted(
    stage, service, adopter, follower, known
):
    served = service()
    arn = lost(stage, served, count=3)
    gone = stage.rows(AssetRow)[1].id
    with stage.database.write() as session:
        session.delete(session.get(AssetRow, gone))
    run_id = adopter(served).adopt(arn)
    (job,) = stage.jobs(run_id)
    note = "Lines of its manifest that name no file of this library: 1."
    assert (stage.run(run_id).planned, job.unmatched_records, job.message) == (2, 1, note)

    assert finish(stage, follower, served, run_id) == {"succeeded": 2}
    (job,) = stage.jobs(run_id)
    assert (job.unmatched_records, job.message) == (1, note)


def test_a_job_about_unknown_files_only_is_told_how_to_be_adopted(stage, service, adopter, known):
    served = service()
    arn = lost(stage, served)
    with stage.database.write() as session:
        session.execute(AssetRow.__table__.delete())
    with pytest.raises(NotFound, match="no file") as told:
        adopter(served).adopt(arn)
    assert "import" in told.value.hint
    assert stage.rows(RunRow) == []
    adopter(served).adopt_unknown(NO_STOP)  # logged, and no trouble of anybody else


def test_a_job_whose_folder_is_cleaned_up_says_so(stage, service, adopter, known):
    served = service()
    arn = lost(stage, served)
    ended(served, arn)
    stage.store.delete_prefix("nova_batch/")
    with pytest.raises(NotFound, match="manifest"):
        adopter(served).adopt(arn)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("elsewhere/job_1/", "nova/batch/output/elsewhere/job_1/"),
        ("nova_batch/other/", "nova/batch/output/nova_batch/other/"),
        ("nova_batch/job_1/files/", "nova/batch/output/nova_batch/job_1/files/"),
        ("nova_batch/job_1/", "somewhere/"),
    ],
)
def test_a_job_in_no_folder_of_ours_is_refused(stage, service, adopter, source, target):
    served = service()
    arn = served.batch.create(
        JobRequest("shotlog-x", "token", NOVA, ROLE, f"s3://{BUCKET}/{source}", f"s3://{BUCKET}/{target}")
    )
    with pytest.raises(Invalid) as told:
        adopter(served).adopt(arn)
    assert "SHOTLOG_STORE" in told.value.hint
    assert adopter(served).find_unknown() == []


def test_what_is_no_job_is_refused(stage, service, adopter):
    served = service()
    with pytest.raises(NotFound) as told:
        adopter(served).adopt(NOWHERE.format("abcdefghijkl"))
    assert told.value.hint
    with pytest.raises(Invalid) as told:
        adopter(served).adopt("abcdefghijkl")
    assert told.value.hint


def test_a_folder_that_has_another_job_is_not_given_away(stage, service, adopter):
    served = service()
    stage.assets(1)
    submitted(stage, served)
    (job,) = stage.rows(BatchJobRow)
    stage.change(BatchJobRow, job.id, job_arn=NOWHERE.format("aaaaaaaaaaaa"))
    with pytest.raises(Conflict, match="aaaaaaaaaaaa"):
        adopter(served).adopt(served.jobs()[0].arn)


def test_another_librarys_job_is_adopted_by_hand_only(stage, service, adopter, follower, known):
    served = service()
    arn = lost(stage, served)
    stage.change(LibraryRow, 1, uid="another")

    assert adopter(served).find_unknown() == []
    adopter(served).adopt_unknown(NO_STOP)
    assert stage.rows(RunRow) == []
    run_id = adopter(served).adopt(arn)
    assert finish(stage, follower, served, run_id) == {"succeeded": 2}
    assert stage.jobs(run_id)[0].client_token == client_token(stage.jobs(run_id)[0].s3_folder, known)


def test_where_the_provider_tells_no_token_the_name_says_whose_job_it_is(stage, service, adopter, known):
    served = service()
    arn = lost(stage, served)
    (said,) = served.jobs()

    class Silent(Counting):
        def list(self, **given):
            return iter([dataclasses.replace(said, client_token=None)])

        def get(self, arn):
            return dataclasses.replace(said, client_token=None)

    run_id = adopter(Silent(served.batch)).adopt(arn)
    (job,) = stage.jobs(run_id)
    assert job.client_token == client_token(job.s3_folder, known)

    stage.change(BatchJobRow, job.id, job_arn=None)
    assert [found.arn for found in adopter(Silent(served.batch)).find_unknown()] == [arn]
    stage.change(LibraryRow, 1, uid="another")
    assert adopter(Silent(served.batch)).find_unknown() == []


def test_all_unknown_jobs_are_adopted_the_oldest_first_and_trouble_with_one_stops_no_other(
    stage, service, adopter, known
):
    served = service()
    stage.assets(3)
    before = Backup(stage.database)
    arns = submitted(stage, served, {"max_records": 1})
    folders = [job.s3_folder for job in stage.rows(BatchJobRow)]
    before.restore()
    stage.store.delete(f"{folders[1]}/manifest.jsonl")

    adopter(served).adopt_unknown(NO_STOP)
    assert [job.job_arn for job in stage.rows(BatchJobRow)] == [arns[0], arns[2]]
    assert [run.planned for run in stage.rows(RunRow)] == [1, 1]
