"""A chunk's folder: safe names, each proxy once, the manifest last, and nothing twice."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.batch import prepare_batch_files, staged_keys, upload_manifest
from shotlog.errors import Invalid, Rejected, Throttled, Unavailable

FOLDER = "nova_batch/job_20260101_120000_001"
AWKWARD = [
    "proxies/1/Video Nov 14 2025, 10 02 14 AM.mp4",
    "proxies/2/Video Nov 14 2025, 10 02 14 AM.mp4",
    "proxies/3/100%20(é).mp4",
    "proxies/4/🎬.mp4",
    "proxies/5/plain.mp4",
]


def keys(store, prefix=""):
    return [info.key for info in store.list(prefix)]


def fill(store, names):
    for name in names:
        store.put(name, name.encode())


def test_b13_b15_proxies_are_staged_under_safe_names_in_the_chunks_own_folder(store):
    fill(store, AWKWARD)
    staged = prepare_batch_files(store, AWKWARD, FOLDER)
    assert staged.failed == {}
    assert list(staged.mapping) == AWKWARD
    assert keys(store, "nova_batch/") == sorted(staged.mapping.values())
    for source, target in staged.mapping.items():
        assert re.fullmatch(rf"{FOLDER}/files/[A-Za-z0-9_][A-Za-z0-9._-]*\.mp4", target)
        assert store.get(target) == source.encode()


def test_two_sources_of_one_name_are_two_files(store):
    fill(store, AWKWARD)
    staged = prepare_batch_files(store, AWKWARD[:2], FOLDER)
    first, second = (staged.mapping[key] for key in AWKWARD[:2])
    assert first != second
    assert store.get(second) == AWKWARD[1].encode()


def test_b19_one_missing_file_fails_alone(store):
    fill(store, AWKWARD[:3])
    staged = prepare_batch_files(store, AWKWARD, FOLDER)
    assert list(staged.mapping) == AWKWARD[:3]
    assert set(staged.failed) == set(AWKWARD[3:])
    assert all("no such object" in reason for reason in staged.failed.values())


def test_staging_again_copies_nothing_that_is_there(watched):
    fill(watched, AWKWARD)
    first = prepare_batch_files(watched, AWKWARD, FOLDER)
    again = prepare_batch_files(watched, AWKWARD, FOLDER)
    assert (first.copied, again.copied) == (5, 0)
    assert again.mapping == first.mapping
    assert len(watched.copies) == 5


def test_a_staging_that_was_cut_short_goes_on(watched):
    fill(watched, AWKWARD)
    watched.fail[AWKWARD[4]] = Unavailable("gone")
    with pytest.raises(Unavailable):
        prepare_batch_files(watched, AWKWARD, FOLDER, concurrency=1)
    done = keys(watched, FOLDER)
    watched.fail.clear()
    watched.copies.clear()
    staged = prepare_batch_files(watched, AWKWARD, FOLDER)
    assert len(staged.mapping) == 5
    assert staged.copied == len(watched.copies) == 5 - len(done)


def test_a_staged_file_of_another_size_is_copied_again(watched):
    fill(watched, AWKWARD)
    first = prepare_batch_files(watched, AWKWARD, FOLDER)
    watched.put(AWKWARD[2], b"a larger proxy was made meanwhile, of another size")
    again = prepare_batch_files(watched, AWKWARD, FOLDER)
    assert again.copied == 1
    assert watched.get(first.mapping[AWKWARD[2]]) == watched.get(AWKWARD[2])


def test_a_staged_file_whose_proxy_is_gone_is_reported(watched):
    fill(watched, AWKWARD)
    prepare_batch_files(watched, AWKWARD, FOLDER)
    watched.delete(AWKWARD[0])
    watched.put(f"{FOLDER}/files/plain.mp4", b"stale")
    watched.delete(AWKWARD[4])
    staged = prepare_batch_files(watched, AWKWARD, FOLDER)
    assert set(staged.failed) == {AWKWARD[0], AWKWARD[4]}


def test_one_refused_copy_fails_its_file_and_all_refused_fail_the_step(watched):
    fill(watched, AWKWARD)
    watched.fail[AWKWARD[0]] = Rejected("this object is archived")
    assert prepare_batch_files(watched, AWKWARD, FOLDER).failed == {AWKWARD[0]: "this object is archived"}
    watched.fail |= dict.fromkeys(AWKWARD, Rejected("access denied"))
    with pytest.raises(Rejected):
        prepare_batch_files(watched, AWKWARD, "nova_batch/job_20260101_120000_002")


def test_a_store_that_throttles_is_not_taken_for_a_missing_file(watched):
    fill(watched, AWKWARD)
    watched.fail[AWKWARD[1]] = Throttled("slow down")
    with pytest.raises(Throttled):
        prepare_batch_files(watched, AWKWARD, FOLDER)


def test_a_key_that_no_store_can_hold_fails_alone(local):
    fill(local, AWKWARD[:1])
    staged = prepare_batch_files(local, [AWKWARD[0], "../../etc/passwd"], FOLDER)
    assert list(staged.mapping) == AWKWARD[:1]
    assert list(staged.failed) == ["../../etc/passwd"]


def test_a_key_that_is_named_twice_is_staged_once(watched):
    fill(watched, AWKWARD[:1])
    staged = prepare_batch_files(watched, AWKWARD[:1] * 2, FOLDER)
    assert len(staged.mapping) == staged.copied == 1


def test_a_medium_is_never_read_as_a_manifest():
    places = staged_keys(["a/x.jsonl", "b/X.JSONL", "c/x.mp4"], FOLDER)
    assert not any(place.lower().endswith(".jsonl") for place in places.values())


@given(st.lists(st.text("ab /é.%", min_size=1, max_size=12), max_size=10))
def test_the_places_of_a_chunk_are_planned_alike_each_time(names):
    places = staged_keys(names, FOLDER)
    assert places == staged_keys(names, FOLDER)
    assert len(set(places.values())) == len(set(names))


@pytest.mark.parametrize("folder", ["", "/", "a b", "../x", "a/../b", "a//b", "a/", "nova_batch/job é"])
def test_b14_a_folder_that_a_job_does_not_accept_is_refused(local, folder):
    for ask in (
        lambda: prepare_batch_files(local, [], folder),
        lambda: upload_manifest(local, folder, [b"{}"]),
        lambda: staged_keys([], folder),
    ):
        with pytest.raises(Invalid):
            ask()
    assert keys(local) == []


def test_the_manifest_has_one_record_a_line_ended_by_a_line_feed(store):
    lines = [
        json.dumps({"recordId": f"rec_{n}", "modelInput": {"text": "x" * 5000}}).encode() for n in range(500)
    ]
    mixed = [line + end for line, end in zip(lines, [b"", b"\n", b"\r\n", b"\n", b""] * 100, strict=True)]
    info = upload_manifest(store, FOLDER, iter(mixed))
    written = store.get(f"{FOLDER}/manifest.jsonl")
    assert written == b"".join(line + b"\n" for line in lines)
    assert (info.key, info.size_bytes) == (f"{FOLDER}/manifest.jsonl", len(written))


@pytest.mark.parametrize("line", [b"", b"\n", b"  ", b"a\nb", b"a\rb", b"{}\n\n"])
def test_a_line_that_is_not_one_record_stops_the_manifest(local, line):
    with pytest.raises(Invalid, match="Line 2"):
        upload_manifest(local, FOLDER, [b"{}", line])
    assert keys(local) == []
