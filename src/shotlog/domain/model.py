"""What is known about one model: its names, limits, how it counts media, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from shotlog.domain.money import MILLION, divide


class Mode(StrEnum):
    """How a model is asked, which decides the price."""

    BATCH = "batch"
    ON_DEMAND = "on-demand"


@dataclass(frozen=True, slots=True)
class Price:
    """Micro-dollars per million tokens, as a source gave them on a day."""

    mode: Mode
    #: Region group that it holds for, such as ``us`` or ``global``; ``*`` for all.
    group: str
    input_microusd: int
    output_microusd: int
    source: str
    as_of: date

    def cost(self, input_tokens: int, output_tokens: int) -> int:
        """Return micro-dollars for so many tokens, rounded once, half up."""
        return divide(input_tokens * self.input_microusd + output_tokens * self.output_microusd, MILLION)


@dataclass(frozen=True, slots=True)
class Range:
    """Three guesses of one quantity: tokens, or money in micro-dollars."""

    low: int
    likely: int
    high: int

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.likely + other.likely, self.high + other.high)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model as configuration: quotas change, so none of them is a constant in code (facts 2)."""

    id: str
    name: str
    #: Where the facts of this card come from.
    source: str
    aliases: tuple[str, ...] = ()
    #: Region group -> inference profile id.
    profiles: Mapping[str, str] = field(default_factory=dict, hash=False)
    #: The bare id is refused; only a profile can be invoked (rule R7).
    profile_only: bool = False
    #: Regions in which the bare id can be invoked; empty for everywhere.
    regions: tuple[str, ...] = ()
    batch: bool = True
    converse: bool = True
    min_records: int = 100
    max_records: int = 100_000
    #: Bytes of one JSONL file.
    max_file_bytes: int = 1 << 30
    #: Bytes of everything under a job's input folder, media included (rule R17).
    max_job_bytes: int = 5 << 30
    #: Jobs of this model that may be waiting or running at once in one region (rule R9).
    max_active_jobs: int = 100
    #: Bytes of one video or photo in the store.
    max_media_bytes: int = 1 << 30
    context_tokens: int = 300_000
    #: Most tokens of an answer.
    max_tokens: int = 10_000
    #: Frames of a video that are looked at, one a second up to this many (rule R42).
    frame_cap: int = 960
    #: The same by another reading of the documentation, for the high estimate.
    frame_cap_high: int = 960
    tokens_per_frame: int = 288
    photo_tokens: Range = Range(800, 2400, 2600)
    #: Bedrock's names of the formats; no video format means that it sees no video.
    video_formats: tuple[str, ...] = ()
    photo_formats: tuple[str, ...] = ()
    prices: tuple[Price, ...] = ()

    def names(self) -> frozenset[str]:
        """Return everything that this model is called: id, aliases and profiles."""
        return frozenset((self.id, *self.aliases, *self.profiles.values()))

    def formats(self, kind: str) -> tuple[str, ...]:
        """Return the formats of ``video`` or ``photo`` that it takes; none when it cannot see the kind."""
        return self.video_formats if kind == "video" else self.photo_formats

    def price(self, mode: Mode, group: str, on: date | None = None) -> Price | None:
        """Return the newest price known *on* a day (by default ever); None means unknown, never free."""
        known = [
            price
            for price in self.prices
            if price.mode == mode and price.group in (group, "*") and (on is None or price.as_of <= on)
        ]
        return max(known, key=lambda price: (price.as_of, price.group == group), default=None)
