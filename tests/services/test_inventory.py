"""Taking stock: whose each folder is, what may go and why, and when an orphan may."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from run_stage import ARN
from shotlog.domain.job_state import JobStatus, ProviderState
from shotlog.domain.state import ChunkState
from shotlog.errors import Unavailable
from shotlog.services.cleaning import Cleaner
from shotlog.services.submitting import output_folder
from shotlog.store import jobs
from shotlog.store.tables.runs import BatchJobRow

ORPHAN = "nova_batch/job_20250101_120000_001"
WEEK = timedelta(days=7)


class Provider:
    """Has the jobs that it is given."""

    def __init__(self, *found):
        self.found, self.since = found, None

    def list(self, *, name_contains="", since=None):
        self.since = since
        if isinstance(self.found[0], Exception):
            raise self.found[0]
        yield from self.found


def at_work(state, input_uri, output_uri="s3://clips/elsewhere/"):
    return JobStatus(ARN.format(1), "somebodys-job", "model", state, input_uri, output_uri)


@pytest.fixture
def cleaner(stage):
    """Return a function that makes a cleaner, with a provider or without."""

    def make(*found):
        provider = Provider(*found) if found else None
        made = Cleaner(stage.database, lambda: datetime.now(UTC), lambda: stage.store, lambda: provider)
        if provider is None:
            made = Cleaner(stage.database, lambda: datetime.now(UTC), lambda: stage.store)
        made.asked = provider
        return made

    return make


@pytest.fixture
def orphan(stage):
    """Return a function that makes a folder of nobody's, written so long ago."""

    def make(age=WEEK, keys=("manifest.jsonl", "files/a.mp4"), root=""):
        for key in keys:
            stage.store.put(f"{root}{ORPHAN}/{key}", b"12345")
            moment = (datetime.now(UTC) - age).timestamp()
            os.utime(stage.buckets / "clips" / f"{root}{ORPHAN}/{key}", (moment, moment))

    return make


def there(stage, folder=ORPHAN):
    return len(list(stage.store.list(f"{folder}/")))


def safe(state, arn):
    return state == ChunkState.COLLECTED or (state == ChunkState.FAILED and not arn)


_states = st.tuples(
    st.sampled_from(ChunkState), st.none() | st.sampled_from(ProviderState), st.booleans(), st.booleans()
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(drawn=st.lists(_states, min_size=4, max_size=4), orphans=st.booleans())
def test_s19_a_folder_is_deleted_exactly_when_its_chunk_needs_it_no_more(stage, cleaner, drawn, orphans):
    if not stage.rows(BatchJobRow):
        stage.assets(4)
        stage.plan({"max_records": 1})
    rows = stage.rows(BatchJobRow)
    for row, (state, provider_state, arn, marked) in zip(rows, drawn, strict=True):
        stage.change(
            BatchJobRow,
            row.id,
            state=state,
            provider_state=provider_state,
            job_arn=ARN.format(row.id) if arn else None,
            cleanup_completed_at=datetime.now(UTC) if marked else None,
        )
        stage.store.put(f"{row.s3_folder}/manifest.jsonl", b"12345")
        stage.store.put(f"{output_folder(row)}/x/manifest.jsonl.out", b"12345")
    with stage.database.read() as session:
        cleanable = {job.id for job in jobs.get_cleanable_batch_jobs(session)}
    found = {folder.chunk.id: folder for folder in cleaner().inventory().folders}
    done = cleaner().clean(dry_run=False, orphans=orphans)

    assert not done.failed
    for row, (state, _, arn, marked) in zip(rows, drawn, strict=True):
        may_go = safe(state, arn)
        assert found[row.id].safe == may_go
        assert found[row.id].reason.endswith(".")
        assert (row.id in cleanable) == (may_go and not marked)
        assert there(stage, row.s3_folder) == there(stage, output_folder(row)) == (not may_go)
        assert bool(stage.job(row.id).cleanup_completed_at) == (may_go or marked)


def test_the_inventory_counts_what_is_there_and_says_whose_it_is(stage, cleaner, orphan):
    stage.assets(1)
    _, job = stage.ended("PartiallyCompleted")
    stage.store.put(f"{job.s3_folder}/manifest.jsonl", b"123")
    stage.output(job, [b"1234"])
    stage.store.put("nova/batch/archive/nova_batch/job_1/1/manifest.jsonl.out.gz", b"1234567")
    orphan()
    document = cleaner().inventory().to_json()
    lost, ours = document.pop("jobs")

    assert document == {
        "folders": 2,
        "input": {"objects": 3, "bytes": 13},
        "output": {"objects": 1, "bytes": 5},
        "archive": {"objects": 1, "bytes": 7},
        "cleanable": {"jobs": 0, "objects": 0, "bytes": 0},
    }
    assert (lost["folder"], lost["state"], lost["job_state"], lost["safe"]) == (ORPHAN, "orphan", None, False)
    assert datetime.fromisoformat(ours.pop("newest_at")) > datetime.now(UTC) - timedelta(hours=1)
    assert ours == {
        "folder": job.s3_folder,
        "state": "ended",
        "job_state": "PartiallyCompleted",
        "objects": 1,
        "bytes": 3,
        "output_objects": 1,
        "output_bytes": 5,
        "safe": False,
        "reason": "Its results are still to be collected.",
    }


def test_the_inventory_of_an_empty_store(cleaner):
    document = cleaner().inventory().to_json()
    assert (document["folders"], document["jobs"]) == (0, [])


def test_age_is_counted_from_the_youngest_object_of_both_folders(stage, cleaner, orphan):
    orphan(WEEK)
    orphan(timedelta(days=3), keys=("1/manifest.jsonl.out",), root="nova/batch/output/")
    (folder,) = cleaner().inventory().folders
    assert timedelta(days=3) <= folder.age < timedelta(days=3, hours=1)


def test_s19_an_orphan_stays_until_somebody_asks_for_orphans(stage, cleaner, orphan):
    orphan()
    left = cleaner().clean(dry_run=False)
    assert (there(stage), [folder.name for folder in left.skipped]) == (2, [ORPHAN])
    assert "when orphans are asked for" in left.skipped[0].reason

    done = cleaner().clean(dry_run=False, orphans=True)
    assert (there(stage), [folder.name for folder in done.cleaned]) == (0, [ORPHAN])


def test_the_output_of_an_orphan_is_archived_too(stage, cleaner, orphan):
    orphan(keys=("1/manifest.jsonl.out", "1/unheard-of.bin"), root="nova/batch/output/")
    cleaner().clean(dry_run=False, orphans=True)
    assert [info.key for info in stage.store.list()] == [
        f"nova/batch/archive/{ORPHAN}/1/manifest.jsonl.out.gz",
        f"nova/batch/archive/{ORPHAN}/1/unheard-of.bin.gz",
    ]


@pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=23), timedelta(hours=-5)])
def test_an_orphan_that_was_written_to_within_a_day_stays(stage, cleaner, orphan, age):
    orphan()
    orphan(age, keys=("files/new.mp4",))
    done = cleaner().clean(dry_run=False, orphans=True)
    assert (there(stage), done.cleaned) == (3, [])
    assert "within a day" in done.skipped[0].reason


@pytest.mark.parametrize("state", ProviderState)
def test_an_orphan_stays_while_the_provider_has_a_job_on_it_that_has_not_ended(stage, cleaner, orphan, state):
    orphan()
    made = cleaner(at_work(state, f"s3://clips/{ORPHAN}/"))
    done = made.clean(dry_run=False, orphans=True)
    assert there(stage) == (0 if state.terminal else 2)
    assert bool(done.cleaned) == state.terminal
    assert datetime.now(UTC) - made.asked.since > WEEK, "jobs may wait and run for a week"


@pytest.mark.parametrize(
    ("uris", "in_use"),
    [
        ((f"s3://clips/{ORPHAN}",), True),
        ((f"s3://clips/{ORPHAN}/manifest.jsonl",), True),
        (("s3://clips/nova_batch/",), True),
        (("s3://clips/in/", f"s3://clips/nova/batch/output/{ORPHAN}/"), True),
        ((f"s3://clips/{ORPHAN}0/",), False),
        ((f"s3://other/{ORPHAN}/",), False),
        (("", ""), False),
    ],
)
def test_which_folders_a_job_is_at_work_on(stage, cleaner, orphan, uris, in_use):
    orphan()
    done = cleaner(at_work(ProviderState.IN_PROGRESS, *uris)).clean(dry_run=False, orphans=True)
    assert bool(there(stage)) == in_use
    assert not in_use or "somebodys-job is at work" in done.skipped[0].reason


def test_an_orphan_stays_when_the_provider_cannot_be_asked(stage, cleaner, orphan):
    orphan()
    done = cleaner(Unavailable("No line.")).clean(dry_run=False, orphans=True)
    assert there(stage) == 2
    assert "cannot be asked whether it is in use: No line." in done.skipped[0].reason


def test_the_provider_is_asked_for_orphans_only(stage, cleaner, orphan):
    orphan()
    made = cleaner(Unavailable("Do not ask."))
    made.inventory()
    made.clean(dry_run=False)
    assert made.asked.since is None
