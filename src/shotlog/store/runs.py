"""Queries over recipes and runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shotlog.domain.run import Run
from shotlog.domain.state import RUN, AssetState, RunState
from shotlog.errors import NotFound
from shotlog.store.tables.library import AssetRow
from shotlog.store.tables.runs import LedgerRow, RecipeRow, RecordRow, RunRow


def save_recipe(
    session: Session, *, digest: str, name: str, version: str, body: dict[str, Any], now: datetime
) -> int:
    """Store a recipe version once; the digest is its identity."""
    found = session.scalar(sa.select(RecipeRow.id).where(RecipeRow.digest == digest))
    if found is not None:
        return found
    row = RecipeRow(digest=digest, name=name, version=version, body=body, created_at=now)
    session.add(row)
    session.flush()
    return row.id


def recipe_body(session: Session, digest: str) -> dict[str, Any]:
    """Return a recipe version as it was when it was used.

    Raises:
        NotFound: no run has used it.
    """
    body: dict[str, Any] | None = session.scalar(sa.select(RecipeRow.body).where(RecipeRow.digest == digest))
    if body is None:
        raise NotFound("No run has used this recipe version.")
    return body


def create(session: Session, row: RunRow, selected: sa.ColumnElement[bool]) -> int:
    """Open a run and fix its selection: one open record for every ready asset that *selected* says."""
    session.add(row)
    session.flush()
    assets = (
        sa.select(sa.literal(row.id), AssetRow.id, AssetRow.fingerprint).where(selected).order_by(AssetRow.id)
    )
    session.execute(
        sa.insert(RecordRow).from_select(
            ["run_id", "asset_id", "fingerprint"], assets, include_defaults=False
        )
    )
    # Counted, because PostgreSQL's driver does not say how many rows an INSERT ... SELECT made.
    count = sa.select(sa.func.count()).select_from(RecordRow).where(RecordRow.run_id == row.id)
    row.planned = session.scalar(count) or 0
    return row.id


def askable(*, recipe_digest: str, model: str, again: bool = False) -> sa.ColumnElement[bool]:
    """Return the condition that an asset can be asked about, and (unless *again*) has not been.

    Asked means: this content, this recipe version, this model, whatever came of it; asking twice
    would bill twice. A record that is still open always counts as asked.
    """
    asked = (
        sa.select(RecordRow.id)
        .join(RunRow, RunRow.id == RecordRow.run_id)
        .join(RecipeRow, RecipeRow.id == RunRow.recipe_id)
        .where(
            RecordRow.asset_id == AssetRow.id,
            RecordRow.fingerprint == AssetRow.fingerprint,
            RecipeRow.digest == recipe_digest,
            RunRow.model == model,
        )
    )
    if again:
        asked = asked.where(RecordRow.outcome.is_(None))
    return sa.and_(AssetRow.state == AssetState.READY, AssetRow.missing_at.is_(None), ~asked.exists())


def get(session: Session, run_id: int) -> Run:
    """Return one run.

    Raises:
        NotFound: there is none of this id.
    """
    found = _select(session, RunRow.id == run_id, limit=1)
    if not found:
        raise NotFound(f"There is no run run_{run_id}.", hint="`shotlog runs list` shows them.")
    return found[0]


def lock(session: Session, run_id: int) -> None:
    """Let nobody else decide about a run until this transaction ends."""
    session.execute(sa.select(RunRow.id).where(RunRow.id == run_id).with_for_update())


def newest(session: Session, *, before: int | None = None, limit: int = 50) -> list[Run]:
    """Return runs, newest first: a keyset page."""
    return _select(session, sa.true() if before is None else RunRow.id < before, limit=limit)


def unfinished(session: Session) -> list[Run]:
    """Return the runs that still have something to do, newest first."""
    return _select(session, RunRow.state.in_(RUN.open_states()), limit=1000)


def find_unfinished(
    session: Session, *, selection: str, recipe_digest: str, model: str, mode: str
) -> Run | None:
    """Return the unfinished run of the same request, if there is one."""
    same = sa.and_(
        RunRow.state.in_(RUN.open_states()),
        RunRow.selection == selection,
        RecipeRow.digest == recipe_digest,
        RunRow.model == model,
        RunRow.mode == mode,
    )
    return next(iter(_select(session, same, limit=1)), None)


def advance(
    session: Session,
    run_id: int,
    new: RunState,
    now: datetime,
    *,
    reason: str | None = None,
    adopting: bool = False,
) -> None:
    """Write a run's next state; the only place that does. One that was over and goes on has no end yet."""
    row = session.get(RunRow, run_id, with_for_update=True)
    if row is None:
        raise NotFound(f"There is no run run_{run_id}.")
    RUN.check(row.state, new, adopting=adopting)
    row.state = new
    if adopting:
        row.reason = row.ended_at = None
    if reason is not None:
        row.reason = reason
    if new == RunState.PLANNED:
        row.chunked_at = now
    if RUN.is_terminal(new):
        row.ended_at = now


def outcome_counts(session: Session, run_id: int) -> dict[str | None, int]:
    """Count a run's records by outcome; None counts those still open."""
    rows = session.execute(
        sa.select(RecordRow.outcome, sa.func.count())
        .where(RecordRow.run_id == run_id)
        .group_by(RecordRow.outcome)
    )
    return dict(rows.all())


def actual_cost(session: Session, run_id: int) -> tuple[int | None, int]:
    """Return the booked micro-dollars of a run (None when a price was unknown) and the records booked."""
    total, booked, unpriced = session.execute(
        sa.select(
            sa.func.coalesce(sa.func.sum(LedgerRow.amount_microusd), 0),
            sa.func.count(),
            sa.func.count().filter(LedgerRow.amount_microusd.is_(None)),
        ).where(LedgerRow.run_id == run_id)
    ).one()
    return (None if unpriced else int(total or 0)), int(booked)


def booked_cost(session: Session, run_id: int) -> tuple[int, int]:
    """Return the micro-dollars that are known to be spent on a run, and the answers of unknown cost."""
    total, unpriced = session.execute(
        sa.select(
            sa.func.coalesce(sa.func.sum(LedgerRow.amount_microusd), 0),
            sa.func.count().filter(LedgerRow.amount_microusd.is_(None)),
        ).where(LedgerRow.run_id == run_id)
    ).one()
    return int(total or 0), int(unpriced)


def _select(session: Session, condition: sa.ColumnElement[bool], *, limit: int) -> list[Run]:
    rows: Sequence[Any] = session.execute(
        sa.select(RunRow, RecipeRow.name, RecipeRow.digest)
        .join(RecipeRow, RecipeRow.id == RunRow.recipe_id)
        .where(condition)
        .order_by(RunRow.id.desc())
        .limit(limit)
    ).all()
    return [_value(row, name, digest) for row, name, digest in rows]


def _value(row: RunRow, recipe: str, digest: str) -> Run:
    return Run(
        id=row.id,
        state=row.state,
        mode=row.mode,
        engine=row.engine,
        model=row.model,
        invocation_id=row.invocation_id,
        tail=row.tail,
        recipe=recipe,
        recipe_digest=digest,
        selection=row.selection,
        planned=row.planned,
        budget_microusd=row.budget_microusd,
        estimate=row.estimate,
        reason=row.reason,
        retry_of=row.retry_of,
        created_at=row.created_at,
        chunked_at=row.chunked_at,
        ended_at=row.ended_at,
    )
