"""Queries over the answers that were kept word for word, to be read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shotlog.store.records import Ending, Subject
from shotlog.store.tables.library import AssetRow
from shotlog.store.tables.runs import RecordRow, ResultRow


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What a model once said about an asset, and what was made of it."""

    subject: Subject
    outcome: str
    raw_text: str
    stop_reason: str
    input_tokens: int
    output_tokens: int


def of_run(session: Session, run_id: int, *, after: int, limit: int) -> list[KeptAnswer]:
    """Return answers of a run in record order: a keyset page. Lines that were no answer are left out."""
    rows: Sequence[Any] = session.execute(
        sa.select(
            RecordRow.id,
            RecordRow.asset_id,
            sa.func.coalesce(AssetRow.kind, ""),
            AssetRow.duration_ms,
            sa.func.coalesce(AssetRow.fingerprint == RecordRow.fingerprint, sa.false()),
            RecordRow.outcome,
            ResultRow.raw_text,
            RecordRow.stop_reason,
            sa.func.coalesce(RecordRow.input_tokens, 0),
            sa.func.coalesce(RecordRow.output_tokens, 0),
        )
        .join(AssetRow, AssetRow.id == RecordRow.asset_id)
        .join(ResultRow, ResultRow.record_id == RecordRow.id)
        .where(RecordRow.run_id == run_id, RecordRow.id > after, RecordRow.stop_reason.is_not(None))
        .order_by(RecordRow.id)
        .limit(limit)
    ).all()
    return [KeptAnswer(Subject(*row[:5]), *row[5:]) for row in rows]


def amend(session: Session, ending: Ending) -> None:
    """Give a record that is closed the outcome that its answer has now; tokens and money stay."""
    session.execute(
        sa.update(RecordRow)
        .where(RecordRow.id == ending.record_id)
        .values(outcome=ending.outcome, code=ending.code, message=ending.message, retryable=ending.retryable)
    )
