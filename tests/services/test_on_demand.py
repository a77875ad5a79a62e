"""Asking on demand: the same outcomes and books as a batch, and nothing is lost or paid twice."""

import threading

import pytest

from run_stage import NO_STOP
from shotlog.domain.model import Mode
from shotlog.domain.ports import Answer
from shotlog.errors import Denied, Interrupted, NotFound, Rejected, Throttled, Unavailable
from shotlog.services.on_demand import OnDemandAsker
from shotlog.store.tables.findings import AnnotationRow
from shotlog.store.tables.library import AssetRow
from shotlog.store.tables.runs import LedgerRow, ResultRow

GOOD = Answer('{"summary": {"text": "a dog runs"}}', "end_turn", 100, 20)


class Told:
    """A model that answers as it is told, by the number of the question, and keeps the questions."""

    def __init__(self, answer=lambda number: GOOD):
        self._answer, self.questions, self._lock = answer, [], threading.Lock()

    def converse(self, question):
        with self._lock:
            self.questions.append(question)
            number = len(self.questions)
        said = self._answer(number)
        if isinstance(said, BaseException):
            raise said
        return said


@pytest.fixture
def ask(stage):
    """Return a function that asks a model about all that a run has open."""

    def make(model, terms, *, concurrency=1, stop=NO_STOP):
        asker = OnDemandAsker(
            stage.database,
            stage.clock,
            lambda: stage.store,
            lambda: model,
            stage.proxies,
            concurrency=concurrency,
        )
        asker.ask(terms, stop=stop)

    return make


def begun(stage, count=2, **changes):
    stage.assets(count)
    return stage.plan(mode=Mode.ON_DEMAND, **changes)


def test_m11_the_service_is_asked_about_each_proxy_and_each_answer_is_kept(stage, service, ask):
    served = service()
    terms = begun(stage, 5)
    ask(served.on_demand(stage.catalog), terms, concurrency=3)

    assert stage.account(terms.run.id) == {"succeeded": 5}
    assert len(served.seer.questions) == 5
    for record, row in zip(stage.records(terms.run.id), stage.rows(AnnotationRow), strict=True):
        assert stage.proxy_file(record.asset_id).read_text() in row.body["text"]
    assert stage.planner.finish(terms.run.id)


def test_answers_cost_twice_what_they_cost_in_a_batch(stage, ask):
    terms = begun(stage, 1)
    ask(Told(lambda _: Answer(GOOD.text, "end_turn", 1_000_000, 1_000_000)), terms)
    assert stage.booked() == [("on-demand", 60_000 + 240_000)]


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        (GOOD, ("succeeded", None)),
        (Answer(f"```json\n{GOOD.text}\n```", "end_turn", 1, 1), ("succeeded", None)),
        (
            Answer('{"summary": {"text": "a dog", "highlights": ["a', "max_tokens", 1, 1),
            ("partial", "max_tokens"),
        ),
        (Answer('{"summ', "max_tokens", 1, 1), ("truncated", "max_tokens")),
        (Answer("Blocked.", "content_filtered", 1, 1), ("refused", "content_filtered")),
        (Answer("I see a dog.", "end_turn", 1, 1), ("unparsable", "unparsable")),
        (Answer("", "end_turn", 1, 1), ("failed", "end_turn")),
    ],
)
def test_p13_an_answer_ends_a_record_as_it_would_in_a_batch(stage, ask, answer, ending):
    terms = begun(stage, 1)
    ask(Told(lambda _: answer), terms)
    assert stage.endings(terms.run.id) == [ending]
    assert [row.raw_text for row in stage.rows(ResultRow)] == [answer.text]
    assert len(stage.booked()) == 1
    stage.account(terms.run.id)


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (Rejected("The video is too long."), "rejected", False),
        (Unavailable("It broke."), "unavailable", True),
        (Throttled("Slow down."), "throttled", True),
    ],
)
def test_one_file_that_cannot_be_answered_fails_alone_and_costs_nothing(stage, ask, error, code, retryable):
    terms = begun(stage, 3)
    ask(Told(lambda number: error if number == 2 else GOOD), terms)
    assert stage.account(terms.run.id) == {"succeeded": 2, "failed": 1}
    second = stage.records(terms.run.id)[1]
    assert (second.code, second.message, second.retryable) == (code, error.message, retryable)
    assert len(stage.booked()) == 2


def test_a_record_that_stays_throttled_fails_so_that_it_can_be_asked_again(stage, service, ask):
    served = service({"throttle_invocations": 1})
    terms = begun(stage, 2)
    ask(served.on_demand(stage.catalog), terms)
    assert stage.endings(terms.run.id) == [("failed", "throttled"), ("succeeded", None)]
    assert stage.records(terms.run.id)[0].retryable


def test_where_everything_is_refused_it_is_not_about_the_files(stage, ask):
    terms = begun(stage, 25)
    model = Told(lambda _: Rejected("You have no access to the model."))
    with pytest.raises(Rejected, match="no access") as told:
        ask(model, terms)
    assert "doctor" in told.value.hint
    assert stage.open(terms.run.id) == 25

    ask(Told(), terms)
    assert stage.account(terms.run.id) == {"succeeded": 25}


def test_refusals_between_answers_are_about_the_files(stage, ask):
    terms = begun(stage, 30)
    ask(Told(lambda number: GOOD if number % 8 == 0 else Rejected("too long")), terms)
    assert stage.account(terms.run.id) == {"succeeded": 3, "failed": 27}


def test_a_model_that_does_not_exist_is_raised_and_leaves_all_open(stage, ask):
    terms = begun(stage, 2)
    with pytest.raises(NotFound):
        ask(Told(lambda _: NotFound("no such model")), terms)
    assert stage.open(terms.run.id) == 2


def test_what_was_not_asked_when_the_process_ends_stays_open(stage, ask):
    terms = begun(stage, 6)
    stop = threading.Event()
    model = Told(lambda number: GOOD if number < 3 else stop.set() or GOOD)
    with pytest.raises(Interrupted):
        ask(model, terms, stop=stop)
    assert [outcome for outcome, _ in stage.endings(terms.run.id)] == ["succeeded"] * 3 + [None] * 3

    later = Told()
    ask(later, terms)
    assert len(later.questions) == 3
    assert stage.account(terms.run.id) == {"succeeded": 6}


def test_an_error_while_the_process_ends_says_nothing_about_the_file(stage, ask):
    terms = begun(stage, 1)
    stop = threading.Event()
    with pytest.raises(Interrupted):
        ask(Told(lambda _: stop.set() or Unavailable("closing")), terms, stop=stop)
    assert stage.open(terms.run.id) == 1


def test_as_many_requests_are_in_flight_as_were_allowed_and_no_more(stage, ask):
    terms = begun(stage, 9)
    together, lock, now = threading.Barrier(3), threading.Lock(), []
    most = 0

    def answer(_):
        nonlocal most
        with lock:
            now.append(1)
            most = max(most, len(now))
        together.wait(timeout=60)
        with lock:
            now.pop()
        return GOOD

    ask(Told(answer), terms, concurrency=3)
    assert most <= 3
    assert stage.account(terms.run.id) == {"succeeded": 9}


def test_asking_again_asks_nothing(stage, ask):
    terms = begun(stage, 2)
    ask(Told(), terms)
    before, idle = stage.traces(), Told()
    ask(idle, terms)
    assert (stage.traces(), idle.questions) == (before, [])


def test_a_lost_proxy_fails_only_its_own_file(stage, ask):
    lost, _ = stage.assets(2)
    terms = stage.plan(mode=Mode.ON_DEMAND)
    stage.proxy_file(lost).unlink()
    ask(Told(), terms)
    assert stage.endings(terms.run.id) == [("failed", "proxy_missing"), ("succeeded", None)]


def test_a_file_that_changed_since_the_run_began_is_not_asked_about(stage, ask):
    terms = begun(stage, 2)
    stage.change(AssetRow, stage.records(terms.run.id)[0].asset_id, fingerprint="another")
    model = Told()
    ask(model, terms)
    assert stage.endings(terms.run.id) == [("failed", "file_changed"), ("succeeded", None)]
    assert len(model.questions) == 1


def test_a_file_that_changes_while_it_is_asked_about_gets_no_findings(stage, ask):
    terms = begun(stage, 1)

    def change(_):
        stage.change(AssetRow, stage.records(terms.run.id)[0].asset_id, fingerprint="another")
        return GOOD

    ask(Told(change), terms)
    assert stage.endings(terms.run.id) == [("succeeded", None)]
    assert [entry.amount_microusd is not None for entry in stage.rows(LedgerRow)] == [True]
    assert stage.rows(AnnotationRow) == []


def test_who_is_not_let_in_is_told_so_at_once_and_no_record_pays_for_it(stage, ask):
    terms = begun(stage, 2)
    with pytest.raises(Denied):
        ask(Told(lambda _: Denied("The credentials have expired.")), terms)
    assert stage.endings(terms.run.id) == [(None, None), (None, None)]


def test_a_kind_that_the_recipe_does_not_ask_about_fails_alone(stage, ask):
    terms = begun(stage, 2)
    stage.change(AssetRow, stage.records(terms.run.id)[0].asset_id, kind="photo")
    ask(Told(), terms)
    assert stage.endings(terms.run.id) == [("failed", "invalid"), ("succeeded", None)]


def costing(microusd):
    """An answer of 100 tokens a micro-dollar's worth: 0.06 dollars a million of them."""
    return Answer(GOOD.text, "end_turn", microusd * 1_000_000 // 60_000, 0)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_the_budget_stops_before_the_record_that_would_break_it(stage, ask, concurrency):
    terms = begun(stage, 10, budget_microusd=350, estimate={"low": 1, "likely": 1000, "high": 9000})
    model = Told(lambda _: costing(99))
    ask(model, terms, concurrency=concurrency)
    assert stage.account(terms.run.id) == {"succeeded": 3, "failed": 7}
    assert len(model.questions) == 3
    refused = stage.records(terms.run.id)[-1]
    assert (refused.code, refused.retryable) == ("over_budget", True)


def test_a_budget_of_just_the_estimate_lets_a_small_run_through(stage, ask):
    terms = begun(stage, 1, budget_microusd=1000, estimate={"low": 1, "likely": 1000, "high": 9000})
    ask(Told(), terms, concurrency=4)
    assert stage.account(terms.run.id) == {"succeeded": 1}


def test_the_tail_of_a_batch_counts_what_its_jobs_have_reserved(stage, ask):
    stage.assets(4)
    terms = stage.plan(
        {"min_records": 3, "max_records": 3},
        budget_microusd=300,
        estimate={"low": 1, "likely": 400, "high": 400},
    )
    (job,) = stage.jobs(terms.run.id)
    stage.stager.stage(job.id, terms)
    stage.submitter(Accepting()).submit(job.id, terms, stop=NO_STOP)
    model = Told()
    ask(model, terms)
    assert (model.questions, stage.endings(terms.run.id)[-1]) == ([], ("failed", "over_budget"))


class Accepting:
    def create(self, request):
        return f"arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/{request.client_token[:12]}"


def test_the_tail_of_a_batch_is_asked_on_demand_and_its_chunks_are_left_alone(stage, ask):
    stage.assets(4)
    terms = stage.plan({"min_records": 3, "max_records": 3})
    model = Told()
    ask(model, terms)
    assert len(model.questions) == 1
    assert [outcome for outcome, _ in stage.endings(terms.run.id)] == [None, None, None, "succeeded"]
    assert stage.booked() == [("on-demand", 11)]
    assert not stage.planner.finish(terms.run.id)
