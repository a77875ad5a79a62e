"""Queries over assets: what a folder holds, what changed, what became of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shotlog.domain.asset import Asset
from shotlog.domain.facts import MediaFacts
from shotlog.domain.state import ASSET, AssetState
from shotlog.errors import NotFound
from shotlog.store.tables.columns import table_of
from shotlog.store.tables.findings import AnnotationRow, SegmentRow
from shotlog.store.tables.library import AssetRow, RenditionRow

_COLUMNS = tuple(getattr(AssetRow, field.name) for field in dataclasses.fields(Asset))
_FACTS = tuple(field.name for field in dataclasses.fields(MediaFacts))
_BATCH = 500  # parameters of one statement: SQLite's limit is 32,766


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the library remembers of one file, to tell whether it changed."""

    id: int
    size_bytes: int
    mtime_ns: int
    missing: bool
    #: Seen before, but never probed to the end.
    pending: bool


@dataclass(frozen=True, slots=True)
class SeenFile:
    """One file as a scan found it."""

    path: str
    folder: str
    name: str
    size_bytes: int
    mtime_ns: int


def in_folder(session: Session, folder: str) -> dict[str, KnownFile]:
    """Return what is known directly in *folder*, by path."""
    rows = session.execute(
        sa.select(
            AssetRow.path,
            AssetRow.id,
            AssetRow.size_bytes,
            AssetRow.mtime_ns,
            AssetRow.missing_at,
            AssetRow.state,
        ).where(AssetRow.folder == folder)
    )
    return {
        path: KnownFile(id_, size, mtime, missing is not None, state == AssetState.NEW)
        for path, id_, size, mtime, missing, state in rows
    }


def by_path(session: Session, path: str) -> KnownFile | None:
    """Return what is known of one file."""
    row = session.execute(sa.select(AssetRow).where(AssetRow.path == path)).scalar_one_or_none()
    if row is None:
        return None
    return KnownFile(
        row.id, row.size_bytes, row.mtime_ns, row.missing_at is not None, row.state == AssetState.NEW
    )


def register(
    session: Session, files: Sequence[SeenFile], *, source_id: int, import_id: int, now: datetime
) -> None:
    """Add files that were never seen, as new assets."""
    if files:
        session.execute(
            sa.insert(table_of(AssetRow)),
            [
                {
                    "source_id": source_id,
                    "import_id": import_id,
                    "path": file.path,
                    "folder": file.folder,
                    "name": file.name,
                    "state": AssetState.NEW,
                    "size_bytes": file.size_bytes,
                    "mtime_ns": file.mtime_ns,
                    "added_at": now,
                }
                for file in files
            ],
        )


def mark_changed(session: Session, changed: Iterable[tuple[int, SeenFile]], *, import_id: int) -> None:
    """Make assets new again whose file is not what it was."""
    rows = [
        {
            "id": asset_id,
            "state": AssetState.NEW,
            "import_id": import_id,
            "size_bytes": file.size_bytes,
            "mtime_ns": file.mtime_ns,
            "missing_at": None,
            "failure_code": None,
            "failure_reason": None,
        }
        for asset_id, file in changed
    ]
    if rows:
        session.execute(sa.update(AssetRow), rows)


def mark_missing(session: Session, ids: Sequence[int], now: datetime | None) -> None:
    """Note that files are gone (or, without *now*, back); everything known of them stays."""
    for start in range(0, len(ids), _BATCH):
        session.execute(
            sa.update(AssetRow).where(AssetRow.id.in_(ids[start : start + _BATCH])).values(missing_at=now)
        )


def folders_under(session: Session, root: str) -> set[str]:
    """Return every folder at or under *root* of which a file is known, missing or not."""
    query = (
        sa.select(AssetRow.folder)
        .distinct()
        .where(sa.or_(AssetRow.folder == root, under(AssetRow.folder, root)))
    )
    return set(session.scalars(query))


def under(column: Any, root: str) -> sa.ColumnElement[bool]:
    """Return the condition that a path lies below *root*, as a range that an index serves."""
    stem = root.rstrip("/")
    return sa.and_(column >= f"{stem}/", column < f"{stem}0")  # "0" follows "/" in ASCII


def covered_by(paths: Sequence[str]) -> sa.ColumnElement[bool]:
    """Return the condition that an asset is one of *paths* or lies below one; no paths: every asset."""
    if not paths:
        return sa.true()
    return sa.or_(*(sa.or_(AssetRow.path == path, under(AssetRow.path, path)) for path in paths))


def set_ready(session: Session, asset_id: int, facts: MediaFacts, fingerprint: str, now: datetime) -> None:
    """Store what probing found; new content puts older results and renditions out of use."""
    row = _locked(session, asset_id)
    ASSET.check(row.state, AssetState.READY)
    if row.fingerprint not in (None, fingerprint):
        _forget_content(session, row)
    for name in _FACTS:
        setattr(row, name, getattr(facts, name))
    row.fingerprint, row.state, row.probed_at = fingerprint, AssetState.READY, now
    row.failure_code = row.failure_reason = None


def set_failed(session: Session, asset_id: int, code: str, reason: str, now: datetime) -> None:
    """Store why a file is refused."""
    row = _locked(session, asset_id)
    ASSET.check(row.state, AssetState.FAILED)
    row.state, row.failure_code, row.failure_reason, row.probed_at = AssetState.FAILED, code, reason, now


def absent_twins(session: Session, asset_id: int, fingerprint: str) -> list[tuple[int, str]]:
    """Return (id, path) of other ready assets with this content: one whose file is gone has moved here."""
    rows = session.execute(
        sa.select(AssetRow.id, AssetRow.path)
        .where(
            AssetRow.fingerprint == fingerprint, AssetRow.id != asset_id, AssetRow.state == AssetState.READY
        )
        .order_by(AssetRow.missing_at.is_(None), AssetRow.id)
        .limit(100)
    )
    return [(id_, path) for id_, path in rows]


def move(session: Session, newcomer_id: int, old_id: int, old_path: str) -> bool:
    """Give the older asset the newcomer's place: a moved or renamed file keeps everything.

    False says that it is not at *old_path* any more: another copy of it was found first.
    """
    old = _locked(session, old_id)
    if old.path != old_path:
        return False
    newcomer = _locked(session, newcomer_id)
    place = {
        name: getattr(newcomer, name)
        for name in ("path", "folder", "name", "size_bytes", "mtime_ns", "source_id")
    }
    session.delete(newcomer)
    session.flush()
    for name, value in place.items():
        setattr(old, name, value)
    old.missing_at = None
    return True


def get(session: Session, asset_id: int) -> Asset:
    """Return one asset.

    Raises:
        NotFound: there is none of this id.
    """
    row = session.execute(sa.select(*_COLUMNS).where(AssetRow.id == asset_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no asset ast_{asset_id}.")
    return Asset(*row)


def by_id(session: Session, ids: Sequence[int]) -> dict[int, Asset]:
    """Return the assets of these ids that there are."""
    found: dict[int, Asset] = {}
    for start in range(0, len(ids), _BATCH):
        query = sa.select(*_COLUMNS).where(AssetRow.id.in_(ids[start : start + _BATCH]))
        found |= {row[0]: Asset(*row) for row in session.execute(query)}
    return found


def many(
    session: Session, condition: sa.ColumnElement[bool], *, after: int = 0, limit: int = 100
) -> list[Asset]:
    """Return assets that match, in id order from *after*: a keyset page."""
    query = sa.select(*_COLUMNS).where(condition, AssetRow.id > after).order_by(AssetRow.id).limit(limit)
    return [Asset(*row) for row in session.execute(query)]


def count(session: Session, condition: sa.ColumnElement[bool]) -> int:
    """Count the assets that match."""
    return session.scalar(sa.select(sa.func.count()).select_from(AssetRow).where(condition)) or 0


def _locked(session: Session, asset_id: int) -> AssetRow:
    row = session.get(AssetRow, asset_id, with_for_update=True)
    if row is None:
        raise NotFound(f"There is no asset ast_{asset_id}.")
    return row


def _forget_content(session: Session, row: AssetRow) -> None:
    session.execute(sa.delete(RenditionRow).where(RenditionRow.asset_id == row.id))
    session.execute(sa.update(AnnotationRow).where(AnnotationRow.asset_id == row.id).values(current=False))
    session.execute(
        sa.delete(SegmentRow).where(SegmentRow.asset_id == row.id, SegmentRow.annotation_id.is_not(None))
    )
    row.analysed_at = None
