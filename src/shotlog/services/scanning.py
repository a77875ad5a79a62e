"""Find out what a folder holds and what changed since the last look; only changes are written."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shotlog.domain.clock import Clock
from shotlog.domain.state import ImportState
from shotlog.errors import NotFound
from shotlog.services.walking import Listing, see, walk
from shotlog.store import assets, imports
from shotlog.store.assets import KnownFile, SeenFile
from shotlog.store.database import Database

_FLUSH_AFTER = 5000  # changed files: one transaction each time


@dataclass
class ScanCounts:
    """What a scan found, in files."""

    found: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0
    problems: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass
class _Changes:
    new: list[SeenFile] = field(default_factory=list)
    changed: list[tuple[int, SeenFile]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.new) + len(self.changed) + len(self.gone) + len(self.back)


class Scanner:
    """Registers folders in place and read-only; every scan can run twice."""

    def __init__(self, database: Database, clock: Clock, *, exclude: Collection[str] = ()) -> None:
        self._database = database
        self._clock = clock
        self._exclude = exclude
        self._one_at_a_time = threading.Lock()

    def open_import(self, paths: Sequence[str], *, renditions: bool = True) -> int:
        """Open an import of *paths*, with or without renditions; the scan itself is ``scan``."""
        with self._database.write() as session:
            imports.library_uid(session, self._clock())  # a backup has it, so that its jobs are known again
            return imports.create(session, paths, self._clock(), renditions=renditions)

    def scan(self, import_id: int) -> ScanCounts:
        """Compare the import's paths with what is known, and write what changed; once for each import."""
        with self._one_at_a_time:  # two scans of one folder would both register what is new
            return self._scan(import_id)

    def _scan(self, import_id: int) -> ScanCounts:
        with self._database.read() as session:
            opened = imports.get(session, import_id)
        counts = ScanCounts()
        if opened.state != ImportState.SCANNING:
            return counts
        for path in opened.paths:
            with self._database.write() as session:
                source_id = imports.add_source(session, path, self._clock())
            self._scan_root(path, counts, import_id=import_id, source_id=source_id)
            with self._database.write() as session:
                imports.source_scanned(session, path, self._clock())
        with self._database.write() as session:
            imports.advance(
                session,
                import_id,
                ImportState.PROBING,
                self._clock(),
                found=counts.found,
                missing=counts.missing,
                problems=counts.problems,
            )
        return counts

    def preview(self, paths: Sequence[str]) -> ScanCounts:
        """Say what an import of *paths* would find, and write nothing."""
        counts = ScanCounts()
        for path in paths:
            self._scan_root(path, counts, import_id=None, source_id=None)
        return counts

    def _scan_root(
        self, root: str, counts: ScanCounts, *, import_id: int | None, source_id: int | None
    ) -> None:
        changes = _Changes()
        visited: set[str] = set()
        with self._database.read() as session:
            folders = assets.folders_under(session, root)
        for listing in _listings(root, self._exclude):
            visited.add(listing.folder)
            counts.found += len(listing.files)
            if listing.error is not None:
                counts.problems.append((listing.folder, "unreadable_folder", listing.error))
            self._compare(listing, self._known(listing.folder, root, folders), counts, changes)
            if len(changes) >= _FLUSH_AFTER:
                self._write(changes, import_id, source_id)
                changes = _Changes()
        self._find_lost_folders(folders - visited, counts, changes)
        self._write(changes, import_id, source_id)

    def _known(self, folder: str, root: str, folders: Collection[str]) -> dict[str, KnownFile]:
        """Return what is known of the files in *folder*; of a root that is a file, only of itself."""
        with self._database.read() as session:
            if folder in folders:
                return assets.in_folder(session, folder)
            if folder == os.path.dirname(root):
                one = assets.by_path(session, root)
                return {root: one} if one else {}
        return {}

    @staticmethod
    def _compare(
        listing: Listing, known: dict[str, KnownFile], counts: ScanCounts, changes: _Changes
    ) -> None:
        for file in listing.files:
            _sort(file, known.pop(file.path, None), counts, changes)
        if listing.error is None:
            gone = [file.id for file in known.values() if not file.missing]
            counts.missing += len(gone)
            changes.gone.extend(gone)

    def _find_lost_folders(self, unseen: Iterable[str], counts: ScanCounts, changes: _Changes) -> None:
        # A folder below an unreadable one is unknown, not lost; only what is really gone is missing.
        with self._database.read() as session:
            for folder in (folder for folder in unseen if not os.path.lexists(folder)):
                gone = [file.id for file in assets.in_folder(session, folder).values() if not file.missing]
                counts.missing += len(gone)
                changes.gone.extend(gone)

    def _write(self, changes: _Changes, import_id: int | None, source_id: int | None) -> None:
        if import_id is None or source_id is None or not len(changes):
            return
        now = self._clock()
        with self._database.write() as session:
            assets.register(session, changes.new, source_id=source_id, import_id=import_id, now=now)
            assets.mark_changed(session, changes.changed, import_id=import_id)
            assets.mark_missing(session, changes.gone, now)
            assets.mark_missing(session, changes.back, None)


def absolute(paths: Sequence[str | Path]) -> list[str]:
    """Return *paths* as they are stored: absolute, without links in their folders, none within another.

    Raises:
        NotFound: a path does not exist.
    """
    result: dict[str, None] = {}
    for path in paths:
        text = os.path.realpath(path)
        if not os.path.exists(text):
            raise NotFound(f"There is no {os.fspath(path)!r}.", hint="Give folders or files that exist.")
        result[text] = None
    return [path for path in result if not any(parent in result for parent in map(str, Path(path).parents))]


def _listings(root: str, exclude: Collection[str]) -> Iterable[Listing]:
    if os.path.isdir(root):
        return walk(root, exclude=exclude)
    try:
        file = see(root)
    except OSError as error:
        return [Listing(os.path.dirname(root), [], error.strerror or str(error))]
    return [Listing(file.folder, [file])]


def _sort(file: SeenFile, known: KnownFile | None, counts: ScanCounts, changes: _Changes) -> None:
    if known is None:
        counts.new += 1
        changes.new.append(file)
    elif known.pending or (known.size_bytes, known.mtime_ns) != (file.size_bytes, file.mtime_ns):
        counts.changed += 1
        changes.changed.append((known.id, file))
    else:
        counts.unchanged += 1
        if known.missing:
            changes.back.append(known.id)
