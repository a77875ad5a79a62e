"""Write how records ended, with everything that follows from it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from shotlog.domain.model import Mode
from shotlog.services.judging import Judgement
from shotlog.services.terms import RunTerms
from shotlog.store import findings, records


def apply(
    session: Session, judgements: Sequence[Judgement], terms: RunTerms, mode: Mode, now: datetime
) -> None:
    """Close records, book what they cost, and put what they say in force.

    A record that has an outcome keeps it and is booked once: applying the same again changes nothing.
    """
    fresh = records.close(session, [judgement.ending for judgement in judgements], now)
    counted = [judgement for judgement in judgements if judgement.ending.record_id in fresh]
    records.book(
        session,
        [judgement.ending for judgement in counted],
        run_id=terms.run.id,
        mode=mode,
        model=terms.run.model,
        now=now,
    )
    findings.apply(
        session, [judgement.finding for judgement in counted if judgement.finding is not None], now
    )
