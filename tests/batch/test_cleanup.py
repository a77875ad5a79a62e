"""A job's folder is counted, deleted only when asked, and never more than it."""

import pytest

from shotlog.batch import cleanup_batch_folder
from shotlog.errors import Invalid

FOLDER = "nova_batch/job_20260101_120000_001"
NEIGHBOURS = [f"{FOLDER}0/manifest.jsonl", f"{FOLDER}.txt", f"{FOLDER}a/x", "proxies/a.mp4"]


@pytest.fixture
def filled(store):
    for key in [f"{FOLDER}/manifest.jsonl", f"{FOLDER}/files/a.mp4", f"{FOLDER}/files/b.mp4", *NEIGHBOURS]:
        store.put(key, b"12345")
    return store


def keys(store):
    return [info.key for info in store.list()]


def test_s19_a_dry_run_counts_and_deletes_nothing(filled):
    before = keys(filled)
    found = cleanup_batch_folder(filled, FOLDER)
    assert (found.objects, found.total_bytes, found.deleted, found.remaining) == (3, 15, 0, 3)
    assert found.dry_run
    assert not found.done
    assert found.newest_at is not None
    assert keys(filled) == before


def test_s19_only_the_jobs_own_folder_is_deleted_and_proven_empty(filled):
    done = cleanup_batch_folder(filled, f"{FOLDER}/", dry_run=False)
    assert (done.objects, done.deleted, done.remaining, done.done) == (3, 3, 0, True)
    assert keys(filled) == sorted(NEIGHBOURS)


def test_cleaning_twice_is_fine(filled):
    cleanup_batch_folder(filled, FOLDER, dry_run=False)
    again = cleanup_batch_folder(filled, FOLDER, dry_run=False)
    assert (again.objects, again.deleted, again.newest_at, again.done) == (0, 0, None, True)


def test_an_output_folder_is_cleaned_alike(local):
    output = f"nova/batch/output/{FOLDER}"
    local.put(f"{output}/abc/manifest.jsonl.out", b"1")
    local.put(f"{FOLDER}/manifest.jsonl", b"1")
    assert cleanup_batch_folder(local, output, dry_run=False).deleted == 1
    assert keys(local) == [f"{FOLDER}/manifest.jsonl"]


@pytest.mark.parametrize(
    "folder", ["", "/", "proxies", "nova_batch", "nova_batch/", "..", "job_1/../..", "job_", "job_1/x"]
)
def test_what_is_no_jobs_folder_is_not_cleaned(local, folder):
    local.put("proxies/a.mp4", b"1")
    with pytest.raises(Invalid):
        cleanup_batch_folder(local, folder, dry_run=False)
    assert keys(local) == ["proxies/a.mp4"]
