"""Read what the library shows of assets: pages of a list, and everything known of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shotlog.domain.asset import Asset
from shotlog.domain.query_tree import Query
from shotlog.domain.segments import Segment
from shotlog.store import assets
from shotlog.store.conditions import matches
from shotlog.store.tables.findings import AnnotationRow, SegmentRow
from shotlog.store.tables.runs import LedgerRow, RecipeRow, RecordRow, RunRow

_MOST_SEGMENTS = 5000


@dataclass(frozen=True, slots=True)
class CurrentAnnotation:
    """The newest annotation of one section, and where it comes from."""

    section: str
    engine: str
    model: str
    recipe: str
    recipe_version: str
    run_id: int
    body: Any
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PastRecord:
    """One time that the asset was sent to a model, and how that ended; no outcome: it is still open."""

    record_id: int
    run_id: int
    mode: str
    engine: str
    model: str
    recipe: str
    outcome: str | None
    code: str | None
    message: str | None
    retryable: bool | None
    input_tokens: int | None
    output_tokens: int | None
    #: None: nothing was booked, or the price is unknown.
    cost_microusd: int | None
    finished_at: datetime | None


def page(
    session: Session, query: Query, *, paths: Sequence[str] = (), after: int = 0, limit: int = 100
) -> list[Asset]:
    """Return the assets that match, in the order in which they were added, from *after* on."""
    return assets.many(session, matches(session, query, paths), after=after, limit=limit)


def total(session: Session, query: Query, *, paths: Sequence[str] = ()) -> int:
    """Count the assets that match: all of them, by the condition of ``page``."""
    return assets.count(session, matches(session, query, paths))


def current_annotations(session: Session, asset_id: int) -> list[CurrentAnnotation]:
    """Return an asset's current annotations, by section."""
    rows = session.execute(
        sa.select(
            AnnotationRow.section,
            AnnotationRow.engine,
            RunRow.model,
            RecipeRow.name,
            RecipeRow.version,
            RunRow.id,
            AnnotationRow.body,
            AnnotationRow.created_at,
        )
        .join(RecordRow, RecordRow.id == AnnotationRow.record_id)
        .join(RunRow, RunRow.id == RecordRow.run_id)
        .join(RecipeRow, RecipeRow.id == RunRow.recipe_id)
        .where(AnnotationRow.asset_id == asset_id, AnnotationRow.current)
        .order_by(AnnotationRow.section)
    )
    return [CurrentAnnotation(*row) for row in rows]


def segments(session: Session, asset_id: int) -> list[Segment]:
    """Return an asset's segments along the time axis, those without a time first."""
    rows = session.execute(
        sa.select(SegmentRow.field, SegmentRow.text, SegmentRow.start_ms, SegmentRow.end_ms)
        .where(SegmentRow.asset_id == asset_id)
        .order_by(SegmentRow.start_ms.nulls_first(), SegmentRow.id)
        .limit(_MOST_SEGMENTS)
    )
    return [Segment(*row) for row in rows]


def history(session: Session, asset_id: int) -> list[PastRecord]:
    """Return every record of an asset with its outcome and cost, newest first."""
    columns: tuple[Any, ...] = (
        RecordRow.id,
        RunRow.id,
        sa.func.coalesce(LedgerRow.mode, RunRow.mode),
        RunRow.engine,
        RunRow.model,
        RecipeRow.name,
        RecordRow.outcome,
        RecordRow.code,
        RecordRow.message,
        RecordRow.retryable,
        RecordRow.input_tokens,
        RecordRow.output_tokens,
        LedgerRow.amount_microusd,
        RecordRow.finished_at,
    )
    rows = session.execute(
        sa.select(*columns)
        .join(RunRow, RunRow.id == RecordRow.run_id)
        .join(RecipeRow, RecipeRow.id == RunRow.recipe_id)
        .outerjoin(LedgerRow, LedgerRow.record_id == RecordRow.id)
        .where(RecordRow.asset_id == asset_id)
        .order_by(RecordRow.id.desc())
    )
    return [PastRecord(*row) for row in rows]
