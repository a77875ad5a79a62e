"""Clean up after batch jobs: raw outputs are archived first, and only what is proven safe is deleted."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from shotlog.batch.cleanup import cleanup_batch_folder
from shotlog.domain.clock import Clock
from shotlog.domain.job_state import JobStatus
from shotlog.domain.ports import BatchProvider, BlobStore
from shotlog.domain.run import BatchJob
from shotlog.errors import AppError, Conflict, Unavailable
from shotlog.services import inventory
from shotlog.services.archiving import archive
from shotlog.services.inventory import ARCHIVE, OUTPUT, Amount, Folder, Held, Inventory
from shotlog.store import jobs
from shotlog.store.database import Database

#: Folders that are looked up in the library at once.
_AT_ONCE = 500
#: A job that was submitted longer ago has ended: none may wait and run for more than a week.
_JOBS_LAST = timedelta(days=14)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Failed:
    """A folder that could not be cleaned; what is left of it stays due."""

    folder: str
    code: str
    reason: str

    def to_json(self) -> dict[str, str]:
        """Return the failure as ``--json`` prints it."""
        return {"folder": self.folder, "code": self.code, "reason": self.reason}


@dataclass(slots=True)
class CleanUp:
    """What a clean-up did, or in a preview: what it would do."""

    dry_run: bool
    cleaned: list[Folder] = field(default_factory=list)
    skipped: list[Folder] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the account as ``storage clean --json`` prints it; outputs count as they were, unpacked."""
        archived = [folder for folder in self.cleaned if folder.output.objects]
        return {
            "dry_run": self.dry_run,
            "cleaned": _counted(self.cleaned, sum((folder.held for folder in self.cleaned), Amount())),
            "archived": _counted(archived, sum((folder.output for folder in archived), Amount())),
            "skipped": [{"folder": folder.name, "reason": folder.reason} for folder in self.skipped],
            "failed": [failed.to_json() for failed in self.failed],
        }


class Cleaner:
    """Takes stock of the folders of jobs, and cleans up; all of it can be repeated after a kill at any point.

    Args:
        provider: is asked, before an orphan goes, whether a job still reads it.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        store: Callable[[], BlobStore],
        provider: Callable[[], BatchProvider] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._store = store
        self._provider = provider

    def inventory(self) -> Inventory:
        """Say what lies in the folders of jobs, whose it is, and what may go; nothing is written."""
        return Inventory(self._folders(orphans=False), inventory.list_archive(self._store()))

    def clean(self, *, dry_run: bool, orphans: bool = False, only: Collection[str] | None = None) -> CleanUp:
        """Clean every folder that is safe, archiving its output first; a preview deletes and writes nothing.

        A folder that fails is told of, and keeps no other from being cleaned.

        Args:
            orphans: clean folders that no chunk knows, too, once they have rested for a day.
            only: leave all folders alone but these, which somebody has agreed to.
        """
        done = CleanUp(dry_run)
        for folder in self._folders(orphans=orphans):
            if not folder.safe:
                done.skipped.append(folder)
                continue
            if only is not None and folder.name not in only:
                continue
            try:
                if not dry_run:
                    self._clean(folder)
            except AppError as error:
                _log.warning("folder_not_cleaned", folder=folder.name, reason=error.message)
                reason = error.whole
                done.failed.append(Failed(folder.name, error.code, reason))
            else:
                done.cleaned.append(folder)
        return done

    def _folders(self, *, orphans: bool) -> list[Folder]:
        """Return what the store holds, and chunks of which nothing is left but to write that down."""
        found = inventory.list_folders(self._store())
        chunks = self._chunks(found)
        for name in chunks:
            found.setdefault(name, Held())
        now = self._clock()
        unknown = [name for name in found if name not in chunks]
        in_use = self._in_use(unknown) if orphans and unknown else {}
        return [
            inventory.of_chunk(name, held, chunks[name], now)
            if name in chunks
            else inventory.of_orphan(name, held, now, confirmed=orphans, in_use=in_use.get(name, ""))
            for name, held in sorted(found.items())
        ]

    def _chunks(self, found: Collection[str]) -> dict[str, BatchJob]:
        """Return the chunks that these folders belong to, and those that are safe and not yet marked."""
        names = iter(found)
        with self._database.read() as session:
            due = jobs.get_cleanable_batch_jobs(session)
            chunks = {job.s3_folder: job for job in due if inventory.is_job_folder(job.s3_folder)}
            while some := list(itertools.islice(names, _AT_ONCE)):
                chunks |= jobs.by_folder(session, some)
        return chunks

    def _in_use(self, names: Collection[str]) -> Mapping[str, str]:
        """Return why orphans may still be needed: a job that has not ended reads or writes there."""
        if self._provider is None:
            return {}
        try:
            since = self._clock() - _JOBS_LAST
            running = [job for job in self._provider().list(since=since) if not job.state.terminal]
        except AppError as error:
            return dict.fromkeys(names, f"The provider cannot be asked whether it is in use: {error.message}")
        store = self._store()
        found = ((name, _job_at(store, name, running)) for name in names)
        return {name: f"The provider's job {job.name} is at work on it." for name, job in found if job}

    def _clean(self, folder: Folder) -> None:
        store = self._store()
        self._check(folder)
        output = f"{OUTPUT}{folder.name}"
        kept = _archive(store, output)
        _delete(store, folder.name)
        if cleanup_batch_folder(store, output).objects != kept.objects:
            raise Conflict(f"{output}/ was written to while it was archived.", hint="Clean up again.")
        _delete(store, output)
        if folder.chunk is not None:
            with self._database.write() as session:
                jobs.mark_batch_job_cleaned(session, folder.chunk.id, self._clock())
        _log.info("folder_cleaned", folder=folder.name, objects=folder.held.objects, archived=kept.objects)

    def _check(self, folder: Folder) -> None:
        """Make sure that the folder is still whose it was when stock was taken, and still safe."""
        with self._database.read() as session:
            chunk = jobs.by_folder(session, [folder.name]).get(folder.name)
        same = chunk is None if folder.chunk is None else chunk and chunk.id == folder.chunk.id
        if not same or (chunk and not inventory.judge(chunk)[0]):
            raise Conflict(f"{folder.name} has come into use meanwhile.")


def _archive(store: BlobStore, output: str) -> Amount:
    """Archive all that the provider wrote, whatever it is called, and return how much that was."""
    kept = Amount()
    for info in store.list(f"{output}/"):
        archive(store, info, f"{ARCHIVE}{info.key.removeprefix(OUTPUT)}.gz")
        kept += Amount(1, info.size_bytes)
    return kept


def _delete(store: BlobStore, folder: str) -> None:
    left = cleanup_batch_folder(store, folder, dry_run=False).remaining
    if left:
        raise Unavailable(f"{left:,} objects are still in {folder}/ after it was deleted.")


def _job_at(store: BlobStore, name: str, running: Collection[JobStatus]) -> JobStatus | None:
    """Return a job that reads or writes an orphan."""
    ours = [store.uri(name), store.uri(f"{OUTPUT}{name}")]
    return next((job for job in running if any(_touches(job, uri) for uri in ours)), None)


def _touches(job: JobStatus, uri: str) -> bool:
    return any(theirs and inventory.overlap(theirs, uri) for theirs in (job.input_uri, job.output_uri))


def _counted(folders: Collection[Folder], amount: Amount) -> dict[str, int]:
    return {"jobs": len(folders), **amount.to_json()}
