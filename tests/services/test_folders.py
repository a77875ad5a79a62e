"""Folders and names of jobs: each chunk has its own, whoever else is at work at the same moment."""

from datetime import timedelta

import pytest

from run_stage import NOON
from shotlog.domain.manifest import client_token, job_name
from shotlog.errors import Conflict
from shotlog.store import jobs
from shotlog.store.tables.runs import BatchJobRow

STAMP = f"{NOON:%Y%m%d_%H%M%S}"


def test_two_runs_within_one_second_have_folders_of_their_own(stage):
    stage.assets(2, files=False)
    one = stage.plan(paths=("/films/0",))
    two = stage.plan(paths=("/films/1",))
    folders = [job.s3_folder for terms in (one, two) for job in stage.jobs(terms.run.id)]
    later = f"{NOON + timedelta(seconds=1):%Y%m%d_%H%M%S}"
    assert folders == [f"nova_batch/job_{STAMP}_001", f"nova_batch/job_{later}_001"]
    rows = stage.rows(BatchJobRow)
    assert len({row.client_token for row in rows}) == len({row.job_name for row in rows}) == 2


def test_two_runs_that_are_cut_at_the_same_moment_have_folders_of_their_own(stage, monkeypatch):
    stage.assets(2, files=False)
    one, two = (stage.planner.begin(stage.request(paths=(f"/films/{n}",))) for n in range(2))
    real, others = jobs.folder_taken, [stage.terms(two.id)]

    def outrun(session, prefix):
        taken = real(session, prefix)
        while others:
            stage.planner.cut(others.pop())
        return taken

    monkeypatch.setattr(jobs, "folder_taken", outrun)
    stage.planner.cut(stage.terms(one.id))
    later = f"{NOON + timedelta(seconds=1):%Y%m%d_%H%M%S}"
    folders = [job.s3_folder for run in (one, two) for job in stage.jobs(run.id)]
    assert folders == [f"nova_batch/job_{later}_001", f"nova_batch/job_{STAMP}_001"]


def test_a_plan_that_the_database_refuses_for_another_reason_fails(stage, monkeypatch):
    stage.assets(1, files=False)
    run = stage.planner.begin(stage.request())

    def refuses(*arguments, **options):
        raise Conflict("The database refused it.")

    monkeypatch.setattr(jobs, "add_chunks", refuses)
    with pytest.raises(Conflict):
        stage.planner.cut(stage.terms(run.id))
    assert stage.run(run.id).state == "draft"


def test_a_folder_that_somebody_else_has_in_the_store_is_not_taken(stage):
    stage.store.put(f"nova_batch/job_{STAMP}_007/files/theirs.mp4", b"x")
    stage.assets(1, files=False)
    (job,) = stage.jobs(stage.plan().run.id)
    assert job.s3_folder == f"nova_batch/job_{NOON + timedelta(seconds=1):%Y%m%d_%H%M%S}_001"


def test_names_and_tokens_of_jobs_are_the_installations_own(stage):
    """Two installations that share an account may have a folder of one name."""
    stage.assets(1, files=False)
    (job,) = stage.jobs(stage.plan().run.id)
    assert job.job_name.rpartition("-")[0] == job_name(job.s3_folder).rpartition("-")[0]
    assert (job.job_name, job.client_token) != (job_name(job.s3_folder), client_token(job.s3_folder))


def test_b18_job_names_are_legal(stage):
    stage.assets(3, files=False)
    for job in stage.jobs(stage.plan({"max_records": 1}).run.id):
        assert len(job.job_name) <= 63
        assert job.job_name.replace("-", "").isalnum()
