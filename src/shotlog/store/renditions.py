"""Queries over renditions: made locally, uploaded once a job needs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from shotlog.domain.rendition import Rendition
from shotlog.store.tables.library import RenditionRow

_BATCH = 5000  # parameters of one statement: SQLite's limit is 32,766


@dataclass(frozen=True, slots=True)
class StoredRendition:
    """A rendition on disk, and its object in the store if it has one."""

    id: int
    asset_id: int
    kind: str
    path: str
    media_type: str
    size_bytes: int
    #: Hex; empty where it is not known.
    sha256: str
    duration_ms: int | None
    store_key: str | None
    etag: str | None


def replace(session: Session, asset_id: int, made: Sequence[tuple[Rendition, str]], now: datetime) -> None:
    """Store an asset's renditions, each with its path relative to the renditions folder."""
    session.execute(sa.delete(RenditionRow).where(RenditionRow.asset_id == asset_id))
    session.add_all(
        RenditionRow(
            asset_id=asset_id,
            kind=rendition.kind,
            path=path,
            media_type=rendition.media_type,
            size_bytes=rendition.size_bytes,
            sha256=rendition.sha256,
            width=rendition.width,
            height=rendition.height,
            duration_ms=rendition.duration_ms,
            made_at=now,
        )
        for rendition, path in made
    )


def of_assets(session: Session, asset_ids: Sequence[int], kind: str) -> dict[int, StoredRendition]:
    """Return the renditions of one kind, by asset."""
    found: dict[int, StoredRendition] = {}
    for start in range(0, len(asset_ids), _BATCH):
        some = asset_ids[start : start + _BATCH]
        rows = session.scalars(
            sa.select(RenditionRow).where(RenditionRow.asset_id.in_(some), RenditionRow.kind == kind)
        )
        found |= {row.asset_id: _value(row) for row in rows}
    return found


def of_asset(session: Session, asset_id: int) -> list[StoredRendition]:
    """Return all renditions of one asset."""
    rows = session.scalars(sa.select(RenditionRow).where(RenditionRow.asset_id == asset_id))
    return [_value(row) for row in rows]


def uploaded(session: Session, rendition_id: int, key: str, etag: str, now: datetime) -> None:
    """Note where a rendition is in the store."""
    session.execute(
        sa.update(RenditionRow)
        .where(RenditionRow.id == rendition_id)
        .values(store_key=key, etag=etag, uploaded_at=now)
    )


def forget(session: Session, asset_id: int) -> None:
    """Forget an asset's renditions, whose files are not what they were: they are made again when needed."""
    session.execute(sa.delete(RenditionRow).where(RenditionRow.asset_id == asset_id))


def has(kind: str, asset_id: InstrumentedAttribute[int]) -> sa.ColumnElement[bool]:
    """Return the condition that an asset has a rendition of *kind*."""
    return sa.exists().where(RenditionRow.asset_id == asset_id, RenditionRow.kind == kind)


def _value(row: RenditionRow) -> StoredRendition:
    return StoredRendition(
        row.id,
        row.asset_id,
        row.kind,
        row.path,
        row.media_type,
        row.size_bytes,
        row.sha256,
        row.duration_ms,
        row.store_key,
        row.etag,
    )
