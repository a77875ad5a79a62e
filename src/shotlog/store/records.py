"""Queries over records: what is still open, what came back, what it cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shotlog.domain.state import AssetState, ChunkState
from shotlog.store import adoptions
from shotlog.store.tables.columns import table_of
from shotlog.store.tables.library import AssetRow, RenditionRow
from shotlog.store.tables.runs import BatchJobRow, LedgerRow, RecordRow, ResultRow, RunRow

_PAGE = 5000
#: The tables themselves: rows by the thousand need no objects.
_RECORDS, _RESULTS, _LEDGER = (table_of(row) for row in (RecordRow, ResultRow, LedgerRow))


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """A record without an outcome, with what is needed to ask about its asset."""

    id: int
    asset_id: int
    #: The content that the run is about.
    fingerprint: str
    media_key: str | None
    #: Longest answer, where a retry asks for more than the recipe does.
    max_tokens: int | None
    #: Temperature, where a retry asks with another.
    temperature: float | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How one record ends, with what came back and what it cost."""

    record_id: int
    outcome: str
    code: str | None = None
    message: str | None = None
    retryable: bool | None = None
    stop_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    raw_text: str | None = None
    #: Somebody answered, so there is something to pay.
    answered: bool = False
    #: Micro-dollars; None when the price, or what was used, is unknown.
    amount_microusd: int | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A record with what is known of its asset, which an answer is read by."""

    record_id: int
    asset_id: int
    kind: str
    duration_ms: int | None
    #: The file is still the one that was asked about.
    unchanged: bool


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """One record of a run, for people."""

    record_id: int
    asset_id: int
    name: str
    outcome: str | None
    code: str | None
    message: str | None
    retryable: bool | None
    input_tokens: int | None
    output_tokens: int | None


def proxies_of_run(session: Session, run_id: int, *, after: int = 0) -> list[tuple[int, str, int]]:
    """Return (record, rendition path, bytes) of a run's unassigned records in order: a keyset page."""
    rows = session.execute(
        sa.select(RecordRow.id, RenditionRow.path, RenditionRow.size_bytes)
        .join(
            RenditionRow, sa.and_(RenditionRow.asset_id == RecordRow.asset_id, RenditionRow.kind == "proxy")
        )
        .where(
            RecordRow.run_id == run_id,
            RecordRow.outcome.is_(None),
            RecordRow.job_id.is_(None),
            RecordRow.id > after,
        )
        .order_by(RecordRow.id)
        .limit(_PAGE)
    )
    return [(id_, path, size) for id_, path, size in rows]


def without_proxy(session: Session, run_id: int, *, limit: int) -> list[int]:
    """Return open records of a run whose asset has no proxy to send."""
    has_proxy = sa.exists().where(RenditionRow.asset_id == RecordRow.asset_id, RenditionRow.kind == "proxy")
    query = sa.select(RecordRow.id).where(RecordRow.run_id == run_id, RecordRow.outcome.is_(None), ~has_proxy)
    return list(session.scalars(query.limit(limit)))


def drop_adopted(session: Session, run_id: int) -> int:
    """Take the records out of a run that a job asks about which was adopted since the run began."""
    if not adoptions.has_rival(session, run_id):
        return 0
    return _drop(session, run_id, adoptions.asked_by_adopted(run_id))


def drop_refused(session: Session, run_id: int) -> int:
    """Take the files out of a run that turned out to be unusable: they are refused, and no records."""
    refused = sa.select(AssetRow.id).where(AssetRow.state == AssetState.FAILED)
    return _drop(session, run_id, RecordRow.asset_id.in_(refused))


def count_open(session: Session, run_id: int) -> int:
    """Count a run's records that have no outcome."""
    query = sa.select(sa.func.count()).select_from(RecordRow)
    return session.scalar(query.where(RecordRow.run_id == run_id, RecordRow.outcome.is_(None))) or 0


def count_open_in(session: Session, run_id: int, *states: ChunkState) -> int:
    """Count a run's records that have no outcome and whose chunk is in one of *states*."""
    query = (
        sa.select(sa.func.count())
        .select_from(RecordRow)
        .join(BatchJobRow, BatchJobRow.id == RecordRow.job_id)
        .where(RecordRow.run_id == run_id, RecordRow.outcome.is_(None), BatchJobRow.state.in_(states))
    )
    return session.scalar(query) or 0


def open_of_job(session: Session, job_id: int) -> list[OpenRecord]:
    """Return a chunk's records that have no outcome, in order."""
    return _open(session, RecordRow.job_id == job_id)


def open_without_job(session: Session, run_id: int, *, limit: int) -> list[OpenRecord]:
    """Return a run's open records that belong to no chunk: those asked about on demand."""
    return _open(session, sa.and_(RecordRow.run_id == run_id, RecordRow.job_id.is_(None)), limit=limit)


def subjects(session: Session, record_ids: Sequence[int], *, job_id: int | None) -> dict[int, Subject]:
    """Return those of some records that belong to a chunk (None: to no chunk), with their assets."""
    rows = session.execute(_subjects(job_id).where(RecordRow.id.in_(record_ids)))
    return {row[0]: Subject(*row) for row in rows}


def adopted_subjects(session: Session, aliases: Sequence[int], *, job_id: int) -> dict[int, Subject]:
    """Return the same of an adopted chunk, by the numbers that its manifest gave the records."""
    rows = session.execute(_subjects(job_id).add_columns(RecordRow.alias).where(RecordRow.alias.in_(aliases)))
    return {alias: Subject(*subject) for *subject, alias in rows}


def _subjects(job_id: int | None) -> sa.Select[int, int, str, int | None, bool]:
    return (
        sa.select(
            RecordRow.id,
            RecordRow.asset_id,
            sa.func.coalesce(AssetRow.kind, ""),
            AssetRow.duration_ms,
            sa.func.coalesce(AssetRow.fingerprint == RecordRow.fingerprint, sa.false()),
        )
        .join(AssetRow, AssetRow.id == RecordRow.asset_id)
        .where(RecordRow.job_id.is_not_distinct_from(job_id))
    )


def set_media_keys(session: Session, keys: Mapping[int, str]) -> None:
    """Store where each record's media stands in the chunk's folder."""
    if keys:
        session.execute(sa.update(RecordRow), [{"id": id_, "media_key": key} for id_, key in keys.items()])


def close(session: Session, endings: Collection[Ending], now: datetime) -> set[int]:
    """Give open records their outcome, keep what came back, and return those that were open.

    A record that has an outcome keeps it: applying the same output twice changes nothing.
    """
    ids = [ending.record_id for ending in endings]
    still_open: set[int] = set()
    for start in range(0, len(ids), _PAGE):
        some = RecordRow.id.in_(ids[start : start + _PAGE])
        query = sa.select(RecordRow.id).where(some, RecordRow.outcome.is_(None)).with_for_update()
        still_open.update(session.scalars(query))
    fresh = {ending.record_id: ending for ending in endings if ending.record_id in still_open}
    if not fresh:
        return set()
    names = ("outcome", "code", "message", "retryable", "stop_reason", "input_tokens", "output_tokens")
    session.execute(
        sa.update(_RECORDS).where(_RECORDS.c.id == sa.bindparam("record")),
        [
            {"record": id_, "finished_at": now, **{name: getattr(ending, name) for name in names}}
            for id_, ending in fresh.items()
        ],
    )
    results = [
        {"record_id": id_, "raw_text": ending.raw_text, "received_at": now}
        for id_, ending in fresh.items()
        if ending.raw_text is not None
    ]
    if results:
        session.execute(sa.insert(_RESULTS), results)
    return set(fresh)


def book(
    session: Session, endings: Sequence[Ending], *, run_id: int, mode: str, model: str, now: datetime
) -> None:
    """Write the money of freshly closed records into the ledger; a record can be booked only once."""
    entries = [
        {
            "record_id": ending.record_id,
            "run_id": run_id,
            "mode": mode,
            "model": model,
            "input_tokens": ending.input_tokens or 0,
            "output_tokens": ending.output_tokens or 0,
            "amount_microusd": ending.amount_microusd,
            "booked_at": now,
        }
        for ending in endings
        if ending.answered
    ]
    if entries:
        session.execute(sa.insert(_LEDGER), entries)


def drop_unassigned(session: Session, run_id: int) -> int:
    """Take open records that belong to no chunk out of a run: they wait for a later one."""
    return _drop(session, run_id, RecordRow.job_id.is_(None))


def release(session: Session, job_id: int) -> None:
    """Take a chunk's open records out of it: the run's tail decides about them."""
    session.execute(
        sa.update(RecordRow)
        .where(RecordRow.job_id == job_id, RecordRow.outcome.is_(None))
        .values(job_id=None, media_key=None)
    )


def due_for_rendering(run_id: int) -> sa.ColumnElement[bool]:
    """Return the condition that a run waits for an asset's proxy."""
    wanted = sa.exists().where(
        RecordRow.asset_id == AssetRow.id, RecordRow.run_id == run_id, RecordRow.outcome.is_(None)
    )
    made = sa.exists().where(RenditionRow.asset_id == AssetRow.id, RenditionRow.kind == "proxy")
    return sa.and_(AssetRow.state == AssetState.READY, wanted, ~made)


def lines_of_run(
    session: Session, run_id: int, *, outcomes: Sequence[str] = (), after: int = 0, limit: int = 100
) -> list[OutcomeLine]:
    """Return a run's records for people, in order: a keyset page."""
    condition = RecordRow.outcome.in_(outcomes) if outcomes else sa.true()
    rows = session.execute(
        sa.select(
            RecordRow.id,
            RecordRow.asset_id,
            AssetRow.name,
            RecordRow.outcome,
            RecordRow.code,
            RecordRow.message,
            RecordRow.retryable,
            RecordRow.input_tokens,
            RecordRow.output_tokens,
        )
        .join(AssetRow, AssetRow.id == RecordRow.asset_id)
        .where(RecordRow.run_id == run_id, RecordRow.id > after, condition)
        .order_by(RecordRow.id)
        .limit(limit)
    )
    return [OutcomeLine(*row) for row in rows]


def _drop(session: Session, run_id: int, which: sa.ColumnElement[bool]) -> int:
    result = session.execute(
        sa.delete(RecordRow)
        .where(RecordRow.run_id == run_id, RecordRow.outcome.is_(None), which)
        .execution_options(synchronize_session=False)
    )
    dropped = int(getattr(result, "rowcount", 0))
    session.execute(sa.update(RunRow).where(RunRow.id == run_id).values(planned=RunRow.planned - dropped))
    return dropped


def _open(
    session: Session, condition: sa.ColumnElement[bool], *, limit: int | None = None
) -> list[OpenRecord]:
    query = (
        sa.select(
            RecordRow.id,
            RecordRow.asset_id,
            RecordRow.fingerprint,
            RecordRow.media_key,
            RecordRow.max_tokens,
            RecordRow.temperature,
        )
        .where(condition, RecordRow.outcome.is_(None))
        .order_by(RecordRow.id)
        .limit(limit)
    )
    return [OpenRecord(*row) for row in session.execute(query)]
