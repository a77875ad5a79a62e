"""Queries behind adoption: which jobs a library knows, and what it is told of one that it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from shotlog.domain.outcome import Outcome
from shotlog.domain.run import BatchJob
from shotlog.store import jobs
from shotlog.store.tables.library import AssetRow
from shotlog.store.tables.runs import BatchJobRow, RecipeRow, RecordRow, RunRow

_BATCH = 500


@dataclass(frozen=True, slots=True)
class AdoptedRecord:
    """One line of an adopted job's manifest, and the asset that it is about."""

    alias: int
    asset_id: int
    #: Empty where the file is no longer the one that was asked about.
    fingerprint: str
    media_key: str
    #: Where the line asks otherwise than its recipe does.
    max_tokens: int | None
    temperature: float | None


def known_arns(session: Session, arns: Sequence[str]) -> set[str]:
    """Return those of some jobs that are a chunk's."""
    known: set[str] = set()
    for start in range(0, len(arns), _BATCH):
        some = BatchJobRow.job_arn.in_(arns[start : start + _BATCH])
        known.update(arn for arn in session.scalars(sa.select(BatchJobRow.job_arn).where(some)) if arn)
    return known


def find_chunk(session: Session, *, arn: str, folder: str, token: str, name: str) -> BatchJob | None:
    """Return the chunk that a job is of: the one that has its ARN, or else its folder, token or name."""
    same = sa.or_(
        BatchJobRow.job_arn == arn,
        BatchJobRow.s3_folder == folder,
        BatchJobRow.client_token == token,
        BatchJobRow.job_name == name,
    )
    has_it = sa.func.coalesce(BatchJobRow.job_arn == arn, sa.false())
    found = session.scalar(
        sa.select(BatchJobRow.id).where(same).order_by(has_it.desc(), BatchJobRow.id).limit(1)
    )
    return None if found is None else jobs.get(session, found)


def reopen(session: Session, job_id: int, codes: Sequence[str]) -> None:
    """Open the records of a chunk again that were failed for want of a job, with one of *codes*."""
    nothing = dict.fromkeys(("outcome", "code", "message", "retryable", "finished_at"))
    session.execute(
        sa.update(RecordRow)
        .where(RecordRow.job_id == job_id, RecordRow.outcome == Outcome.FAILED, RecordRow.code.in_(codes))
        .values(**nothing)
        .execution_options(synchronize_session=False)
    )


def add(session: Session, run: RunRow, chunk: BatchJobRow, lines: Sequence[AdoptedRecord]) -> int:
    """Store an adopted job as a run of one chunk with its records, and return the run's number."""
    session.add(run)
    session.flush()
    chunk.run_id, chunk.parent_batch_id = run.id, f"run_{run.id}"
    session.add(chunk)
    session.flush()
    session.execute(
        sa.insert(RecordRow),
        [
            {
                "run_id": run.id,
                "job_id": chunk.id,
                "asset_id": line.asset_id,
                "alias": line.alias,
                "fingerprint": line.fingerprint,
                "media_key": line.media_key,
                "max_tokens": line.max_tokens,
                "temperature": line.temperature,
            }
            for line in lines
        ],
    )
    return run.id


def has_rival(session: Session, run_id: int) -> bool:
    """Tell whether a job was adopted since a run began that asks for the same recipe and model."""
    return session.scalar(_rivals(run_id).limit(1)) is not None


def asked_by_adopted(run_id: int) -> sa.ColumnElement[bool]:
    """Return the condition that such a job asks about a record's content."""
    other = aliased(RecordRow)
    return sa.exists().where(
        other.job_id.in_(_rivals(run_id)),
        other.asset_id == RecordRow.asset_id,
        other.fingerprint == RecordRow.fingerprint,
    )


def _rivals(run_id: int) -> sa.Select[int]:
    this, run, job = aliased(RunRow), aliased(RunRow), aliased(BatchJobRow)
    return (
        sa.select(job.id)
        .join(run, run.id == job.run_id)
        .join(this, sa.and_(this.recipe_id == run.recipe_id, this.model == run.model))
        .where(this.id == run_id, run.id > run_id, job.adopted.is_(True))
    )


def recipe_bodies(session: Session) -> list[dict[str, object]]:
    """Return every recipe version that a run has used, the newest first."""
    return list(session.scalars(sa.select(RecipeRow.body).order_by(RecipeRow.id.desc())))


def named(session: Session, names: Sequence[str]) -> list[int]:
    """Return the assets whose files have one of these names."""
    found: list[int] = []
    for start in range(0, len(names), _BATCH):
        some = AssetRow.name.in_(names[start : start + _BATCH])
        found.extend(session.scalars(sa.select(AssetRow.id).where(some)))
    return found
