"""Following: all ten states are known, one component writes them, and nobody is asked more than needed."""

import threading

import pytest

from run_stage import ARN, NO_STOP
from shotlog.domain.job_state import ProviderState
from shotlog.errors import Interrupted, NotFound, Rejected, Throttled, Unavailable
from shotlog.services.progress import Watcher
from shotlog.store.tables.runs import BatchJobRow


@pytest.fixture
def submitted(stage):
    """Return a function that submits a chunk of some records to a service, and returns terms and its id."""

    def make(served, count=2):
        stage.assets(count)
        terms = stage.staged()
        (job,) = stage.jobs(terms.run.id)
        stage.submitter(served.batch).submit(job.id, terms, stop=NO_STOP)
        return terms, job.id

    return make


class Counting:
    """A provider that counts the looks, and can be told what they see."""

    def __init__(self, provider, *errors):
        self._provider, self._errors, self.looks = provider, list(errors), 0

    def get(self, arn):
        self.looks += 1
        if self._errors:
            raise self._errors.pop(0)
        return self._provider.get(arn)


@pytest.mark.parametrize("state", ["Submitted", "Validating", "Scheduled", "InProgress", "Stopping"])
def test_a_job_that_goes_on_is_written_down_and_followed_further(stage, service, submitted, follower, state):
    served = service({"stuck_in": state, "delay_s": 20 if state == "Stopping" else 0})
    terms, job = submitted(served)
    arn = stage.job(job).job_arn
    if state == "Stopping":
        served.batch.stop(arn)
    served.until(lambda: served.batch.get(arn).state == state)
    stage.clock.tick(30)

    assert follower(served.batch).look(job) is False
    seen = stage.job(job)
    assert (seen.state, seen.provider_state, seen.checked_at) == ("submitted", state, stage.clock())
    assert stage.open(terms.run.id) == 2


@pytest.mark.parametrize(
    ("state", "outcomes"),
    [
        ("Completed", {"succeeded": 2}),
        ("PartiallyCompleted", {"succeeded": 1, "missing": 1}),
        ("Expired", {"succeeded": 1, "missing": 1}),
        ("Stopped", {"succeeded": 1, "missing": 1}),
        ("Failed", {"failed": 2}),
    ],
)
def test_b22_a_job_ends_in_each_of_five_ways_and_all_its_records_are_accounted_for(
    stage, service, submitted, follower, state, outcomes
):
    served = service({} if state == "Completed" else {"end_as": state, "failure_message": "It burnt."})
    terms, job = submitted(served)
    provider = Counting(served.batch)
    follower(provider).follow(job, stop=NO_STOP)

    ended = stage.job(job)
    assert (ended.state, ended.provider_state, ended.ended_at) == ("ended", state, stage.clock())
    assert ended.message == ("It burnt." if state == "Failed" else None)
    looks = provider.looks
    assert follower(provider).look(job) is True
    stage.collector.collect(job, terms)
    assert follower(provider).look(job) is True
    assert provider.looks == looks
    assert stage.account(terms.run.id) == outcomes
    assert stage.planner.finish(terms.run.id)


def test_all_states_that_there_are_were_looked_at():
    assert len(ProviderState) == 10


def test_s08_between_two_looks_there_is_the_pause_that_was_set(stage, service, submitted, follower):
    served = service({"stuck_in": "InProgress"})
    _, job = submitted(served)
    provider, pauses = Counting(served.batch), []

    class Stop:
        def wait(self, seconds):
            pauses.append(seconds)
            return len(pauses) == 3

    with pytest.raises(Interrupted):
        follower(provider, 30).follow(job, stop=Stop())
    assert (pauses, provider.looks) == ([30, 30, 30], 3)


@pytest.mark.parametrize("error", [Unavailable("no network"), Throttled("slow down")])
def test_s09_a_provider_that_cannot_be_reached_says_nothing_about_the_job(
    stage, service, submitted, follower, error
):
    served = service()
    _, job = submitted(served)
    before = stage.job(job)
    assert follower(Counting(served.batch, error)).look(job) is False
    assert stage.job(job) == before
    follower(Counting(served.batch, error)).follow(job, stop=NO_STOP)
    assert stage.job(job).provider_state == "Completed"


def test_s09_a_server_that_is_down_is_no_end_of_a_job(stage, service, submitted, follower):
    served = service()
    _, job = submitted(served)
    served.stop()
    assert follower(served.batch).look(job) is False
    assert stage.job(job).state == "submitted"


def test_a_job_that_the_provider_does_not_know_any_more_has_ended(stage, service, submitted, follower):
    served = service()
    terms, job = submitted(served)
    stage.change(BatchJobRow, job, job_arn=ARN.format(404))
    follower(served.batch).follow(job, stop=NO_STOP)
    assert (stage.job(job).state, stage.job(job).provider_state) == ("ended", None)
    stage.collector.collect(job, terms)
    assert stage.account(terms.run.id) == {"missing": 2}
    assert stage.records(terms.run.id)[0].code == "job_lost"


def test_what_a_forgotten_job_had_written_is_collected_all_the_same(stage, service, submitted, follower):
    served = service()
    terms, job = submitted(served)
    served.until(lambda: served.batch.get(stage.job(job).job_arn).state.terminal)
    follower(Counting(served.batch, NotFound("gone"))).follow(job, stop=NO_STOP)
    stage.collector.collect(job, terms)
    assert stage.account(terms.run.id) == {"succeeded": 2}


def test_a_refusal_is_raised_and_the_job_stays_due(stage, service, submitted, follower):
    served = service()
    _, job = submitted(served)
    with pytest.raises(Rejected):
        follower(Counting(served.batch, Rejected("no access"))).follow(job, stop=NO_STOP)
    assert stage.job(job).state == "submitted"


def test_following_ends_with_the_process_and_the_job_goes_on(stage, service, submitted, follower):
    served = service({"stuck_in": "InProgress"})
    _, job = submitted(served)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted):
        follower(served.batch, 3600).follow(job, stop=stop)
    assert stage.job(job).state == "submitted"


def test_s01_s18_submitted_is_not_done_and_progress_is_records_accounted_for(
    stage, service, submitted, follower
):
    served = service({"stuck_in": "InProgress"})
    terms, job = submitted(served)
    served.until(lambda: served.batch.get(stage.job(job).job_arn).state == "InProgress")
    follower(served.batch).look(job)
    watcher = Watcher(stage.database)

    seen = watcher.of_run(terms.run.id)
    assert (seen.phase, seen.done, seen.total) == ("asking", 0, 2)
    assert seen.note.startswith("1 InProgress")
    assert not stage.planner.finish(terms.run.id)

    served.faults()
    follower(served.batch).follow(job, stop=NO_STOP)
    assert watcher.of_run(terms.run.id).done == 0
    stage.collector.collect(job, terms)
    assert watcher.of_run(terms.run.id).done == 2


def test_s02_reading_changes_no_state(stage, service, submitted):
    served = service()
    terms, job = submitted(served)
    served.until(lambda: served.batch.get(stage.job(job).job_arn).state.terminal)
    before = stage.traces()
    for _ in range(2):
        Watcher(stage.database).of_run(terms.run.id)
        stage.reports.run(terms.run.id)
        stage.reports.runs()
        stage.reports.run_summary(terms.run.id, None)
    assert stage.traces() == before


@pytest.mark.parametrize(
    ("fault", "outcomes"),
    [
        ({}, {"succeeded": 4}),
        ({"null_error": 1.0}, {"succeeded": 4}),
        ({"line_separators": 1.0}, {"succeeded": 4}),
        ({"fence": 1.0}, {"succeeded": 4}),
        ({"chatty": 1.0}, {"succeeded": 4}),
        ({"no_manifest": True}, {"succeeded": 4}),
        ({"manifest_cache_fields": True}, {"succeeded": 4}),
        ({"refuse": 1.0}, {"refused": 4}),
        ({"malformed": 1.0}, {"failed": 4}),
        ({"truncate": 1.0}, {"truncated": 4}),
        ({"error": 1.0}, {"failed": 4}),
        ({"drop": 1.0}, {"missing": 4}),
    ],
)
def test_s03_s04_s05_from_plan_to_books_every_fault_of_the_service_ends_in_an_account(
    stage, service, submitted, follower, fault, outcomes
):
    served = service(fault)
    terms, job = submitted(served, 4)
    follower(served.batch).follow(job, stop=NO_STOP)
    stage.collector.collect(job, terms)

    assert stage.account(terms.run.id) == outcomes
    assert stage.job(job).unmatched_records == 0
    unpaid = outcomes.get("missing", 0) + (4 if fault.get("error") else 0)
    assert len(stage.booked()) == 4 - unpaid
    assert {mode for mode, _ in stage.booked()} <= {"batch"}


def test_output_that_is_still_being_written_is_not_read(stage, service, submitted, follower):
    served = service({"half_written": True, "stuck_in": "InProgress"})
    terms, job = submitted(served, 4)
    served.until(lambda: any(info.key.endswith(".jsonl.out") for info in stage.store.list("nova/")))
    assert follower(served.batch).look(job) is False
    stage.collector.collect(job, terms)
    assert stage.open(terms.run.id) == 4

    served.faults()
    follower(served.batch).follow(job, stop=NO_STOP)
    stage.collector.collect(job, terms)
    assert stage.account(terms.run.id) == {"succeeded": 4}
