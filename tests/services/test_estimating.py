"""Estimates: both modes side by side, the tail with its own price, and history where there is one."""

import dataclasses

import pytest

from run_stage import NOON, answer
from shotlog.domain.model import Mode, Range
from shotlog.services.estimating import Estimator, RunEstimate, Tail
from shotlog.services.terms import LimitRules
from shotlog.store.tables.runs import RunRow

NOTHING = {"low": 0.0, "likely": 0.0, "high": 0.0}
UNKNOWN = {"low": None, "likely": None, "high": None}


@pytest.fixture
def estimate(stage):
    """Return a function that estimates a request, by the models' own limits unless told otherwise."""

    def make(rules=None, region="us-east-1", **changes):
        limits = LimitRules(**(rules or {})).limits
        estimator = Estimator(stage.database, stage.clock, stage.catalog, limits, region=region)
        return estimator.estimate(stage.request(**changes))

    return make


def test_nothing_to_ask_costs_nothing(stage, estimate):
    assert estimate().to_json() == {
        "records": 0,
        "jobs": 0,
        "batch": NOTHING,
        "on_demand": NOTHING,
        "tail": None,
    }


def test_b23_a_batch_costs_half_of_what_asking_on_demand_costs(stage, estimate):
    stage.assets(400, files=False)
    found = estimate()
    for name in ("low", "likely", "high"):
        assert abs(2 * getattr(found.batch, name) - getattr(found.on_demand, name)) <= 1
    assert 0 < found.batch.low < found.batch.likely < found.batch.high
    assert (found.records, found.jobs, found.tail) == (400, 3, None)


def test_estimates_come_from_real_durations(stage, estimate):
    stage.assets(1, files=False, duration_ms=10_000)
    short = estimate()
    stage.assets(1, first=1, files=False, duration_ms=100_000)
    both = estimate()
    more = both.on_demand.likely - 2 * short.on_demand.likely
    assert abs(more - 90 * 288 * 60_000 // 1_000_000) <= 1


def test_a_video_of_unknown_length_widens_the_range(stage, estimate):
    stage.assets(1, files=False, duration_ms=60_000)
    known = estimate()
    stage.assets(1, first=1, files=False, duration_ms=None)
    unknown = estimate(paths=("/films/1",))
    assert unknown.on_demand.low < known.on_demand.low
    assert unknown.on_demand.likely == known.on_demand.likely
    assert unknown.on_demand.high > known.on_demand.high


def test_photos_are_counted_by_their_own_tokens(stage, estimate):
    stage.assets(1, files=False, kind="photo", duration_ms=None)
    assert estimate().records == 0
    found = estimate(recipe=stage.recipes.get("combined"))
    assert found.records == 1
    assert found.on_demand.likely > 2400 * 60_000 // 1_000_000


@pytest.mark.parametrize(
    ("changes", "region"),
    [
        ({"model": "amazon.nova-2-pro-preview-20251202-v1:0"}, "us-east-1"),
        ({"invocation_id": "apac.amazon.nova-lite-v1:0"}, "ap-southeast-2"),
    ],
)
def test_an_unknown_price_is_unknown_and_not_nothing(stage, estimate, changes, region):
    stage.assets(100, files=False)
    found = estimate(region=region, **changes)
    assert (found.batch, found.on_demand) == (None, None)
    assert found.to_json()["batch"] == UNKNOWN
    assert found.total(Mode.BATCH) is None


def test_a_price_of_later_does_not_count_today(stage, estimate):
    stage.assets(1, files=False)
    stage.clock.now = NOON.replace(year=2020)
    assert estimate().on_demand is None


def test_the_local_engine_costs_nothing(stage, estimate):
    stage.assets(1, files=False)
    local = "shotlog.local-v1:0"
    assert estimate(model=local, invocation_id=local).total(Mode.BATCH) == Range(0, 0, 0)


@pytest.mark.parametrize(("choice", "paid"), [("on-demand", True), ("wait", False), ("fail", False)])
def test_b07_a_tail_is_named_with_its_choice_and_its_price(stage, estimate, choice, paid):
    stage.assets(160, files=False)
    found = estimate(tail=choice)
    assert (found.jobs, found.tail.records, found.tail.choice) == (1, 10, choice)
    tenth = found.on_demand.likely * 10 / 160
    assert abs(found.tail.cost.likely - (tenth if paid else 0)) <= 1
    total = found.total(Mode.BATCH)
    assert abs(total.likely - found.batch.likely * 150 / 160 - found.tail.cost.likely) <= 1
    assert found.to_json()["tail"] == {
        "records": 10,
        "choice": choice,
        "cost_usd": {name: getattr(found.tail.cost, name) / 1_000_000 for name in ("low", "likely", "high")},
    }


def test_b07_a_run_that_fills_no_job_is_all_tail(stage, estimate):
    stage.assets(3, files=False)
    found = estimate()
    assert (found.jobs, found.tail.records) == (0, 3)
    assert found.total(Mode.BATCH) == found.on_demand


def test_a_tail_of_unknown_price_makes_the_total_unknown():
    found = RunEstimate(3, 0, Range(1, 2, 3), None, Tail(3, "on-demand", None))
    assert found.total(Mode.BATCH) is None


def test_on_demand_there_are_neither_jobs_nor_a_tail(stage, estimate):
    stage.assets(3, files=False)
    found = estimate(mode=Mode.ON_DEMAND)
    assert (found.jobs, found.tail) == (0, None)
    assert found.total(Mode.ON_DEMAND) == found.on_demand


def test_jobs_are_counted_by_bytes_too(stage, estimate):
    stage.assets(10, files=False, sizes=[400] * 10)
    assert estimate({"min_records": 1, "max_bytes": 1000}).jobs == 5


@pytest.mark.parametrize("kind", ["video", "photo"])
def test_proxies_that_are_not_made_yet_are_guessed(stage, estimate, kind):
    stage.library.asset("/films/new.mp4", kind=kind, fingerprint="f", duration_ms=None)
    found = estimate({"min_records": 1}, recipe=stage.recipes.get("combined"))
    assert (found.records, found.jobs) == (1, 1)


def test_the_run_makes_as_many_jobs_as_was_said(stage, estimate):
    stage.assets(301, files=False)
    said = estimate()
    terms = stage.plan({"min_records": None})
    assert len(stage.jobs(terms.run.id)) == said.jobs == 3


def used(stage, tokens_in, tokens_out):
    """Let one asset have been asked about, for so many tokens."""
    terms, job = stage.ended(paths=("/films/0",))
    (record,) = stage.record_ids(terms.run.id)
    stage.output(job, [answer(record, usage=(tokens_in, tokens_out))])
    stage.collector.collect(job.id, terms)
    stage.change(RunRow, terms.run.id, state="done")


def test_what_earlier_runs_used_moves_the_likely_price(stage, estimate):
    stage.assets(2)
    before = estimate(paths=("/films/1",)).on_demand
    used(stage, 10_000, 900)
    after = estimate(paths=("/films/1",)).on_demand

    assert after.likely == pytest.approx(10_000 * 0.06 + 900 * 0.24, abs=2)
    assert after.low <= after.likely <= after.high
    assert after.likely > before.likely


def test_history_of_another_recipe_or_model_says_nothing(stage, estimate):
    stage.assets(2)
    other = dataclasses.replace(stage.request(), paths=("/films/1",), recipe=stage.recipes.get("combined"))
    before = estimate(paths=other.paths, recipe=other.recipe).on_demand
    pro = estimate(paths=other.paths, model="amazon.nova-pro-v1:0").on_demand
    used(stage, 10_000, 900)
    assert estimate(paths=other.paths, recipe=other.recipe).on_demand == before
    assert estimate(paths=other.paths, model="amazon.nova-pro-v1:0").on_demand == pro


def test_an_estimate_writes_nothing(stage, estimate):
    stage.assets(3, files=False)
    before = stage.traces()
    estimate()
    assert stage.traces() == before
    assert stage.rows(RunRow) == []
