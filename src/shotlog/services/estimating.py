"""Say what a run would cost before anything is spent: jobs, money in both modes, and the tail's share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from shotlog.batch.splitting import BatchLimits, chunk_lengths
from shotlog.domain.clock import Clock
from shotlog.domain.cost import History, answer_tokens, estimate, input_tokens, prompt_tokens
from shotlog.domain.model import Mode, ModelCard, Range
from shotlog.domain.money import divide, usd
from shotlog.domain.recipe import Recipe
from shotlog.inference.catalog import Catalog
from shotlog.services.planning import RunRequest
from shotlog.store import estimates
from shotlog.store.database import Database


@dataclass(frozen=True, slots=True)
class Tail:
    """The records that fill no job, what happens to them, and what that costs in micro-dollars."""

    records: int
    #: ``on-demand``, ``wait`` or ``fail``.
    choice: str
    #: None when the price is unknown; nothing is spent by waiting or failing.
    cost: Range | None


@dataclass(frozen=True, slots=True)
class RunEstimate:
    """What a run would take. Money is in micro-dollars; None means that a price is unknown."""

    records: int
    jobs: int
    #: Everything as batch jobs, and everything on demand: the two prices side by side.
    batch: Range | None
    on_demand: Range | None
    tail: Tail | None

    def total(self, mode: Mode) -> Range | None:
        """Return what the run itself would cost: in batch mode the jobs, and the tail as it was chosen."""
        if mode == Mode.ON_DEMAND:
            return self.on_demand
        if self.tail is None or self.batch is None:
            return self.batch
        if self.tail.cost is None:
            return None
        return _share(self.batch, self.records - self.tail.records, self.records) + self.tail.cost

    def to_json(self) -> dict[str, Any]:
        """Return the estimate as ``estimate --json`` prints it, in dollars; unknown is null."""
        tail = self.tail
        return {
            "records": self.records,
            "jobs": self.jobs,
            "batch": money_json(self.batch),
            "on_demand": money_json(self.on_demand),
            "tail": tail
            and {"records": tail.records, "choice": tail.choice, "cost_usd": money_json(tail.cost)},
        }


class Estimator:
    """Estimates runs from real durations, their own history, and the dated price table."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        catalog: Catalog,
        limits: Callable[[ModelCard], BatchLimits],
        *,
        region: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._catalog = catalog
        self._limits = limits
        self._region = region

    def estimate(self, request: RunRequest) -> RunEstimate:
        """Estimate what *request* would take; nothing is sent, and nothing is written."""
        card = self._catalog.find(request.model)
        with self._database.read() as session:
            found = estimate(
                estimates.durations(session, request.condition()),
                card,
                request.recipe,
                group=self._catalog.price_group(card, request.invocation_id, self._region),
                history=self._history(
                    estimates.usage(session, request.recipe.digest, card.id), card, request.recipe
                ),
                on=self._clock().date(),
            )
            total_bytes = estimates.proxy_bytes(session, request.condition())
        jobs, short = 0, found.records
        if request.mode == Mode.BATCH and found.records:
            jobs, short = _chunks(found.records, total_bytes, self._limits(card))
        tail = None
        if request.mode == Mode.BATCH and short:
            cost: Range | None = Range(0, 0, 0)
            if request.tail == Mode.ON_DEMAND:
                cost = found.on_demand and _share(found.on_demand, short, found.records)
            tail = Tail(short, request.tail, cost)
        return RunEstimate(found.records, jobs, found.batch, found.on_demand, tail)

    @staticmethod
    def _history(used: list[estimates.Usage], card: ModelCard, recipe: Recipe) -> History | None:
        """Compare what earlier runs of this recipe and model used with what they were expected to use."""
        expected_in = expected_out = actual_in = actual_out = 0
        for group in used:
            if group.kind not in recipe.kinds:
                continue
            duration_ms = None if group.seconds is None else group.seconds * 1000
            prompt = prompt_tokens(recipe, group.kind)
            expected_in += input_tokens(card, group.kind, duration_ms, prompt).likely * group.records
            expected_out += answer_tokens(recipe, group.kind, card).likely * group.records
            actual_in += group.input_tokens
            actual_out += group.output_tokens
        if not (expected_in and expected_out):
            return None
        return History(Fraction(actual_in, expected_in), Fraction(actual_out, expected_out))


def money_json(money: Range | None) -> dict[str, float | None]:
    """Return a range of micro-dollars in dollars; unknown is null three times."""
    if money is None:
        return {"low": None, "likely": None, "high": None}
    return {"low": usd(money.low), "likely": usd(money.likely), "high": usd(money.high)}


def _chunks(records: int, total_bytes: int, limits: BatchLimits) -> tuple[int, int]:
    """Return how many jobs equal files of that sum would make, and how many records fill none."""
    each = min(divide(total_bytes, records), limits.max_bytes)
    lengths = chunk_lengths((each for _ in range(records)), limits)
    full = [length for length in lengths if length >= limits.min_records]
    return len(full), records - sum(full)


def _share(money: Range, part: int, whole: int) -> Range:
    return Range(*(divide(amount * part, whole) for amount in (money.low, money.likely, money.high)))
