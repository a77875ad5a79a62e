"""Queries over the library itself, its sources and its imports."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shotlog.domain.state import IMPORT, AssetState, ImportState
from shotlog.errors import NotFound
from shotlog.store.assets import covered_by
from shotlog.store.tables.columns import path_to_text, text_to_path
from shotlog.store.tables.library import AssetRow, ImportRow, LibraryRow, SourceRow


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that is no usable asset, and why."""

    path: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Import:
    """One import as it stands."""

    id: int
    paths: tuple[str, ...]
    state: str
    renditions: bool
    found: int
    moved: int
    missing: int
    problems: tuple[Refusal, ...]


def library_uid(session: Session, now: datetime) -> str:
    """Return the installation's own random id, made at the first call."""
    uid = session.scalar(sa.select(LibraryRow.uid).where(LibraryRow.id == 1))
    if uid is None:
        uid = uuid.uuid4().hex[:12]
        session.add(LibraryRow(id=1, uid=uid, created_at=now))
        session.flush()
    return uid


def add_source(session: Session, path: str, now: datetime) -> int:
    """Register a folder or file, once."""
    found = session.scalar(sa.select(SourceRow.id).where(SourceRow.path == path))
    if found is not None:
        return found
    row = SourceRow(path=path, added_at=now)
    session.add(row)
    session.flush()
    return row.id


def source_scanned(session: Session, path: str, now: datetime) -> None:
    """Note when a source was last read through."""
    session.execute(sa.update(SourceRow).where(SourceRow.path == path).values(scanned_at=now))


def create(session: Session, paths: Sequence[str], now: datetime, *, renditions: bool) -> int:
    """Open an import of *paths*, with or without the renditions of what it finds."""
    row = ImportRow(
        paths=[path_to_text(path) for path in paths],
        state=ImportState.SCANNING,
        renditions=renditions,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def get(session: Session, import_id: int) -> Import:
    """Return one import.

    Raises:
        NotFound: there is none of this id.
    """
    row = session.get(ImportRow, import_id)
    if row is None:
        raise NotFound(f"There is no import imp_{import_id}.")
    problems = tuple(Refusal(text_to_path(path), code, reason) for path, code, reason in row.problems)
    return Import(
        id=row.id,
        paths=tuple(map(text_to_path, row.paths)),
        state=row.state,
        renditions=row.renditions,
        found=row.found,
        moved=row.moved,
        missing=row.missing,
        problems=problems,
    )


def open_imports(session: Session) -> list[int]:
    """Return the imports that are not done, oldest first."""
    query = sa.select(ImportRow.id).where(ImportRow.state.in_(IMPORT.open_states())).order_by(ImportRow.id)
    return list(session.scalars(query))


def advance(session: Session, import_id: int, new: ImportState, now: datetime, **facts: Any) -> None:
    """Write an import's next state, with what is now known of it."""
    row = session.get(ImportRow, import_id, with_for_update=True)
    if row is None:
        raise NotFound(f"There is no import imp_{import_id}.")
    IMPORT.check(row.state, new)
    row.state = new
    for name, value in facts.items():
        setattr(row, name, value)
    if IMPORT.is_terminal(new):
        row.ended_at = now


def count_moved(session: Session, import_id: int) -> None:
    """Count one file that turned out to be an old one in a new place."""
    session.execute(sa.update(ImportRow).where(ImportRow.id == import_id).values(moved=ImportRow.moved + 1))


def imported(session: Session, import_id: int) -> int:
    """Count the assets that this import added or renewed, and that are usable."""
    query = sa.select(sa.func.count()).select_from(AssetRow)
    return (
        session.scalar(query.where(AssetRow.import_id == import_id, AssetRow.state == AssetState.READY)) or 0
    )


def refusals(session: Session, paths: Sequence[str]) -> list[Refusal]:
    """Return every refused file at or under *paths*, in path order."""
    query = (
        sa.select(AssetRow.path, AssetRow.failure_code, AssetRow.failure_reason)
        .where(covered_by(paths), AssetRow.state == AssetState.FAILED, AssetRow.missing_at.is_(None))
        .order_by(AssetRow.path)
    )
    return [Refusal(path, code or "", reason or "") for path, code, reason in session.execute(query)]
