"""Show an estimate to people: batch beside on demand, and what becomes of the tail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import RenderableType

from shotlog.cli.figures import count
from shotlog.cli.tables import table
from shotlog.domain.model import Mode, Range
from shotlog.domain.money import format_usd

if TYPE_CHECKING:
    from shotlog.services.estimating import RunEstimate, Tail

_CHOICES = {
    "on-demand": "asked on demand",
    "wait": "left for a later run",
    "fail": "failed, and can be retried",
}


def estimate(found: RunEstimate, mode: str = "") -> Iterator[RenderableType]:
    """Show an estimate; *mode* marks the line of what is about to be done."""
    if not found.records:
        yield "Nothing to ask: every file has been asked about, or cannot be."
        return
    jobs = f" in {count(found.jobs, 'job')}" if mode != Mode.ON_DEMAND else ""
    yield f"{count(found.records, 'file')} to ask about{jobs}. Estimated cost:"
    rows = [
        _row("batch", found.batch, chosen=mode == Mode.BATCH),
        _row("on demand", found.on_demand, chosen=mode == Mode.ON_DEMAND),
    ]
    yield table(("", "low", "likely", "high", " "), rows, right=("low", "likely", "high"))
    if found.tail and mode != Mode.ON_DEMAND:
        yield _tail(found.tail)


def _row(name: str, cost: Range | None, *, chosen: bool) -> tuple[str, ...]:
    amounts = (cost.low, cost.likely, cost.high) if cost else (None, None, None)
    return (name, *map(format_usd, amounts), "<- this run" if chosen else "")


def _tail(tail: Tail) -> str:
    what = f"{count(tail.records, 'file')} too few for a job: {_CHOICES.get(tail.choice, tail.choice)}"
    if tail.choice != Mode.ON_DEMAND:
        return f"{what}."
    return f"{what}, {format_usd(tail.cost.likely if tail.cost else None)} likely."
