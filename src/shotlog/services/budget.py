"""Keep a run below its ceiling: what is booked and what is spoken for, before anything more is asked."""

from __future__ import annotations

from sqlalchemy.orm import Session

from shotlog.domain.money import divide
from shotlog.domain.state import ChunkState
from shotlog.store import records, runs

#: Chunks whose money is spoken for, but not yet booked record by record.
_RESERVED = (ChunkState.SUBMITTING, ChunkState.SUBMITTED, ChunkState.ENDED)


def breaks_budget(session: Session, run_id: int, more: int) -> bool:
    """Tell whether *more* records would likely take a run above its ceiling.

    Running jobs count in full, and an answer whose cost is unknown counts as the estimate has it. Who
    acts upon the answer in the same transaction locks the run first (``runs.lock``): two must not both
    take the last of the money.
    """
    run = runs.get(session, run_id)
    if run.budget_microusd is None or not run.estimate or not run.planned:
        return False
    booked, unpriced = runs.booked_cost(session, run_id)
    reserved = records.count_open_in(session, run_id, *_RESERVED)
    expected = divide(run.estimate["likely"] * (unpriced + reserved + more), run.planned)
    return booked + expected > run.budget_microusd
