"""Retrying: only what failed and can succeed, each with the right change, in a run of its own."""

import dataclasses

import pytest

from run_stage import answer, error
from shotlog.domain.state import RunState
from shotlog.errors import Conflict
from shotlog.services.requesting import Requests, RunDefaults
from shotlog.services.terms import LimitRules, TermsBook
from shotlog.store import runs
from shotlog.store.tables.runs import RecordRow

CUT = '{"summary": {"te'


@pytest.fixture
def requests(stage):
    terms = TermsBook(stage.database, stage.catalog, LimitRules(min_records=1), region="us-east-1")
    defaults = RunDefaults("bedrock", "batch", "nova-lite", "summary", "on-demand", "us-east-1")
    return Requests(defaults, lambda: stage.catalog, lambda: stage.recipes, lambda: terms)


def over(stage, *lines):
    """A run over one asset a line that has come out as *lines* say; None for no line."""
    stage.assets(len(lines))
    terms, job = stage.ended()
    ids = stage.record_ids(terms.run.id)
    stage.output(job, [line(id_) for line, id_ in zip(lines, ids, strict=True) if line])
    stage.collector.collect(job.id, terms)
    stage.planner.finish(terms.run.id)
    return terms.run.id


def again(stage, requests, run_id, **how):
    """Begin the retry, and return its records by asset; none where there is nothing to ask."""
    run = stage.planner.begin(requests.retry(run_id, **how))
    return {record.asset_id: record for record in stage.records(run.id)} if run else {}


def good(id_):
    return answer(id_)


def refused(id_):
    return answer(id_, "", stop="content_filtered")


def final(id_):
    return error(id_, retryable=False)


def passing(id_):
    return error(id_, code=500, retryable=True)


def cut(id_):
    return answer(id_, CUT, stop="max_tokens")


def garbage(id_):
    return {**answer(id_), "modelOutput": answer(id_, "{no JSON at all")["modelOutput"]}


def test_b21_only_what_failed_and_can_succeed_is_asked_again(stage, requests):
    run_id = over(stage, good, refused, final, passing, None)
    first = [record.asset_id for record in stage.records(run_id)]
    asked = again(stage, requests, run_id)

    assert list(asked) == first[3:]
    assert {record.outcome for record in asked.values()} == {None}
    assert [outcome for outcome, _ in stage.endings(run_id)][3:] == ["failed", "missing"], "history is kept"


def test_an_answer_that_was_cut_off_gets_twice_the_room(stage, requests):
    run_id = over(stage, cut, passing)
    room = stage.recipes.get("summary").part("video").max_tokens
    first, second = again(stage, requests, run_id).values()

    assert (first.max_tokens, second.max_tokens) == (2 * room, None)


def test_what_was_cut_off_at_the_models_own_limit_is_not_asked_again(stage, requests):
    run_id = over(stage, cut)
    most = stage.catalog.find("nova-lite").max_tokens
    stage.change(RecordRow, stage.record_ids(run_id)[0], max_tokens=most)

    assert again(stage, requests, run_id) == {}


def test_garbage_is_asked_for_in_other_words(stage, requests):
    run_id = over(stage, garbage, passing)
    temperatures = [record.temperature for record in again(stage, requests, run_id).values()]

    assert temperatures == [0.3, None]


def test_what_was_asked_again_since_is_not_asked_twice(stage, requests):
    run_id = over(stage, passing, None)
    request = requests.retry(run_id)
    first = stage.planner.begin(request)
    same = stage.planner.begin(request)
    with stage.database.write() as session:
        runs.advance(session, first.id, RunState.DONE, stage.clock())

    assert (same.id, first.retry_of, first.planned) == (first.id, run_id, 2)
    assert again(stage, requests, run_id) == {}


def test_a_run_that_goes_on_cannot_be_retried(stage, requests):
    stage.assets(1)
    run = stage.planner.begin(stage.request())

    with pytest.raises(Conflict, match="not over"):
        requests.retry(run.id)


def test_a_retry_keeps_recipe_model_and_tail_and_takes_a_budget_of_its_own(stage, requests):
    run_id = over(stage, passing)
    before, request = stage.run(run_id), requests.retry(run_id, budget_usd="1.50", mode="on-demand")
    run = stage.planner.begin(dataclasses.replace(request, estimate=None))

    assert (run.recipe_digest, run.model, run.tail) == (before.recipe_digest, before.model, before.tail)
    assert (run.mode, run.budget_microusd) == ("on-demand", 1_500_000)
