"""What a run will cost and did cost: tokens from real durations, money from a dated price table.

The token model is Nova's (rule R42): 288 tokens for each frame, one frame a second up to the model's cap;
a photo has tokens of its own; a prompt takes a token for four characters. Audio adds nothing (R43).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from shotlog.domain.model import Mode, ModelCard, Range
from shotlog.domain.money import divide
from shotlog.domain.prompt import AssetContext, compose
from shotlog.domain.recipe import Recipe

#: Seconds that a video of unknown duration is taken for: low and likely; high is the model's cap.
_UNKNOWN_S = (1, 60)

#: A name and folder of usual length, to measure the prompt with.
_USUAL = AssetContext(
    name="a file name of usual length.mp4", folder="a folder/of usual length", duration_ms=60_000
)

_NOTHING = Range(0, 0, 0)


@dataclass(frozen=True, slots=True)
class History:
    """How runs of this recipe and model came out before, against their likely estimate."""

    input_factor: Fraction = Fraction(1)
    output_factor: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would take. Money is in micro-dollars; None means that the price is unknown."""

    records: int
    #: Assets that were left out because the recipe asks nothing about their kind.
    skipped: int
    #: Videos whose duration is unknown, which is what makes a range wide.
    unknown_durations: int
    input_tokens: Range
    output_tokens: Range
    batch: Range | None
    on_demand: Range | None


def frames(duration_ms: int, cap: int) -> int:
    """Return how many frames of a video are looked at: one for each begun second, at least one.

    >>> frames(10_000, 960), frames(10_001, 960), frames(0, 960), frames(3_600_000, 960)
    (10, 11, 1, 960)
    """
    return min(max(1, -(-duration_ms // 1000)), cap)


def input_tokens(card: ModelCard, kind: str, duration_ms: int | None, prompt_tokens: Range) -> Range:
    """Return the input tokens of one asset, media and prompt together."""
    if kind == "photo":
        return card.photo_tokens + prompt_tokens
    if duration_ms is None:
        low, likely = (min(seconds, card.frame_cap) for seconds in _UNKNOWN_S)
        seen = Range(low, likely, card.frame_cap_high)
    else:
        count = frames(duration_ms, card.frame_cap)
        seen = Range(count, count, frames(duration_ms, card.frame_cap_high))
    each = card.tokens_per_frame
    return Range(seen.low * each, seen.likely * each, seen.high * each) + prompt_tokens


def prompt_tokens(recipe: Recipe, kind: str) -> Range:
    """Return how many tokens the recipe's words take: a token for four characters, within a quarter."""
    likely = -(-len(compose(recipe, kind, _USUAL)) // 4)
    return Range(likely * 3 // 4, likely, -(-likely * 5 // 4))


def answer_tokens(recipe: Recipe, kind: str, card: ModelCard) -> Range:
    """Return how long an answer will be: a third of what is usual, the usual, and the longest allowed."""
    part = recipe.part(kind)
    longest = min(part.max_tokens, card.max_tokens)
    likely = min(part.expected_tokens, longest)
    return Range(likely // 3, likely, longest)


def estimate(
    items: Iterable[tuple[str, int | None]],
    card: ModelCard,
    recipe: Recipe,
    *,
    group: str,
    history: History | None = None,
    on: date | None = None,
) -> Estimate:
    """Add up what *items* (kind and duration in ms) would take, in one pass and flat memory.

    *group* is the region group that the model is priced by, and *on* the day of the price. Low and high
    are sums of each asset's own, so the truth of a large run lies well inside.
    """
    asked = {kind: (prompt_tokens(recipe, kind), answer_tokens(recipe, kind, card)) for kind in recipe.kinds}
    counts: dict[tuple[str, int | None], int] = {}
    skipped = 0
    for kind, duration_ms in items:
        if kind not in asked:
            skipped += 1
            continue
        # Whole seconds decide, and no more than the cap of them: a few thousand groups at the most.
        seconds = None if duration_ms is None else frames(duration_ms, card.frame_cap_high)
        group_of = (kind, None if kind == "photo" else seconds)
        counts[group_of] = counts.get(group_of, 0) + 1
    tokens_in = tokens_out = _NOTHING
    for (kind, seconds), count in counts.items():
        duration = None if seconds is None else seconds * 1000
        prompt, answer = asked[kind]
        tokens_in += _times(input_tokens(card, kind, duration, prompt), count)
        tokens_out += _times(answer, count)
    if history is not None:
        tokens_in = _corrected(tokens_in, history.input_factor)
        tokens_out = _corrected(tokens_out, history.output_factor)
    return Estimate(
        records=sum(counts.values()),
        skipped=skipped,
        unknown_durations=counts.get(("video", None), 0),
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        batch=price_range(card, Mode.BATCH, group, tokens_in, tokens_out, on=on) if card.batch else None,
        on_demand=price_range(card, Mode.ON_DEMAND, group, tokens_in, tokens_out, on=on),
    )


def price_range(
    card: ModelCard, mode: Mode, group: str, tokens_in: Range, tokens_out: Range, *, on: date | None = None
) -> Range | None:
    """Return a range of tokens in micro-dollars; None when the price is unknown."""
    price = card.price(mode, group, on)
    if price is None:
        return None
    return Range(
        price.cost(tokens_in.low, tokens_out.low),
        price.cost(tokens_in.likely, tokens_out.likely),
        price.cost(tokens_in.high, tokens_out.high),
    )


def actual_cost(
    card: ModelCard, mode: Mode, group: str, tokens_in: int, tokens_out: int, *, on: date | None = None
) -> int | None:
    """Return what one record cost in micro-dollars, rounded once, half up; None when the price is unknown."""
    price = card.price(mode, group, on)
    return None if price is None else price.cost(tokens_in, tokens_out)


def _times(each: Range, count: int) -> Range:
    return Range(each.low * count, each.likely * count, each.high * count)


def _corrected(tokens: Range, factor: Fraction) -> Range:
    """Move the likely value by what was seen before, and keep it inside the range by widening that."""
    likely = divide(tokens.likely * factor.numerator, factor.denominator)
    return Range(min(tokens.low, likely), likely, max(tokens.high, likely))
