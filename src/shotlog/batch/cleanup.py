"""Take an inventory of a chunk's folder, and delete it when asked to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from shotlog.domain.ports import BlobStore
from shotlog.errors import Invalid

#: A folder of one job, wherever it stands: nothing else can be cleaned by name.
_JOB_FOLDER = re.compile(r"([A-Za-z0-9_-][A-Za-z0-9._-]*/)*job_[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Cleanup:
    """What a folder held, and what is left of it."""

    s3_folder: str
    #: Objects and bytes that were there before.
    objects: int
    total_bytes: int
    #: When the youngest of them was written; None for an empty folder.
    newest_at: datetime | None
    #: Objects that were deleted; 0 in a dry run.
    deleted: int
    #: Objects that a second listing still found.
    remaining: int
    dry_run: bool

    @property
    def done(self) -> bool:
        """Say whether the folder is proven to be empty."""
        return self.remaining == 0


def cleanup_batch_folder(store: BlobStore, s3_folder: str, *, dry_run: bool = True) -> Cleanup:
    """Count what a job's folder holds and, unless *dry_run*, delete it and look again.

    The prefix always ends in ``/``, so that ``job_..._001`` never takes ``job_..._0010`` along
    (regression S19). Whether the job is over and its results are safe is for the caller to know.

    Raises:
        Invalid: *s3_folder* is not the folder of a job; proxies and whole stores cannot be cleaned so.
    """
    folder = s3_folder.removesuffix("/")
    if not _JOB_FOLDER.fullmatch(folder):
        raise Invalid(f"{s3_folder!r} is not the folder of a job.")
    prefix = f"{folder}/"
    objects, total_bytes = 0, 0
    newest_at: datetime | None = None
    for info in store.list(prefix):
        objects += 1
        total_bytes += info.size_bytes
        newest_at = max(newest_at or info.modified_at, info.modified_at)
    deleted, remaining = 0, objects
    if not dry_run:
        deleted = store.delete_prefix(prefix)
        remaining = sum(1 for _ in store.list(prefix))
    return Cleanup(folder, objects, total_bytes, newest_at, deleted, remaining, dry_run)
