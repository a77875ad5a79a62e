"""What batch jobs have left in the store: whose each folder is, and whether it may go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shotlog.domain.clock import utc_text
from shotlog.domain.ports import BlobStore
from shotlog.domain.run import BatchJob
from shotlog.domain.state import ChunkState

#: Where the folders of jobs stand, what the provider wrote for them, and what is kept of that.
INPUT, OUTPUT, ARCHIVE = "nova_batch/", "nova/batch/output/", "nova/batch/archive/"
#: Objects that are no job's own (a stranger's file, say) are neither counted nor ever deleted.
_JOB_FOLDER = re.compile(r"nova_batch/job_[A-Za-z0-9][A-Za-z0-9_-]*(?=/.|$)")
#: What nobody knows may be another installation's that has only just begun.
_ORPHANS_REST = timedelta(days=1)

_REASONS = {
    ChunkState.PLANNED: "Its chunk is still to be staged.",
    ChunkState.STAGED: "Its chunk is still to be submitted.",
    ChunkState.SUBMITTING: "Its job is being asked for.",
    ChunkState.SUBMITTED: "Its job has not ended.",
    ChunkState.ENDED: "Its results are still to be collected.",
    ChunkState.COLLECTED: "Its job has ended, and its results are in the library.",
}
_NEVER_A_JOB = "Its chunk failed before it became a job."
_LEFT_ALONE = "Its chunk failed, but has a job whose results nobody has collected."


@dataclass(frozen=True, slots=True)
class Amount:
    """Objects, and the bytes that they have together."""

    objects: int = 0
    total_bytes: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.objects + other.objects, self.total_bytes + other.total_bytes)

    def to_json(self) -> dict[str, int]:
        """Return the amount as ``--json`` prints it."""
        return {"objects": self.objects, "bytes": self.total_bytes}


@dataclass(slots=True)
class Held:
    """What the store holds of one job: a value that grows while the store is listed."""

    input: Amount = field(default_factory=Amount)
    output: Amount = field(default_factory=Amount)
    newest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of a job, with its output: what it holds, whose it is, and whether it may go."""

    name: str
    input: Amount
    output: Amount
    #: When the youngest object was written; None where nothing is left.
    newest_at: datetime | None
    #: How long ago that was.
    age: timedelta | None
    #: The chunk that it belongs to; None for an orphan.
    chunk: BatchJob | None
    #: Whether it is proven that nobody needs it any more.
    safe: bool
    reason: str

    @property
    def held(self) -> Amount:
        """Return what a clean-up of it deletes."""
        return self.input + self.output

    def to_json(self) -> dict[str, Any]:
        """Return the folder as ``--json`` prints it."""
        newest = self.newest_at
        return {
            "folder": self.name,
            "state": self.chunk.state if self.chunk else "orphan",
            "job_state": self.chunk.provider_state if self.chunk else None,
            "objects": self.input.objects,
            "bytes": self.input.total_bytes,
            "output_objects": self.output.objects,
            "output_bytes": self.output.total_bytes,
            "newest_at": utc_text(newest),
            "safe": self.safe,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Inventory:
    """All folders of jobs, by name, and what is kept of those that went."""

    folders: Sequence[Folder]
    archive: Amount

    def to_json(self) -> dict[str, Any]:
        """Return the inventory as ``storage show --json`` prints it."""
        safe = [folder for folder in self.folders if folder.safe]
        return {
            "folders": sum(folder.held.objects > 0 for folder in self.folders),
            "input": _sum(folder.input for folder in self.folders).to_json(),
            "output": _sum(folder.output for folder in self.folders).to_json(),
            "archive": self.archive.to_json(),
            "cleanable": {"jobs": len(safe), **_sum(folder.held for folder in safe).to_json()},
            "jobs": [folder.to_json() for folder in self.folders],
        }


def list_folders(store: BlobStore) -> dict[str, Held]:
    """Return what the store holds of each job, in one pass over the inputs and one over the outputs."""
    found: dict[str, Held] = {}
    for name, size_bytes, modified_at in _owned(store, INPUT, ""):
        held = found.setdefault(name, Held())
        held.input += Amount(1, size_bytes)
        held.newest_at = max(held.newest_at or modified_at, modified_at)
    for name, size_bytes, modified_at in _owned(store, OUTPUT, OUTPUT):
        held = found.setdefault(name, Held())
        held.output += Amount(1, size_bytes)
        held.newest_at = max(held.newest_at or modified_at, modified_at)
    return found


def is_job_folder(name: str) -> bool:
    """Tell whether a folder is one that we make: an adopted job's may be anywhere, and is left alone.

    >>> is_job_folder("nova_batch/job_20260101_120000_001"), is_job_folder("films")
    (True, False)
    """
    return _JOB_FOLDER.fullmatch(name) is not None


def list_archive(store: BlobStore) -> Amount:
    """Return how much is kept of outputs whose folders went."""
    return _sum(Amount(1, info.size_bytes) for info in store.list(ARCHIVE))


def of_chunk(name: str, held: Held, chunk: BatchJob, now: datetime) -> Folder:
    """Return the folder of one of our chunks, judged by the chunk's state."""
    return _folder(name, held, chunk, now, judge(chunk))


def judge(chunk: BatchJob) -> tuple[bool, str]:
    """Tell whether nobody needs a chunk's folder any more, and why (as ``get_cleanable_batch_jobs`` does)."""
    if chunk.state == ChunkState.FAILED:
        never = chunk.job_arn is None
        return never, _NEVER_A_JOB if never else _LEFT_ALONE
    return chunk.state == ChunkState.COLLECTED, _REASONS[ChunkState(chunk.state)]


def of_orphan(name: str, held: Held, now: datetime, *, confirmed: bool, in_use: str) -> Folder:
    """Return a folder that no chunk knows: it may go if that is asked for and nobody can be at work on it.

    Args:
        in_use: why the provider may still need it; empty when it does not.
    """
    rests = held.newest_at is not None and now - held.newest_at > _ORPHANS_REST
    if not rests:
        reason = "No run of this library knows it, and it was written to within a day."
    elif in_use:
        reason = in_use
    elif confirmed:
        reason = "No run of this library knows it, and nothing was written to it for a day."
    else:
        reason = "No run of this library knows it; it goes only when orphans are asked for."
    return _folder(name, held, None, now, (confirmed and rests and not in_use, reason))


def overlap(uri: str, other: str) -> bool:
    """Tell whether one of two URIs is the other, or lies in it.

    >>> overlap("s3://b/job_001/", "s3://b/job_001/manifest.jsonl"), overlap("s3://b/job_001", "s3://b/job_0010")
    (True, False)
    """
    one, two = f"{uri.rstrip('/')}/", f"{other.rstrip('/')}/"
    return one.startswith(two) or two.startswith(one)


def _owned(store: BlobStore, root: str, above: str) -> Iterator[tuple[str, int, datetime]]:
    """Yield the objects below *root* that are a job's, with its folder's name; *above* stands before that."""
    for info in store.list(root):
        if (found := _JOB_FOLDER.match(info.key, len(above))) and found.end() < len(info.key):
            yield found[0], info.size_bytes, info.modified_at


def _folder(
    name: str, held: Held, chunk: BatchJob | None, now: datetime, verdict: tuple[bool, str]
) -> Folder:
    age = None if held.newest_at is None else now - held.newest_at
    return Folder(name, held.input, held.output, held.newest_at, age, chunk, *verdict)


def _sum(amounts: Iterable[Amount]) -> Amount:
    return sum(amounts, Amount())
