"""Cleaning up: only what is proven safe goes, its outputs archived first; a kill leaves nothing undone."""

import gzip
import os

import pytest

from cleaning_stage import FOREIGN, WHOLE, Faulty, Killed, archived, below, collected, contents, die, fill
from run_stage import NOON, answer
from shotlog.blobs import open_store
from shotlog.domain.state import ChunkState
from shotlog.errors import Unavailable
from shotlog.services.cleaning import Cleaner
from shotlog.services.submitting import output_folder
from shotlog.store import jobs
from shotlog.store.tables.runs import BatchJobRow


@pytest.fixture
def cleaner(stage):
    return Cleaner(stage.database, stage.clock, lambda: stage.store)


def test_s19_a_collected_job_is_archived_deleted_proven_and_marked(stage, cleaner):
    job = collected(stage)
    done = cleaner.clean(dry_run=False).to_json()

    assert done == {
        "dry_run": False,
        "cleaned": {"jobs": 1, "objects": 4, "bytes": 6 + 3 + 2200 + 27},
        "archived": {"jobs": 1, "objects": 2, "bytes": 2227},
        "skipped": [],
        "failed": [],
    }
    assert below(stage.store, "nova_batch/") == below(stage.store, "nova/batch/output/") == []
    assert archived(stage.store, job) == WHOLE
    assert stage.job(job.id).cleanup_completed_at == NOON


def test_s19_a_folder_never_takes_its_longer_named_neighbour_along(stage, cleaner):
    job = collected(stage)
    neighbours = [f"{job.s3_folder}{tail}" for tail in ("0/manifest.jsonl", "0/files/a.mp4", "-1/a", "_2/a")]
    neighbours += [f"nova/batch/output/{key}" for key in neighbours]
    for key in neighbours:
        stage.store.put(key, b"another job's")
    cleaner.clean(dry_run=False)

    assert below(stage.store, "nova_batch/") + below(stage.store, "nova/batch/output/") == sorted(
        neighbours, key=lambda key: (key.startswith("nova/"), key)
    )


def test_s19_a_preview_deletes_and_writes_nothing(stage, cleaner):
    job = collected(stage)
    before = [(info.key, info.size_bytes, info.etag, info.modified_at) for info in stage.store.list()]
    preview = cleaner.clean(dry_run=True).to_json()

    assert [(info.key, info.size_bytes, info.etag, info.modified_at) for info in stage.store.list()] == before
    assert stage.job(job.id).cleanup_completed_at is None
    assert {**preview, "dry_run": False} == cleaner.clean(dry_run=False).to_json()


def test_cleaning_twice_changes_nothing_more(stage, cleaner):
    job = collected(stage)
    cleaner.clean(dry_run=False)
    before = contents(stage.store)
    stage.clock.tick(60)
    again = cleaner.clean(dry_run=False)

    assert (again.cleaned, again.skipped, again.failed) == ([], [], [])
    assert contents(stage.store) == before
    assert stage.job(job.id).cleanup_completed_at == NOON


def test_what_no_job_owns_is_neither_counted_nor_touched(stage, cleaner):
    collected(stage)
    for key in FOREIGN:
        stage.store.put(key, b"a stranger's")
    found = cleaner.inventory().to_json()
    cleaner.clean(dry_run=False, orphans=True)

    assert (found["folders"], found["input"]["objects"], found["output"]["objects"]) == (1, 2, 2)
    assert set(FOREIGN) <= set(below(stage.store, ""))


def test_a_chunk_that_never_became_a_job_leaves_no_folder_behind(stage, cleaner):
    stage.assets(2)
    terms = stage.plan({"max_records": 1})
    first, second = stage.jobs(terms.run.id)
    stage.store.put(f"{first.s3_folder}/files/a.mp4", b"a film")
    with stage.database.write() as session:
        jobs.advance(session, first.id, ChunkState.FAILED)
        jobs.advance(session, second.id, ChunkState.FAILED)
    done = cleaner.clean(dry_run=False).to_json()

    assert (done["cleaned"], done["archived"]["objects"]) == ({"jobs": 2, "objects": 1, "bytes": 6}, 0)
    assert all(stage.job(job.id).cleanup_completed_at for job in (first, second))


def test_an_adopted_jobs_folder_of_another_make_is_left_alone(stage, cleaner):
    job = collected(stage)
    stage.store.put("films/job_1/manifest.jsonl", b"{}")
    stage.change(BatchJobRow, job.id, s3_folder="films/job_1")
    done = cleaner.clean(dry_run=False)

    assert (done.cleaned, done.failed) == ([], [])
    assert below(stage.store, "films/") == ["films/job_1/manifest.jsonl"]


def test_only_what_was_agreed_to_goes(stage, cleaner):
    first, second = collected(stage), collected(stage, "second.mp4", 1)
    done = cleaner.clean(dry_run=False, only={second.s3_folder})

    assert [folder.name for folder in done.cleaned] == [second.s3_folder]
    assert len(below(stage.store, f"{first.s3_folder}/")) == 2


def test_a_folder_that_comes_into_use_after_stock_was_taken_stays(stage, cleaner, monkeypatch):
    job = collected(stage)
    folders = cleaner._folders(orphans=False)
    monkeypatch.setattr(cleaner, "_folders", lambda **_: folders)
    stage.change(BatchJobRow, job.id, state=ChunkState.SUBMITTED)
    done = cleaner.clean(dry_run=False)

    assert [failed.code for failed in done.failed] == ["conflict"]
    assert len(below(stage.store, f"{job.s3_folder}/")) == 2


def test_what_was_collected_can_be_read_anew_after_the_clean_up(stage, cleaner):
    stage.assets(1)
    terms, job = stage.ended()
    stage.output(job, [answer(stage.record_ids(terms.run.id)[0])])
    stage.collector.collect(job.id, terms)
    before = stage.traces()["ResultRow"]
    cleaner.clean(dry_run=False)

    assert stage.traces()["ResultRow"] == before != []
    assert stage.account(terms.run.id) == {"succeeded": 1}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", [1, 2, 3, 4], ids=["archive", "archive-2", "input", "output"])
def test_a_kill_at_any_step_leaves_work_that_the_next_clean_up_ends(stage, cleaner, step, after):
    job, good = collected(stage), stage.store
    stage.store = Faulty(stage, step, die, after=after)
    with pytest.raises(Killed):
        cleaner.clean(dry_run=False)
    kept = archived(good, job) if step > 2 else {}
    assert not kept or kept == WHOLE, "an input is deleted only when all outputs are archived"
    assert stage.job(job.id).cleanup_completed_at is None
    stage.store = good
    done = cleaner.clean(dry_run=False)

    assert [folder.name for folder in done.cleaned] == [job.s3_folder]
    assert archived(good, job) == WHOLE
    assert below(good, "nova_batch/") == below(good, "nova/batch/output/") == []
    assert stage.job(job.id).cleanup_completed_at == NOON


def test_a_kill_in_the_middle_of_a_deletion_loses_no_output(stage, cleaner):
    job, good = collected(stage), stage.store

    def half(prefix):
        good.delete(below(good, prefix)[0])
        raise Killed

    stage.store = Faulty(stage, 4, half)
    with pytest.raises(Killed):
        cleaner.clean(dry_run=False)
    stage.store = good
    cleaner.clean(dry_run=False)

    assert archived(good, job) == WHOLE
    assert below(good, "nova/batch/output/") == []


def test_one_folder_that_fails_does_not_stop_the_others(stage, cleaner):
    first, second = collected(stage), collected(stage, "second.mp4", 1)

    def refuse(*given):
        raise Unavailable("The store is gone.", hint="Wait.")

    stage.store = Faulty(stage, 1, refuse)
    done = cleaner.clean(dry_run=False)

    assert [failed.to_json() for failed in done.failed] == [
        {"folder": first.s3_folder, "code": "unavailable", "reason": "The store is gone. Wait."}
    ]
    assert [folder.name for folder in done.cleaned] == [second.s3_folder]
    assert len(below(stage.store, f"{output_folder(first)}/")) == 2


def test_a_deletion_that_leaves_something_is_no_deletion(stage, cleaner):
    job = collected(stage)
    stage.store = Faulty(stage, 3, lambda prefix: 0)
    done = cleaner.clean(dry_run=False)

    assert "2 objects are still in" in done.failed[0].reason
    assert stage.job(job.id).cleanup_completed_at is None


def test_output_that_is_written_meanwhile_is_not_deleted_unarchived(stage, cleaner):
    job, good = collected(stage), stage.store
    late = f"{output_folder(job)}/late/manifest.jsonl.out"
    stage.store = Faulty(stage, 3, lambda prefix: good.put(late, b"late") and 0, after=True)
    done = cleaner.clean(dry_run=False)

    assert done.failed[0].code == "conflict"
    assert good.get(late) == b"late"
    stage.store = good
    assert not cleaner.clean(dry_run=False).failed
    assert (
        gzip.decompress(good.get(f"nova/batch/archive/{job.s3_folder}/late/manifest.jsonl.out.gz")) == b"late"
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_clean_up_in_a_bucket(stage, cleaner, s3_server, s3_bucket):
    job = collected(stage)
    stage.store = open_store(f"s3://{s3_bucket}/library", s3_endpoint=s3_server.endpoint)
    fill(stage.store, job)
    large = os.urandom(9 << 20)
    stage.store.put(f"{output_folder(job)}/large/manifest.jsonl.out", large)
    others = [
        *FOREIGN,
        f"{job.s3_folder}0/manifest.jsonl",
        f"nova/batch/output/{job.s3_folder}0/a/b.jsonl.out",
    ]
    for key in others:
        stage.store.put(key, b"another's")
    found = cleaner.inventory().to_json()
    done = cleaner.clean(dry_run=False).to_json()

    assert (found["folders"], found["cleanable"]["objects"], done["failed"]) == (2, 5, [])
    assert done["cleaned"] == {"jobs": 1, "objects": 5, "bytes": found["cleanable"]["bytes"]}
    kept = below(stage.store, "nova/batch/archive/")
    assert sorted(set(below(stage.store, "")) - set(kept)) == sorted(others)
    assert archived(stage.store, job) == WHOLE
    assert gzip.decompress(stage.store.get(next(key for key in kept if "/large/" in key))) == large
    assert cleaner.clean(dry_run=False).to_json()["cleaned"]["jobs"] == 0
