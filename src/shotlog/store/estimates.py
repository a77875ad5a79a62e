"""Queries that an estimate is made from: what a run would be about, and what earlier runs used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shotlog.store.tables.library import AssetRow, RenditionRow
from shotlog.store.tables.runs import LedgerRow, RecipeRow, RecordRow, RunRow

_PAGE = 10_000
#: Bytes of a proxy that is not made yet, of a second of video and of a photo.
_VIDEO_BYTES_PER_S = 40_000
_PHOTO_BYTES = 300_000
#: The newest records say enough, and more would only take longer.
_MOST_RECORDS = 10_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that records about assets of one kind and length used together."""

    kind: str
    #: Begun seconds of video; None for photos, and where the length is unknown.
    seconds: int | None
    records: int
    input_tokens: int
    output_tokens: int


def durations(session: Session, selected: sa.ColumnElement[bool]) -> Iterator[tuple[str, int | None]]:
    """Yield kind and duration in ms of every selected asset, in flat memory."""
    query = sa.select(AssetRow.kind, AssetRow.duration_ms).where(selected)
    for kind, duration_ms in session.execute(query.execution_options(yield_per=_PAGE)):
        yield kind or "", duration_ms


def proxy_bytes(session: Session, selected: sa.ColumnElement[bool]) -> int:
    """Return the bytes of the selected assets' proxies, guessed where there is none yet."""
    guess = sa.case(
        (AssetRow.kind == "photo", _PHOTO_BYTES),
        else_=sa.func.coalesce(AssetRow.duration_ms, 60_000) * _VIDEO_BYTES_PER_S / 1000,
    )
    query = (
        sa.select(sa.func.sum(sa.func.coalesce(RenditionRow.size_bytes, guess)))
        .select_from(AssetRow)
        .outerjoin(RenditionRow, sa.and_(RenditionRow.asset_id == AssetRow.id, RenditionRow.kind == "proxy"))
        .where(selected)
    )
    return int(session.scalar(query) or 0)


def usage(session: Session, recipe_digest: str, model: str) -> list[Usage]:
    """Return what the newest booked records of one recipe version and model used, by kind and length."""
    newest = (
        sa.select(RecordRow.asset_id, LedgerRow.input_tokens, LedgerRow.output_tokens)
        .join(RecordRow, RecordRow.id == LedgerRow.record_id)
        .join(RunRow, RunRow.id == LedgerRow.run_id)
        .join(RecipeRow, RecipeRow.id == RunRow.recipe_id)
        .where(RecipeRow.digest == recipe_digest, LedgerRow.model == model, LedgerRow.input_tokens > 0)
        .order_by(LedgerRow.record_id.desc())
        .limit(_MOST_RECORDS)
        .subquery()
    )
    seconds = sa.case((AssetRow.kind == "video", (AssetRow.duration_ms + 999) // 1000))
    rows = session.execute(
        sa.select(
            AssetRow.kind,
            seconds,
            sa.func.count(),
            sa.func.sum(newest.c.input_tokens),
            sa.func.sum(newest.c.output_tokens),
        )
        .join(newest, newest.c.asset_id == AssetRow.id)
        .where(AssetRow.kind.is_not(None))
        .group_by(AssetRow.kind, seconds)
    )
    return [
        Usage(kind, length, int(count), int(used_in), int(used_out))
        for kind, length, count, used_in, used_out in rows
    ]
