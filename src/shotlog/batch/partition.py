"""Cut a row of file sizes into runs that fit a batch job, in order and as well as it can be done.

Filling each chunk to the brim is right nearly always, and wrong at the end: 301 files with a minimum
of 100 and a maximum of 150 would leave a last chunk of one. So the greedy cut is tried first and only
its last few chunks are cut anew, by dynamic programming over the possible borders; if those few cannot
be mended, more of them are, and in the end all. Both passes are linear and hold a few machine words a
file, so a million files take seconds.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shotlog.errors import FileTooLarge, Invalid

#: A cost is records in short chunks, then chunks, in one integer that compares in that order.
_SHORT = 1 << 32
#: How many of the last chunks are cut anew first, and how much further each next try reaches.
_FIRST_TRY, _REACH = 8, 8


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """What one batch job may hold, by records and by the bytes of the media they name."""

    #: Fewest records in a job; the provider refuses a job with less.
    min_records: int = 100
    #: Most records in a job.
    max_records: int = 150
    #: Most bytes in a job: 5 x 1024^3 less 10 %, which leaves room for the manifest.
    max_bytes: int = 4_831_838_208

    def __post_init__(self) -> None:
        """Refuse limits that no job can meet."""
        if not (0 <= self.min_records <= self.max_records and self.max_records >= 1 and self.max_bytes >= 1):
            raise Invalid(f"No job can meet these limits: {self}.")


def chunk_lengths(sizes: Iterable[int], limits: BatchLimits = BatchLimits()) -> list[int]:
    """Return how many files each chunk holds, for files of *sizes* bytes, in order.

    No chunk has more records or bytes than *limits* allow. Of all such cuts the one with the fewest
    records in chunks below the minimum is returned (none, wherever that is possible), of those one
    with the fewest chunks, of those the one whose first chunks are the fullest. The result depends on
    nothing else, so planning again gives the same chunks.

    Raises:
        FileTooLarge: a file is larger than a job; ``file_id`` is its position in *sizes*.
        Invalid: a size is negative.

    >>> chunk_lengths([1] * 301, BatchLimits(min_records=100, max_records=150))
    [101, 100, 100]
    """
    row = array("q")
    for position, size in enumerate(sizes):
        if size < 0:
            raise Invalid(f"File {position} has a negative size.")
        if size > limits.max_bytes:
            raise FileTooLarge(
                f"File {position} has {size:,} bytes; a job holds {limits.max_bytes:,}.", file_id=position
            )
        row.append(size)
    greedy = _fill(row, limits)
    if all(length >= limits.min_records for length in greedy):
        return greedy
    return _mend(row, greedy, limits)


def _fill(sizes: Sequence[int], limits: BatchLimits) -> list[int]:
    """Cut greedily: this gives the fewest chunks that there can be, and the fullest first ones."""
    lengths = []
    records = held = 0
    for size in sizes:
        if records == limits.max_records or held + size > limits.max_bytes:
            lengths.append(records)
            records = held = 0
        records += 1
        held += size
    if records:
        lengths.append(records)
    return lengths


def _mend(sizes: array[int], greedy: list[int], limits: BatchLimits) -> list[int]:
    """Cut the last chunks of *greedy* anew, as few of them as will do.

    A cut that keeps the first greedy chunks, needs no more chunks than greedy and leaves none below
    the minimum is the best of all cuts: nothing can have fewer chunks or fuller first ones.
    """
    reach = _FIRST_TRY
    while reach < len(greedy):
        kept, redone = greedy[:-reach], greedy[-reach:]
        if min(kept) < limits.min_records:
            break
        lengths = _best(sizes[sum(kept) :], limits)
        if len(lengths) == len(redone) and min(lengths) >= limits.min_records:
            return kept + lengths
        reach *= _REACH
    return _best(sizes, limits)


def _best(sizes: Sequence[int], limits: BatchLimits) -> list[int]:
    """Return the best cut of *sizes*, found backwards from its end."""
    borders = _borders(sizes, limits)
    lengths = []
    start = 0
    while start < len(sizes):
        lengths.append(borders[start] - start)
        start = borders[start]
    return lengths


def _borders(sizes: Sequence[int], limits: BatchLimits) -> array[int]:
    """Return for each file where the chunk ends that best begins with it.

    The cost of the best cut from each file on is the smallest over two windows of possible ends: those
    that make a full chunk, and those that make a short one. Both windows only ever slide backwards as
    the start does, so each keeps its candidates in a deque and the whole takes linear time.
    """
    count = len(sizes)
    cost = array("q", bytes(8 * (count + 1)))
    best_end = array("q", bytes(8 * count))
    full, short = _Window(), _Window()
    least = max(limits.min_records, 1)
    end, held = count, 0
    for start in range(count - 1, -1, -1):
        held += sizes[start]
        while end - start > limits.max_records or held > limits.max_bytes:
            end -= 1
            held -= sizes[end]
        # A short chunk from start to its end costs (end - start) records: keep the part without start.
        short.add(start + 1, cost[start + 1] + (start + 1) * _SHORT)
        short.forget_beyond(min(end, start + least - 1))
        choice, price = short.best()
        price -= start * _SHORT
        if start + least <= count:
            full.add(start + least, cost[start + least])
            full.forget_beyond(end)
            if full and full.best()[1] <= price:
                choice, price = full.best()
        cost[start] = price + 1
        best_end[start] = choice
    return best_end


class _Window:
    """The possible ends of a chunk, cheapest first; ends are added in falling order."""

    __slots__ = ("_ends",)

    def __init__(self) -> None:
        self._ends: deque[tuple[int, int]] = deque()

    def __bool__(self) -> bool:
        return bool(self._ends)

    def add(self, end: int, price: int) -> None:
        """Add an end; of equal prices the earlier added, which makes the fuller chunk, stays first."""
        while self._ends and self._ends[-1][1] > price:
            self._ends.pop()
        self._ends.append((end, price))

    def forget_beyond(self, limit: int) -> None:
        """Drop the ends that can no longer be reached."""
        while self._ends and self._ends[0][0] > limit:
            self._ends.popleft()

    def best(self) -> tuple[int, int]:
        """Return the cheapest end and its price."""
        return self._ends[0] if self._ends else (0, _UNREACHABLE)


_UNREACHABLE = 1 << 62
