"""Due work on single files: derived from state, leased to one worker at a time, fenced against the late.

Items are leased in small batches; a worker that dies stops renewing its leases and others take the
items over. An item is deleted in the same transaction that writes what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shotlog.store.tables.library import AssetRow, WorkItemRow


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One leased piece of work."""

    id: int
    asset_id: int
    attempts: int


def derive(session: Session, kind: str, due: sa.ColumnElement[bool]) -> None:
    """Create an item of *kind* for every asset that *due* says needs one and that has none."""
    waiting = sa.exists().where(WorkItemRow.kind == kind, WorkItemRow.asset_id == AssetRow.id)
    source = sa.select(sa.literal(kind), AssetRow.id, sa.literal(0)).where(due, ~waiting)
    session.execute(
        sa.insert(WorkItemRow).from_select(["kind", "asset_id", "attempts"], source, include_defaults=False)
    )


def lease(
    session: Session, kind: str, *, owner: str, now: datetime, seconds: float, limit: int
) -> list[WorkItem]:
    """Take up to *limit* items that are free, or whose lease has run out, for *seconds*."""
    free = (
        sa.select(WorkItemRow.id)
        .where(
            WorkItemRow.kind == kind,
            sa.or_(WorkItemRow.leased_until.is_(None), WorkItemRow.leased_until < now),
        )
        .order_by(WorkItemRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = session.execute(
        sa.update(WorkItemRow)
        .where(WorkItemRow.id.in_(free.scalar_subquery()))
        .values(owner=owner, leased_until=now + timedelta(seconds=seconds), attempts=WorkItemRow.attempts + 1)
        .returning(WorkItemRow.id, WorkItemRow.asset_id, WorkItemRow.attempts)
        .execution_options(synchronize_session=False)
    )
    return sorted((WorkItem(*row) for row in taken), key=lambda item: item.id)


def renew(session: Session, *, owner: str, now: datetime, seconds: float) -> None:
    """Keep the leases of a living worker."""
    session.execute(
        sa.update(WorkItemRow)
        .where(WorkItemRow.owner == owner)
        .values(leased_until=now + timedelta(seconds=seconds))
    )


def release(session: Session, *, owner: str) -> None:
    """Free the leases of a worker that stops before their time."""
    session.execute(
        sa.update(WorkItemRow).where(WorkItemRow.owner == owner).values(owner=None, leased_until=None)
    )


def release_all(session: Session) -> None:
    """Free every lease; for the one process of a home, which knows that nobody else is at work."""
    session.execute(sa.update(WorkItemRow).values(owner=None, leased_until=None))


def finish(session: Session, item: WorkItem, *, owner: str) -> bool:
    """Delete a finished item; False says that the lease was lost and nothing may be written."""
    result = session.execute(
        sa.delete(WorkItemRow).where(WorkItemRow.id == item.id, WorkItemRow.owner == owner)
    )
    return bool(getattr(result, "rowcount", 0))


def waiting(session: Session, kind: str) -> int:
    """Count the items of *kind* that are not finished."""
    return (
        session.scalar(sa.select(sa.func.count()).select_from(WorkItemRow).where(WorkItemRow.kind == kind))
        or 0
    )
