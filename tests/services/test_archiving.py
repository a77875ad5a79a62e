"""Archives: what is deleted is kept, and what is kept has been read back."""

import gzip

import pytest

from cleaning_stage import WHOLE, Faulty, archived, below, collected, contents, fill
from shotlog.services.cleaning import Cleaner
from shotlog.services.submitting import output_folder


@pytest.fixture
def cleaner(stage):
    return Cleaner(stage.database, stage.clock, lambda: stage.store)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-9],
        lambda data: b"",
        lambda data: data + b"x",
        lambda data: data[:20] + b"?" * 9 + data[29:],
        lambda data: gzip.compress(b"other bytes"),
        lambda data: data + gzip.compress(b"more"),
    ],
)
def test_an_archive_that_does_not_hold_the_output_keeps_it(stage, cleaner, damage):
    job, good = collected(stage), stage.store
    before = contents(good)

    def spoil(key, path):
        good.put(key, damage(path.read_bytes()))

    stage.store = Faulty(stage, 2, spoil)
    done = cleaner.clean(dry_run=False)

    assert "does not read back" in done.failed[0].reason
    assert before.items() <= contents(good).items()
    stage.store = good
    cleaner.clean(dry_run=False)
    assert archived(good, job) == WHOLE


def test_an_output_that_is_read_short_replaces_no_archive_and_stays(stage, cleaner, monkeypatch):
    job = collected(stage)
    monkeypatch.setattr(type(stage.store), "stream", lambda self, key: iter([self.get(key)[:-1]]))
    done = cleaner.clean(dry_run=False)

    assert "were read" in done.failed[0].reason
    assert archived(stage.store, job) == {}
    assert len(below(stage.store, f"{output_folder(job)}/")) == 2


def test_a_machine_without_room_for_the_archive_keeps_the_output(stage, cleaner, monkeypatch):
    job = collected(stage)
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    done = cleaner.clean(dry_run=False)

    assert "TMPDIR" in done.failed[0].reason
    assert len(below(stage.store, f"{output_folder(job)}/")) == 2


def test_equal_outputs_make_equal_archives_and_a_good_one_stays_as_it_is(stage, cleaner):
    job = collected(stage)
    cleaner.clean(dry_run=False)
    before = [(info.key, info.etag) for info in stage.store.list("nova/batch/archive/")]
    fill(stage.store, job)
    cleaner.clean(dry_run=False)

    assert [(info.key, info.etag) for info in stage.store.list("nova/batch/archive/")] == before
    packed = stage.store.get(before[0][0])
    assert packed[4:8] == bytes(4), "the header of the archive says a time"
