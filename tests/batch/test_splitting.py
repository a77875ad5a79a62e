"""Chunks that never break a limit, in order, and none below the minimum unless nothing else is possible."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotlog.batch.partition import _best
from shotlog.batch.splitting import (
    BatchFile,
    BatchLimits,
    chunk_lengths,
    estimate_chunk_count,
    iter_chunks,
    split_batch_by_size,
)
from shotlog.errors import FileTooLarge, Invalid

STAMP = "20260101_120000"


@st.composite
def small_plans(draw):
    """Draw limits and sizes small enough to try every cut."""
    greatest = draw(st.integers(1, 6))
    limits = BatchLimits(draw(st.integers(0, greatest)), greatest, draw(st.integers(1, 20)))
    sizes = draw(st.lists(st.integers(0, limits.max_bytes), max_size=14))
    return sizes, limits


@st.composite
def long_plans(draw):
    """Draw plans long enough that only the last chunks are cut anew."""
    greatest = draw(st.integers(2, 9))
    limits = BatchLimits(draw(st.integers(1, greatest)), greatest, draw(st.integers(10, 60)))
    most = draw(st.integers(0, limits.max_bytes))
    sizes = draw(st.lists(st.integers(0, most), max_size=40))
    return sizes * draw(st.integers(1, 12)), limits


def files(sizes):
    return [BatchFile(index + 1, f"proxies/{index + 1}.mp4", size) for index, size in enumerate(sizes)]


def every_cut(count):
    """Yield all ways to cut *count* files into chunks."""
    if count == 0:
        yield ()
    for first in range(1, count + 1):
        for rest in every_cut(count - first):
            yield (first, *rest)


def legal(lengths, sizes, limits):
    start = 0
    for length in lengths:
        if length > limits.max_records or sum(sizes[start : start + length]) > limits.max_bytes:
            return False
        start += length
    return start == len(sizes)


def short(lengths, limits):
    return sum(length for length in lengths if length < limits.min_records)


def worth(lengths, limits):
    """Order cuts: fewest records in short chunks, fewest chunks, fullest first."""
    return short(lengths, limits), len(lengths), [-length for length in lengths]


def least_short(sizes, limits):
    """Find by plain recursion how few records must be in short chunks, and in how few chunks then."""

    @cache
    def rest(start):
        best = (0, 0) if start == len(sizes) else (len(sizes) + 1, 0)
        held = 0
        for end in range(start + 1, min(start + limits.max_records, len(sizes)) + 1):
            held += sizes[end - 1]
            if held > limits.max_bytes:
                break
            records, chunks = rest(end)
            lacking = end - start if end - start < limits.min_records else 0
            best = min(best, (records + lacking, chunks + 1))
        return best

    return rest(0)


@settings(max_examples=300)
@given(small_plans())
def test_b17_the_best_of_all_cuts_is_used(plan):
    sizes, limits = plan
    if len(sizes) > 11:
        sizes = sizes[:11]
    cuts = [cut for cut in every_cut(len(sizes)) if legal(cut, sizes, limits)]
    assert chunk_lengths(sizes, limits) == list(min(cuts, key=lambda cut: worth(cut, limits)))


@settings(max_examples=200)
@given(long_plans())
def test_b17_mending_only_the_end_gives_the_same_cut_as_weighing_everything(plan):
    sizes, limits = plan
    lengths = chunk_lengths(sizes, limits)
    assert legal(lengths, sizes, limits)
    assert (short(lengths, limits), len(lengths)) == least_short(tuple(sizes), limits)
    assert lengths == _best(sizes, limits)


@given(small_plans())
def test_every_file_is_in_one_chunk_in_order(plan):
    sizes, limits = plan
    chunks = split_batch_by_size(files(sizes), STAMP, limits)
    assert [file_id for chunk in chunks for file_id in chunk.file_ids] == list(range(1, len(sizes) + 1))
    assert [key for chunk in chunks for key in chunk.proxy_s3_keys] == [f.proxy_s3_key for f in files(sizes)]
    assert [size for chunk in chunks for size in chunk.proxy_sizes] == sizes
    assert [chunk.chunk_index for chunk in chunks] == list(range(1, len(chunks) + 1))
    assert all(chunk.below_minimum == (len(chunk.file_ids) < limits.min_records) for chunk in chunks)
    assert sum(chunk.total_size_bytes for chunk in chunks) == sum(sizes)


@given(small_plans())
def test_the_estimate_is_never_more_than_the_split_makes(plan):
    sizes, limits = plan
    made = len(chunk_lengths(sizes, limits))
    assert estimate_chunk_count(len(sizes), sum(sizes), limits) <= made
    assert (estimate_chunk_count(len(sizes), sum(sizes), limits) == 0) == (made == 0)


@pytest.mark.parametrize(
    ("count", "lengths", "lacking"),
    [
        (0, [], 0),
        (1, [1], 1),
        (99, [99], 99),
        (100, [100], 0),
        (151, [150, 1], 1),
        (199, [150, 49], 49),
        (200, [100, 100], 0),
        (301, [101, 100, 100], 0),
        (400, [150, 150, 100], 0),
        (464, [150, 114, 100, 100], 0),
    ],
)
def test_b17_counts_around_the_limits(count, lengths, lacking):
    cut = chunk_lengths([1] * count)
    assert cut == lengths
    assert short(cut, BatchLimits()) == lacking


def test_b17_no_chunk_is_filled_past_the_bytes_to_save_a_short_one():
    gib = 1024**3
    cut = chunk_lengths([gib] * 9, BatchLimits(min_records=4, max_records=150))
    assert cut == [4, 4, 1]


def test_b14_each_chunk_has_a_folder_of_its_own():
    chunks = split_batch_by_size(files([1] * 1001), STAMP, BatchLimits(1, 1))
    assert chunks[0].s3_folder == "nova_batch/job_20260101_120000_001"
    assert chunks[1000].s3_folder == "nova_batch/job_20260101_120000_1001"
    assert len({chunk.s3_folder for chunk in chunks}) == 1001


def test_a_file_that_fits_no_job_is_named():
    with pytest.raises(FileTooLarge) as caught:
        split_batch_by_size([BatchFile(7, "a.mp4", 5), BatchFile(42, "b.mp4", 2**70)], STAMP)
    assert caught.value.file_id == 42
    assert "b.mp4" in caught.value.message


def test_a_file_of_exactly_the_greatest_size_fits():
    assert chunk_lengths([10, 10], BatchLimits(1, 5, 10)) == [1, 1]


def test_a_negative_size_is_refused():
    with pytest.raises(Invalid):
        chunk_lengths([1, -1])


@pytest.mark.parametrize("limits", [(5, 4, 10), (0, 0, 10), (1, 5, 0), (-1, 5, 10)])
def test_limits_that_no_job_can_meet_are_refused(limits):
    with pytest.raises(Invalid):
        BatchLimits(*limits)


@pytest.mark.parametrize("stamp", ["", "a/b", "../x", "2026 01", "_x", "x" * 100, "2026\n"])
def test_a_timestamp_that_is_no_part_of_a_key_is_refused(stamp):
    with pytest.raises(Invalid):
        split_batch_by_size(files([1]), stamp, BatchLimits(1, 1))


def test_chunks_can_be_made_one_at_a_time_from_a_second_reading():
    sizes = [1] * 301
    chunks = iter_chunks(iter(files(sizes)), STAMP, chunk_lengths(iter(sizes)))
    assert list(chunks) == split_batch_by_size(files(sizes), STAMP)


@pytest.mark.parametrize("change", [-1, 1])
def test_files_that_came_or_went_between_two_readings_are_noticed(change):
    with pytest.raises(Invalid):
        list(iter_chunks(files([1] * (200 + change)), STAMP, chunk_lengths([1] * 200)))


def test_planning_again_gives_the_same_chunks():
    sizes = [(index * 7919) % 40_000_000 for index in range(20_000)]
    first = split_batch_by_size(files(sizes), STAMP)
    assert split_batch_by_size(files(sizes), STAMP) == first
    assert not any(chunk.below_minimum for chunk in first)
