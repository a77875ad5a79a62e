"""Cut files into the chunks that become batch jobs, each within what one job may hold.

Nothing here reads a clock, a database or a network: a plan depends on the files, their order and the
limits alone, so a plan that is made again after a crash is the same plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from shotlog.batch.partition import BatchLimits, chunk_lengths
from shotlog.errors import FileTooLarge, Invalid

__all__ = [
    "BatchChunk",
    "BatchFile",
    "BatchLimits",
    "chunk_lengths",
    "estimate_chunk_count",
    "iter_chunks",
    "split_batch_by_size",
]

_DEFAULT = BatchLimits()
_TIMESTAMP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class BatchFile:
    """One file to be analysed, by the proxy that stands for it in the store."""

    #: The caller's own number of the file.
    file_id: int
    proxy_s3_key: str
    #: Size of the proxy in bytes.
    proxy_size: int


@dataclass(frozen=True, slots=True)
class BatchChunk:
    """The files of one batch job, in order; the three lists run side by side."""

    #: Place of the chunk in its run, from 1.
    chunk_index: int
    file_ids: list[int]
    proxy_s3_keys: list[str]
    #: Sizes of the proxies in bytes.
    proxy_sizes: list[int]
    #: Folder that belongs to this chunk alone: ``nova_batch/job_{timestamp}_{chunk_index:03d}``.
    s3_folder: str
    #: The chunk cannot reach the minimum of records, so the provider would refuse it as a job.
    below_minimum: bool = False

    @property
    def total_size_bytes(self) -> int:
        """Return how many bytes of media the job reads."""
        return sum(self.proxy_sizes)


def split_batch_by_size(
    files: Iterable[BatchFile], timestamp: str, limits: BatchLimits = _DEFAULT
) -> list[BatchChunk]:
    """Cut *files*, in order, into chunks that never break a maximum of *limits*.

    Where a cut exists that leaves no chunk below the minimum, that one is used; otherwise as few
    records as possible are in chunks that say ``below_minimum``. *timestamp* (``YYYYMMDD_HHMMSS``)
    names the folders and must be the run's own.

    Raises:
        FileTooLarge: a file fits no job; ``file_id`` says which, so that it can be taken out first.
        Invalid: a size is negative, or *timestamp* cannot be part of a key.

    >>> files = [BatchFile(i, f"proxies/{i}.mp4", 1_000_000) for i in range(1, 402)]
    >>> [(chunk.s3_folder, len(chunk.file_ids)) for chunk in split_batch_by_size(files, "20260101_120000")]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('nova_batch/job_20260101_120000_001', 150),
     ('nova_batch/job_20260101_120000_002', 150),
     ('nova_batch/job_20260101_120000_003', 101)]
    """
    row = list(files)
    try:
        lengths = chunk_lengths((file.proxy_size for file in row), limits)
    except FileTooLarge as error:
        file = row[error.file_id]
        raise FileTooLarge(
            f"File {file.file_id} ({file.proxy_s3_key}) has {file.proxy_size:,} bytes;"
            f" a job holds {limits.max_bytes:,}.",
            file_id=file.file_id,
            hint="Take the file out of the batch and analyse it on demand, or make a smaller proxy.",
        ) from error
    return list(iter_chunks(row, timestamp, lengths, limits))


def iter_chunks(
    files: Iterable[BatchFile], timestamp: str, lengths: Sequence[int], limits: BatchLimits = _DEFAULT
) -> Iterator[BatchChunk]:
    """Yield the chunks of *files* one at a time, as `chunk_lengths` has cut them.

    This is `split_batch_by_size` for more files than one wants to hold: read the sizes once for the
    lengths, then the files once for the chunks, in the same order.

    Raises:
        Invalid: there are more or fewer files than *lengths* say, or *timestamp* cannot be part of a key.
    """
    if not _TIMESTAMP.fullmatch(timestamp):
        raise Invalid(f"{timestamp!r} cannot be part of a folder's name.", hint="Use YYYYMMDD_HHMMSS.")
    rest = iter(files)
    for index, length in enumerate(lengths, start=1):
        chunk = list(islice(rest, length))
        if len(chunk) != length:
            raise Invalid("There are fewer files now than when they were cut into chunks.")
        yield BatchChunk(
            chunk_index=index,
            file_ids=[file.file_id for file in chunk],
            proxy_s3_keys=[file.proxy_s3_key for file in chunk],
            proxy_sizes=[file.proxy_size for file in chunk],
            s3_folder=f"nova_batch/job_{timestamp}_{index:03d}",
            below_minimum=length < limits.min_records,
        )
    if next(rest, None) is not None:
        raise Invalid("There are more files now than when they were cut into chunks.")


def estimate_chunk_count(total_files: int, total_bytes: int, limits: BatchLimits = _DEFAULT) -> int:
    """Return the fewest chunks that so many files of so many bytes can make; 0 for nothing.

    The split never makes fewer. It makes more where large files do not fill a chunk to the brim.

    >>> estimate_chunk_count(400, 400_000_000)
    3
    """
    if total_files <= 0:
        return 0
    by_records = -(-total_files // limits.max_records)
    by_bytes = -(-max(total_bytes, 0) // limits.max_bytes)
    return max(by_records, by_bytes)
