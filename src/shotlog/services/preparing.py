"""Probe new files and make their renditions: what a file says of itself, and its small copies."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session

from shotlog.domain.asset import Asset
from shotlog.domain.clock import Clock
from shotlog.domain.rendition import Rendition
from shotlog.domain.segments import name_segments
from shotlog.domain.state import AssetState, ImportState
from shotlog.errors import Interrupted, MediaCrashed, MediaRefused
from shotlog.media.tool import Inspection, MediaTool
from shotlog.services.file_work import Apply, FileWork, always
from shotlog.store import assets, findings, imports, records, renditions, runs, work
from shotlog.store.database import Database
from shotlog.store.tables.library import AssetRow
from shotlog.store.work import WorkItem

_MOST_ATTEMPTS = 3
_T = TypeVar("_T")


class Preparer:
    """Turns registered files into assets that can be looked at.

    Args:
        folder: where renditions are kept, inside the installation's home.
    """

    def __init__(
        self, database: Database, clock: Clock, tool: MediaTool, *, folder: Path, threads: int
    ) -> None:
        self._database = database
        self._clock = clock
        self._tool = tool
        self._folder = folder
        self._threads = threads

    def probe_due(self, import_id: int, *, stop: threading.Event) -> None:
        """Probe every new file that an import found, then go on to its renditions, or call it done.

        Raises:
            Interrupted: *stop* was set first; what is not probed stays due.
        """
        with self._database.read() as session:
            opened = imports.get(session, import_id)
        if opened.state != ImportState.PROBING:
            return
        with self._database.write() as session:
            work.derive(
                session, "probe", and_(AssetRow.state == AssetState.NEW, AssetRow.missing_at.is_(None))
            )
        self._drain("probe", lambda item: self._probe(item, import_id, stop), stop)
        then = ImportState.RENDERING if opened.renditions else ImportState.DONE
        with self._database.write() as session:
            imports.advance(session, import_id, then, self._clock())

    def render_import(self, import_id: int, *, stop: threading.Event) -> None:
        """Make the renditions that are missing at or under an import's paths, and call it done.

        Raises:
            Interrupted: *stop* was set first; what is not made stays due.
        """
        with self._database.read() as session:
            opened = imports.get(session, import_id)
        if opened.state != ImportState.RENDERING:
            return
        due = and_(
            AssetRow.state == AssetState.READY,
            AssetRow.missing_at.is_(None),
            ~renditions.has("proxy", AssetRow.id),
            assets.covered_by(opened.paths),
        )
        self._render(due, stop)
        with self._database.write() as session:
            imports.advance(session, import_id, ImportState.DONE, self._clock())

    def render_run(self, run_id: int, *, stop: threading.Event) -> None:
        """Make the renditions that one run still waits for; those of a cancelled run are left.

        Raises:
            Interrupted: *stop* was set first; what is not made stays due.
        """

        def wanted() -> bool:
            with self._database.read() as session:
                return not runs.get(session, run_id).cancelling

        if wanted():
            self._render(records.due_for_rendering(run_id), stop, wanted)

    def _render(
        self, due: ColumnElement[bool], stop: threading.Event, wanted: Callable[[], bool] = always
    ) -> None:
        with self._database.write() as session:
            work.derive(session, "render", due)
        self._drain("render", lambda item: self._make_renditions(item, stop), stop, wanted)

    def _drain(
        self,
        kind: str,
        handle: Callable[[WorkItem], Apply],
        stop: threading.Event,
        wanted: Callable[[], bool] = always,
    ) -> None:
        self._file_work().drain(kind, handle, stop=stop, wanted=wanted)
        if stop.is_set():
            raise Interrupted

    def _file_work(self) -> FileWork:
        return FileWork(self._database, self._clock, threads=self._threads)

    def _asset(self, item: WorkItem) -> Asset:
        with self._database.read() as session:
            return assets.get(session, item.asset_id)

    def _probe(self, item: WorkItem, import_id: int, stop: threading.Event) -> Apply:
        asset = self._asset(item)
        try:
            found = _with_patience(item, lambda: self._tool.inspect(Path(asset.path)))
        except MediaRefused as error:
            return self._refusal(asset, error, stop)
        with self._database.read() as session:
            twins = assets.absent_twins(session, asset.id, found.fingerprint)
        moved_from = next((twin for twin in twins if not os.path.lexists(twin[1])), None)
        return lambda session: self._settle(session, asset, found, moved_from, import_id)

    def _settle(
        self,
        session: Session,
        asset: Asset,
        found: Inspection,
        moved_from: tuple[int, str] | None,
        import_id: int,
    ) -> None:
        asset_id = asset.id
        new = asset.fingerprint is None
        if new and moved_from is not None and assets.move(session, asset.id, *moved_from):
            imports.count_moved(session, import_id)
            asset_id = moved_from[0]
        else:
            assets.set_ready(session, asset.id, found.facts, found.fingerprint, self._clock())
        findings.replace_names(
            session,
            asset_id,
            [(piece.field, piece.text, None, None) for piece in name_segments(asset.name, asset.folder)],
        )

    def _make_renditions(self, item: WorkItem, stop: threading.Event) -> Apply:
        asset = self._asset(item)
        relative = Path(f"{asset.id // 1000:06d}")
        try:
            made = _with_patience(
                item, lambda: self._tool.render(Path(asset.path), self._folder / relative, str(asset.id))
            )
        except MediaRefused as error:
            return self._refusal(asset, error, stop)
        return lambda session: self._keep(session, asset.id, relative, made)

    def _keep(self, session: Session, asset_id: int, relative: Path, made: list[Rendition]) -> None:
        pairs = [(rendition, str(relative / rendition.path.name)) for rendition in made]
        renditions.replace(session, asset_id, pairs, self._clock())

    def _refusal(self, asset: Asset, error: MediaRefused, stop: threading.Event) -> Apply:
        if stop.is_set():  # the media processes are being ended: that says nothing about the file
            raise Interrupted from error
        now = self._clock()
        if not os.path.lexists(asset.path):
            return lambda session: assets.mark_missing(session, [asset.id], now)
        return lambda session: assets.set_failed(session, asset.id, error.code, error.message, now)


def _with_patience(item: WorkItem, look: Callable[[], _T]) -> _T:
    """Open a file again when its process died: once is chance, three times is the file."""
    for _ in range(item.attempts, _MOST_ATTEMPTS):
        try:
            return look()
        except MediaCrashed:
            continue
    return look()
