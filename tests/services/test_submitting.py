"""Submitting: the intent first, one job for each chunk whatever breaks, and never beyond slots or budget."""

import dataclasses
import threading

import pytest

from run_stage import NO_STOP, NOON
from shotlog.domain.state import ChunkState
from shotlog.errors import Interrupted, Invalid, QuotaReached, Rejected, Unavailable
from shotlog.services.submitting import output_folder
from shotlog.store import jobs
from shotlog.store.tables.runs import LedgerRow


class Between:
    """A provider in front of another, which does something before or after each request."""

    def __init__(self, provider, before=None, after=None):
        self._provider, self._before, self._after = provider, before, after
        self.requests = []

    def __getattr__(self, name):
        return getattr(self._provider, name)

    def create(self, request):
        self.requests.append(request)
        if self._before:
            self._before(request)
        arn = self._provider.create(request)
        if self._after:
            self._after(request)
        return arn


class Recorder:
    """A provider that gives every token a job."""

    def create(self, request):
        return f"arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/{request.client_token[:12]}"

    def list(self, *, name_contains=""):
        return iter(())


def staged(stage, count=1, rules=None, **changes):
    stage.assets(count)
    terms = stage.staged(rules, **changes)
    return terms, [job.id for job in stage.jobs(terms.run.id)]


def raising(error):
    def call(_):
        raise error

    return call


def test_the_intent_is_committed_before_the_provider_is_asked(stage):
    terms, (job,) = staged(stage)
    seen = []
    provider = Between(
        Recorder(), before=lambda _: seen.append((stage.job(job).state, stage.job(job).intended_at))
    )
    stage.submitter(provider).submit(job, terms, stop=NO_STOP)

    assert seen == [("submitting", NOON)]
    done = stage.job(job)
    assert (done.state, done.provider_state, done.submitted_at) == ("submitted", "Submitted", NOON)
    assert stage.run(terms.run.id).state == "running"


def test_b13_b14_a_job_is_asked_for_with_its_own_folder_and_an_output_apart_from_it(stage):
    terms, (job,) = staged(stage)
    provider = Between(Recorder())
    stage.submitter(provider).submit(job, terms, stop=NO_STOP)

    planned, (request,) = stage.job(job), provider.requests
    assert request.input_uri == f"s3://clips/{planned.s3_folder}/"
    assert request.output_uri == f"s3://clips/nova/batch/output/{planned.s3_folder}/"
    assert (request.name, request.client_token) == (planned.job_name, planned.client_token)
    assert request.model_id == terms.run.invocation_id
    assert output_folder(planned) == f"nova/batch/output/{planned.s3_folder}"


def test_b20_an_answer_that_was_lost_makes_no_second_job(stage, service):
    served = service({"lost_create_answers": 1})
    terms, (job,) = staged(stage)
    with pytest.raises(Unavailable):
        stage.submitter(served.batch).submit(job, terms, stop=NO_STOP)
    assert (stage.job(job).state, stage.job(job).job_arn) == ("submitting", None)

    stage.submitter(served.batch).submit(job, terms, stop=NO_STOP)
    (only,) = served.jobs()
    assert stage.job(job).job_arn == only.arn


def test_b20_a_process_that_dies_after_asking_asks_for_the_same_job_again(stage, service):
    served = service()
    terms, (job,) = staged(stage)
    dying = Between(served.batch, after=raising(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        stage.submitter(dying).submit(job, terms, stop=NO_STOP)

    stage.submitter(served.batch).submit(job, terms, stop=NO_STOP)
    assert [found.arn for found in served.jobs()] == [stage.job(job).job_arn]


def test_b20_a_failure_at_one_chunk_leaves_the_chunks_before_it_running(stage, service):
    served = service()
    terms, ids = staged(stage, 3, {"max_records": 1})
    provider = Between(served.batch)
    submitter = stage.submitter(provider)
    submitter.submit(ids[0], terms, stop=NO_STOP)
    provider._before = raising(Rejected("no"))
    with pytest.raises(Rejected):
        submitter.submit(ids[1], terms, stop=NO_STOP)
    provider._before = None
    submitter.submit(ids[2], terms, stop=NO_STOP)
    assert [stage.job(id_).state for id_ in ids] == ["submitted", "submitting", "submitted"]
    submitter.submit(ids[1], terms, stop=NO_STOP)
    assert len(served.jobs()) == 3


def test_submitting_twice_asks_once(stage):
    terms, (job,) = staged(stage)
    provider = Between(Recorder())
    for _ in range(2):
        stage.submitter(provider).submit(job, terms, stop=NO_STOP)
    assert len(provider.requests) == 1


def test_b12_throttling_is_waited_for(stage, service):
    served = service({"throttle_creates": 3})
    terms, (job,) = staged(stage)
    provider = Between(served.batch)
    stage.submitter(provider).submit(job, terms, stop=NO_STOP)
    assert (len(provider.requests), len(served.jobs())) == (4, 1)
    assert len({request.client_token for request in provider.requests}) == 1


def test_b12_a_full_quota_is_waited_for_and_no_failure(stage, service):
    served = service({"quota": True})
    terms, (job,) = staged(stage)
    provider = Between(served.batch)

    def lift(_):
        if len(provider.requests) == 3:
            served.faults()

    provider._before = lift
    stage.submitter(provider).submit(job, terms, stop=NO_STOP)
    assert (stage.job(job).state, len(provider.requests)) == ("submitted", 3)


def test_b12_waiting_for_a_slot_ends_with_the_process_and_the_chunk_stays_due(stage):
    terms, (job,) = staged(stage)
    stop = threading.Event()
    provider = Between(Recorder(), before=lambda _: stop.set() or raising(QuotaReached("full"))(_))
    with pytest.raises(Interrupted):
        stage.submitter(provider, slot_seconds=3600).submit(job, terms, stop=stop)
    assert stage.job(job).state == "submitting"


def test_what_the_provider_refuses_is_told_with_its_cure_and_the_intent_stands(stage, service):
    served = service({"deny_pass_role": True})
    terms, (job,) = staged(stage)
    with pytest.raises(Rejected) as told:
        stage.submitter(served.batch).submit(job, terms, stop=NO_STOP)
    assert "iam:PassRole" in told.value.hint
    assert stage.job(job).state == "submitting"
    assert stage.endings(terms.run.id) == [(None, None)]

    served.faults()
    stage.submitter(served.batch).submit(job, terms, stop=NO_STOP)
    assert stage.job(job).state == "submitted"


def test_b01_the_request_is_checked_before_it_is_sent(stage, service):
    served = service()
    terms, (job,) = staged(stage)
    submitter = stage.submitter(served.batch)
    submitter._role_arn = ""
    with pytest.raises(Invalid, match="role"):
        submitter.submit(job, terms, stop=NO_STOP)
    assert served.jobs() == []


def test_b10_slots_are_counted_over_all_runs_of_a_model(stage):
    stage.assets(3)
    runs = [stage.staged(paths=(f"/films/{number}",)) for number in range(3)]
    first, second, third = (stage.jobs(terms.run.id)[0].id for terms in runs)
    provider = Between(Recorder())
    tight = [
        dataclasses.replace(terms, card=dataclasses.replace(terms.card, max_active_jobs=2)) for terms in runs
    ]
    submitter = stage.submitter(provider)
    submitter.submit(first, tight[0], stop=NO_STOP)
    submitter.submit(second, tight[1], stop=NO_STOP)
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(Interrupted):
        submitter.submit(third, tight[2], stop=stopped)
    assert (len(provider.requests), stage.job(third).state) == (2, "submitting")

    with stage.database.write() as session:
        jobs.advance(session, first, ChunkState.ENDED)
    submitter.submit(third, tight[2], stop=NO_STOP)
    assert len(provider.requests) == 3


def test_a_chunk_that_would_break_the_budget_is_not_asked_for(stage):
    estimate = {"low": 1, "likely": 400, "high": 1000}
    terms, ids = staged(stage, 4, {"max_records": 1}, budget_microusd=250, estimate=estimate)
    provider = Between(Recorder())
    for id_ in ids:
        stage.submitter(provider).submit(id_, terms, stop=NO_STOP)

    assert [stage.job(id_).state for id_ in ids] == ["submitted", "submitted", "failed", "failed"]
    assert len(provider.requests) == 2
    last = stage.records(terms.run.id)[-1]
    assert (last.outcome, last.code, last.retryable) == ("failed", "over_budget", True)


def test_a_budget_of_just_the_estimate_lets_everything_through(stage):
    estimate = {"low": 1, "likely": 400, "high": 1000}
    terms, ids = staged(stage, 4, {"max_records": 1}, budget_microusd=400, estimate=estimate)
    for id_ in ids:
        stage.submitter(Recorder()).submit(id_, terms, stop=NO_STOP)
    assert {stage.job(id_).state for id_ in ids} == {"submitted"}


def test_without_an_estimate_no_budget_can_be_kept_and_nothing_is_refused(stage):
    terms, (job,) = staged(stage, budget_microusd=1, estimate=None)
    stage.submitter(Recorder()).submit(job, terms, stop=NO_STOP)
    assert stage.job(job).state == "submitted"


def test_two_chunks_at_once_cannot_both_take_the_last_of_the_budget(stage):
    estimate = {"low": 1, "likely": 200, "high": 1000}
    terms, (one, two) = staged(stage, 2, {"max_records": 1}, budget_microusd=150, estimate=estimate)
    submitter, asked = stage.submitter(Recorder()), stage.clock
    other = threading.Thread(target=submitter.submit, args=(two, terms), kwargs={"stop": NO_STOP})

    def clock():
        """Let the other chunk come in between the look at the budget and the commit, if it can."""
        if threading.current_thread() is not other and not other.is_alive() and not other.ident:
            other.start()
            other.join(0.3)
        return asked()

    submitter._clock = clock
    submitter.submit(one, terms, stop=NO_STOP)
    other.join()
    assert sorted(stage.job(id_).state for id_ in (one, two)) == ["failed", "submitted"]


def test_the_budget_counts_what_was_booked(stage):
    terms, (job,) = staged(stage, budget_microusd=2000)
    with stage.database.write() as session:
        session.add(
            LedgerRow(
                record_id=stage.record_ids(terms.run.id)[0],
                run_id=terms.run.id,
                mode="batch",
                model="m",
                input_tokens=1,
                output_tokens=1,
                amount_microusd=1001,
                booked_at=NOON,
            )
        )
    stage.submitter(Recorder()).submit(job, terms, stop=NO_STOP)
    assert stage.job(job).state == "failed"
