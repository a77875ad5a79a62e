"""A campaign of random faults: whatever goes wrong, no record is lost, asked twice, or booked twice."""

import shutil

import pytest

from campaign.ordeal import Ordeal
from shotlog.domain.outcome import Outcome
from shotlog.store.database import Database
from shotlog.store.tables.runs import LedgerRow, RecordRow

SEEDS = 300
AT_ONCE = 10


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_no_fault_loses_a_record_or_books_it_twice(first, service, tmp_path, sqlite_template):
    for seed in range(first, first + AT_ONCE):
        print(f"seed {seed}")  # noqa: T201 - shown when it fails
        folder = tmp_path / str(seed)
        folder.mkdir()
        (folder / "buckets").symlink_to(tmp_path / "buckets")
        shutil.copyfile(sqlite_template, folder / "library.db")
        database = Database(f"sqlite:///{folder / 'library.db'}")
        try:
            hold_to_account(Ordeal(seed, folder, database, service))
        finally:
            database.close()


def hold_to_account(ordeal):
    before = {job.arn for job in ordeal.service.jobs()}
    run_id = ordeal.run()
    ordeal.service.faults()  # the books are read in peace
    stage = ordeal.stage

    counted = stage.account(run_id)  # planned = the sum of the outcomes, in every table that says so
    chunks = stage.jobs(run_id)
    ours = [chunk.job_arn for chunk in chunks if chunk.job_arn]
    made = [job for job in ordeal.service.jobs() if job.arn not in before]
    assert sorted(job.arn for job in made) == sorted(ours), "a job that nobody knows, or one for two chunks"
    assert all(chunk.state in ("collected", "failed") for chunk in chunks)
    records = {record.id: record for record in stage.rows(RecordRow, RecordRow.run_id == run_id)}
    booked = [entry.record_id for entry in stage.rows(LedgerRow, LedgerRow.run_id == run_id)]
    assert len(booked) == len(set(booked))
    answered = {id_ for id_, record in records.items() if record.stop_reason is not None}
    assert set(booked) == answered, "what was answered is booked, and nothing else"
    assert sum(counted.values()) == len(records)
    assert set(counted) <= {str(outcome) for outcome in Outcome}
