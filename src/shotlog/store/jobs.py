"""Queries over the chunks of runs and the provider's jobs for them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shotlog.domain.run import BatchJob, ChunkPlan
from shotlog.domain.state import CHUNK, ChunkState, RunState
from shotlog.errors import NotFound
from shotlog.store.tables.runs import BatchJobRow, RecordRow, RunRow

_FIELDS = tuple(field.name for field in dataclasses.fields(BatchJob))


def add_chunks(
    session: Session, run_id: int, plans: Sequence[ChunkPlan], *, parent_batch_id: str, model: str
) -> None:
    """Store some of a run's chunks and give each its open records; ``count_chunks`` follows the last."""
    for plan in plans:
        row = BatchJobRow(
            run_id=run_id,
            parent_batch_id=parent_batch_id,
            chunk_index=plan.chunk_index,
            total_chunks=0,
            s3_folder=plan.s3_folder,
            state=ChunkState.PLANNED,
            model=model,
            records_planned=plan.records,
            bytes_planned=plan.bytes,
            client_token=plan.client_token,
            job_name=plan.job_name,
        )
        session.add(row)
        session.flush()
        session.execute(
            sa.update(RecordRow)
            .where(
                RecordRow.run_id == run_id,
                RecordRow.id.between(plan.first_record, plan.last_record),
                RecordRow.outcome.is_(None),
                RecordRow.job_id.is_(None),
            )
            .values(job_id=row.id)
        )


def count_chunks(session: Session, run_id: int) -> None:
    """Tell each chunk of a run how many there are, now that all are stored."""
    mine = BatchJobRow.run_id == run_id
    total = session.scalar(sa.select(sa.func.count()).select_from(BatchJobRow).where(mine))
    session.execute(sa.update(BatchJobRow).where(mine).values(total_chunks=total))


def drop_unplanned(session: Session, run_id: int) -> None:
    """Throw the chunks of a run away whose plan did not become whole; none of them was ever acted on."""
    session.execute(sa.update(RecordRow).where(RecordRow.run_id == run_id).values(job_id=None))
    session.execute(sa.delete(BatchJobRow).where(BatchJobRow.run_id == run_id))


def folder_taken(session: Session, prefix: str) -> bool:
    """Tell whether a chunk of any run has a folder that starts with *prefix*."""
    query = (
        sa.select(BatchJobRow.id).where(BatchJobRow.s3_folder.startswith(prefix, autoescape=True)).limit(1)
    )
    return session.scalar(query) is not None


def get(session: Session, job_id: int) -> BatchJob:
    """Return one chunk.

    Raises:
        NotFound: there is none of this id.
    """
    row = session.get(BatchJobRow, job_id)
    if row is None:
        raise NotFound(f"There is no job job_{job_id}.")
    return _value(row)


def get_batch_jobs_by_parent(session: Session, parent_batch_id: str) -> list[BatchJob]:
    """Return all chunks of one run, in order."""
    return _select(session, BatchJobRow.parent_batch_id == parent_batch_id)


def in_state(session: Session, run_id: int, *states: ChunkState) -> list[BatchJob]:
    """Return a run's chunks that are in one of *states*, in order."""
    return _select(session, sa.and_(BatchJobRow.run_id == run_id, BatchJobRow.state.in_(states)))


def due(session: Session, *, limit: int) -> list[int]:
    """Return chunks with something left to do, oldest run first: only of runs whose plan is whole."""
    query = (
        sa.select(BatchJobRow.id)
        .join(RunRow, RunRow.id == BatchJobRow.run_id)
        .where(BatchJobRow.state.in_(CHUNK.open_states()), RunRow.state != RunState.DRAFT)
        .order_by(BatchJobRow.run_id, BatchJobRow.chunk_index)
        .limit(limit)
    )
    return list(session.scalars(query))


def count_submitted(session: Session, run_id: int) -> int:
    """Count the provider's jobs of a run."""
    query = sa.select(sa.func.count()).select_from(BatchJobRow)
    return session.scalar(query.where(BatchJobRow.run_id == run_id, BatchJobRow.job_arn.is_not(None))) or 0


def due_in_run(session: Session, run_id: int) -> list[int]:
    """Return a run's chunks that have something left to do, in order."""
    query = sa.select(BatchJobRow.id).where(
        BatchJobRow.run_id == run_id, BatchJobRow.state.in_(CHUNK.open_states())
    )
    return list(session.scalars(query.order_by(BatchJobRow.chunk_index)))


def open_in_run(session: Session, run_id: int) -> int:
    """Count a run's chunks that have something left to do."""
    query = sa.select(sa.func.count()).select_from(BatchJobRow)
    return (
        session.scalar(query.where(BatchJobRow.run_id == run_id, BatchJobRow.state.in_(CHUNK.open_states())))
        or 0
    )


def active(session: Session, model: str) -> int:
    """Count the jobs of *model* that hold one of the provider's slots, over all runs (rule R9)."""
    query = sa.select(sa.func.count()).select_from(BatchJobRow)
    return (
        session.scalar(query.where(BatchJobRow.model == model, BatchJobRow.state == ChunkState.SUBMITTED))
        or 0
    )


def by_folder(session: Session, folders: Sequence[str]) -> dict[str, BatchJob]:
    """Return the chunks of these folders by their folder; a folder that is no chunk's is left out."""
    return {job.s3_folder: job for job in _select(session, BatchJobRow.s3_folder.in_(folders))}


def get_cleanable_batch_jobs(session: Session) -> list[BatchJob]:
    """Return the chunks whose folders are proven safe to delete: ended, results applied, not yet cleaned."""
    safe = sa.or_(
        BatchJobRow.state == ChunkState.COLLECTED,
        sa.and_(BatchJobRow.state == ChunkState.FAILED, BatchJobRow.job_arn.is_(None)),
    )
    return _select(session, sa.and_(safe, BatchJobRow.cleanup_completed_at.is_(None)))


def mark_batch_job_cleaned(session: Session, job_id: int, now: datetime) -> None:
    """Record that a chunk's folder is proven empty."""
    session.execute(sa.update(BatchJobRow).where(BatchJobRow.id == job_id).values(cleanup_completed_at=now))


def advance(
    session: Session, job_id: int, new: ChunkState, *, adopting: bool = False, **facts: Any
) -> BatchJob:
    """Write a chunk's next state and what is known with it; the only place that does.

    Raises:
        Conflict: the state table does not allow it.
    """
    row = session.get(BatchJobRow, job_id, with_for_update=True)
    if row is None:
        raise NotFound(f"There is no job job_{job_id}.")
    CHUNK.check(row.state, new, adopting=adopting)
    row.state = new
    for name, value in facts.items():
        setattr(row, name, value)
    session.flush()
    return _value(row)


def _select(session: Session, condition: sa.ColumnElement[bool]) -> list[BatchJob]:
    rows = session.scalars(
        sa.select(BatchJobRow).where(condition).order_by(BatchJobRow.run_id, BatchJobRow.chunk_index)
    )
    return [_value(row) for row in rows]


def _value(row: BatchJobRow) -> BatchJob:
    return BatchJob(**{name: getattr(row, name) for name in _FIELDS})
