"""Estimates from durations, actual costs from usage, and money that adds up."""

import tracemalloc
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.domain.cost import (
    History,
    actual_cost,
    answer_tokens,
    estimate,
    frames,
    input_tokens,
    prompt_tokens,
)
from shotlog.domain.model import Mode, ModelCard, Price, Range
from shotlog.inference.catalog import Catalog
from shotlog.inference.recipe_book import RecipeBook

CATALOG = Catalog.load()
LITE = CATALOG.find("nova-lite")
LITE2 = CATALOG.find("nova-2-lite")
RECIPE = RecipeBook.load().get("combined")
NONE = Range(0, 0, 0)


@pytest.mark.parametrize(("seconds", "tokens"), [(10, 2_880), (30, 8_640), (960, 276_480), (3_600, 276_480)])
def test_r42_video_takes_288_tokens_a_frame_up_to_the_cap(seconds, tokens):
    assert input_tokens(LITE, "video", seconds * 1000, NONE) == Range(tokens, tokens, tokens)


def test_r42_premier_looks_at_3200_frames_and_nova_2_lite_is_uncertain_past_960():
    premier = CATALOG.find("nova-premier")
    assert input_tokens(premier, "video", 2_700_000, NONE).likely == 777_600
    assert input_tokens(LITE2, "video", 2_700_000, NONE) == Range(276_480, 276_480, 777_600)


def test_photos_take_a_flat_number_of_tokens_on_nova_2_lite_and_a_range_on_nova_lite():
    assert input_tokens(LITE2, "photo", None, NONE) == Range(230, 230, 230)
    seen = input_tokens(LITE, "photo", None, NONE)
    assert seen.low < seen.likely <= seen.high


def test_c03_a_ten_minute_video_costs_what_the_documentation_says():
    media = input_tokens(LITE, "video", 600_000, NONE).likely
    assert media == 172_800
    assert actual_cost(LITE, Mode.BATCH, "us", media, 0) == 5_184
    assert actual_cost(LITE2, Mode.BATCH, "global", media, 0) == 25_920
    assert actual_cost(LITE2, Mode.BATCH, "us", media, 0) == 28_512


@pytest.mark.parametrize(("milliseconds", "count"), [(0, 1), (1, 1), (1000, 1), (1001, 2), (10**9, 960)])
def test_every_begun_second_is_a_frame(milliseconds, count):
    assert frames(milliseconds, 960) == count


@given(
    st.lists(
        st.tuples(st.sampled_from(["video", "photo"]), st.none() | st.integers(0, 5 * 10**6)), max_size=30
    )
)
def test_an_estimate_is_the_sum_of_its_items(items):
    whole = estimate(items, LITE2, RECIPE, group="us")
    tokens = NONE
    for kind, duration_ms in items:
        tokens += input_tokens(LITE2, kind, duration_ms, prompt_tokens(RECIPE, kind))
    assert whole.input_tokens == tokens
    assert whole.records == len(items)
    assert whole.unknown_durations == sum(
        1 for kind, duration in items if kind == "video" and duration is None
    )
    for money in (whole.batch, whole.on_demand):
        assert money.low <= money.likely <= money.high


def test_b23_batch_is_half_of_on_demand_in_estimate_and_in_fact():
    rows = [("video", 60_000)] * 1000
    guess = estimate(rows, LITE, RECIPE, group="us")
    assert guess.on_demand.likely == pytest.approx(2 * guess.batch.likely, abs=2)
    assert actual_cost(LITE, Mode.ON_DEMAND, "us", 10**6, 10**6) == 300_000
    assert actual_cost(LITE, Mode.BATCH, "us", 10**6, 10**6) == 150_000


def test_b23_an_estimate_uses_real_durations():
    short = estimate([("video", 5_000)], LITE, RECIPE, group="us")
    long = estimate([("video", 500_000)], LITE, RECIPE, group="us")
    assert long.batch.likely > 5 * short.batch.likely


def test_an_unknown_duration_is_a_wide_range_and_not_nothing():
    guess = estimate([("video", None)], LITE, RECIPE, group="us")
    assert guess.unknown_durations == 1
    assert guess.input_tokens.high > 100 * 288 > guess.input_tokens.likely > guess.input_tokens.low > 288


def test_an_unknown_price_is_unknown_and_never_free():
    guess = estimate([("video", 5_000)], LITE2, RECIPE, group="eu")
    assert guess.batch is None
    assert guess.on_demand is None
    assert guess.input_tokens.likely > 0
    assert actual_cost(LITE2, Mode.BATCH, "eu", 1000, 1000) is None


def test_the_local_engine_is_free_and_that_is_known():
    guess = estimate([("video", 5_000)], CATALOG.find("local"), RECIPE, group="us-east-1")
    assert guess.batch == guess.on_demand == NONE


def test_a_model_without_batch_has_no_batch_price():
    guess = estimate([("video", 5_000)], CATALOG.find("nova-2-pro"), RECIPE, group="us")
    assert guess.batch is None


def test_kinds_that_the_recipe_does_not_ask_about_are_left_out():
    guess = estimate([("photo", None), ("video", 1000)], LITE, RecipeBook.load().get("chapters"), group="us")
    assert (guess.records, guess.skipped) == (1, 1)


def test_history_moves_the_likely_value_and_stays_inside_the_range():
    plain = estimate([("video", 60_000)] * 10, LITE, RECIPE, group="us")
    history = History(input_factor=Fraction(3, 2), output_factor=Fraction(1, 2))
    moved = estimate([("video", 60_000)] * 10, LITE, RECIPE, group="us", history=history)
    assert moved.input_tokens.likely == pytest.approx(plain.input_tokens.likely * 1.5, abs=1)
    assert moved.input_tokens.low <= moved.input_tokens.likely <= moved.input_tokens.high
    assert moved.output_tokens.likely * 2 == pytest.approx(plain.output_tokens.likely, abs=2)


def test_an_answer_is_never_estimated_longer_than_the_model_can_give():
    small = ModelCard(id="m", name="m", source="s", max_tokens=100)
    assert answer_tokens(RECIPE, "video", small) == Range(33, 100, 100)


def test_c05_prices_are_dated_and_the_newest_of_the_day_holds():
    old = Price(Mode.BATCH, "*", 100, 200, "a page", date(2025, 1, 1))
    new = Price(Mode.BATCH, "*", 50, 100, "a page", date(2026, 1, 1))
    own = Price(Mode.BATCH, "us", 40, 80, "a page", date(2026, 1, 1))
    card = ModelCard(id="m", name="m", source="s", prices=(new, old, own))
    assert card.price(Mode.BATCH, "eu") is new
    assert card.price(Mode.BATCH, "us") is own
    assert card.price(Mode.BATCH, "us", date(2025, 6, 1)) is old
    assert card.price(Mode.BATCH, "us", date(2024, 6, 1)) is None


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**5)), min_size=1, max_size=200))
def test_rounding_each_record_is_off_by_half_a_micro_dollar_at_most(usage):
    price = LITE2.price(Mode.BATCH, "us")
    booked = sum(price.cost(*tokens) for tokens in usage)
    exact = sum(Fraction(i * price.input_microusd + o * price.output_microusd, 10**6) for i, o in usage)
    assert abs(booked - exact) <= Fraction(len(usage), 2)


def test_items_are_estimated_in_flat_memory():
    rows = (("video", n % 4_000_000) if n % 4 else ("photo", None) for n in range(200_000))
    tracemalloc.start()
    guess = estimate(rows, LITE2, RECIPE, group="us")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert guess.records == 200_000
    assert peak < 4_000_000
