"""One behaviour over a directory and a bucket: every test here runs on both."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from shotlog.errors import Invalid, NotFound

AWKWARD = [
    "plain.mp4",
    "with space, and comma.mp4",
    "100%.mp4",
    "a%20b.mp4",
    "a b.mp4",
    "plus+plus.mp4",
    "plus plus.mp4",
    "Zürich/é.mp4",
    "e\u0301.mp4",
    "東京/🎬 clip.mp4",
    'quote\'s "double".mp4',
    "a&b=c?d#e;f@g:h$i!j*k(l)[m]{n}<o>|p^q`r~s\\t.mp4",
    "-dash.mp4",
    ".hidden",
    "nova_batch/job_20260101_120000_001/files/a_b.mp4",
    "n" * 250,
]
REFUSED = [
    "",
    "/lead",
    "trail/",
    "a//b",
    "a/../b",
    "..",
    ".",
    "./a",
    "a/.",
    "nul\0",
    "line\nbreak",
    "\udcff",
    "x" * 1025,
]


def keys(store, prefix=""):
    return [info.key for info in store.list(prefix)]


def pieces(size, count):
    return (bytes([index % 256]) * size for index in range(count))


def test_what_is_put_is_what_one_gets(store):
    info = store.put("a/b.bin", b"\0\1\2")
    assert store.get("a/b.bin") == b"\0\1\2"
    assert (info.key, info.size_bytes) == ("a/b.bin", 3)
    assert info.etag
    assert '"' not in info.etag
    assert abs(datetime.now(UTC) - info.modified_at) < timedelta(days=1)


def test_a_file_is_put_as_its_bytes_are(store, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"x" * (9 << 20))
    info = store.put("large.bin", source, media_type="video/mp4")
    assert info.size_bytes == 9 << 20
    assert store.head("large.bin").size_bytes == 9 << 20
    assert store.get("large.bin") == source.read_bytes()


def test_a_local_file_that_is_not_there_is_named(store, tmp_path):
    with pytest.raises(NotFound, match=r"gone\.mp4"):
        store.put("a", tmp_path / "gone.mp4")
    assert keys(store) == []


def test_putting_again_replaces_the_whole(store):
    first = store.put("a", b"long content")
    second = store.put("a", b"short")
    assert store.get("a") == b"short"
    assert first.etag != second.etag


@pytest.mark.parametrize(("size", "count"), [(1, 0), (1, 3), (1000, 100), (3 << 20, 7)])
def test_a_stream_is_put_in_order(store, size, count):
    info = store.put_stream("s.jsonl", pieces(size, count))
    assert info.size_bytes == size * count
    assert store.get("s.jsonl") == b"".join(pieces(size, count))


@pytest.mark.parametrize("size", [10, 6 << 20])
def test_a_stream_that_breaks_leaves_what_was_there(store, size):
    def broken():
        yield b"x" * size
        yield b"y" * size
        raise FileNotFoundError("the caller's own")

    store.put("s", b"before")
    with pytest.raises(FileNotFoundError, match="the caller's own"):
        store.put_stream("s", broken())
    assert store.get("s") == b"before"
    assert keys(store) == ["s"]


def test_an_object_is_written_from_the_stream_of_another_one(store):
    whole = b"0123456789abcdef" * (20 << 16)  # 20 MiB: more than a part
    store.put("source", whole)

    store.put_stream("target", store.stream("source"))

    assert store.get("target") == whole


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 4, b"0123"), (3, 2, b"34"), (8, 100, b"89"), (10, 5, b""), (99, 1, b""), (2, 0, b"")],
)
def test_a_range_is_shorter_only_at_the_end(store, start, length, expected):
    store.put("r", b"0123456789")
    assert store.get_range("r", start, length) == expected


def test_a_range_of_nothing_is_nothing(store):
    store.put("empty", b"")
    assert store.get_range("empty", 0, 10) == b""
    assert store.get("empty") == b""
    assert list(store.stream("empty")) in ([], [b""])


def test_a_range_before_the_start_is_refused(store):
    with pytest.raises(Invalid):
        store.get_range("r", -1, 5)


def test_an_object_is_read_piece_by_piece(store):
    content = b"".join(pieces(1 << 20, 5))
    store.put("big", content)
    read = list(store.stream("big"))
    assert b"".join(read) == content
    assert max(map(len, read)) < len(content)


def test_a_download_is_whole(store, tmp_path):
    store.put("v.mp4", b"v" * 3_000_000)
    store.download("v.mp4", tmp_path / "local name.mp4")
    assert (tmp_path / "local name.mp4").read_bytes() == b"v" * 3_000_000


def test_a_download_that_fails_leaves_nothing_and_keeps_what_was_there(store, tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "kept").write_bytes(b"kept")
    with pytest.raises(NotFound):
        store.download("missing", tmp_path / "d" / "kept")
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["kept"]
    assert (tmp_path / "d" / "kept").read_bytes() == b"kept"


def test_what_does_not_exist_is_said_so(store):
    assert store.head("missing") is None
    assert store.head("missing/deeper") is None
    for ask in (
        lambda: store.get("missing"),
        lambda: store.get_range("missing", 0, 1),
        lambda: list(store.stream("missing")),
        lambda: store.copy("missing", "target"),
        lambda: store.copy("missing", "missing"),
    ):
        with pytest.raises(NotFound):
            ask()
    assert keys(store) == []


def test_m01_head_list_and_put_agree(store):
    put = store.put("a/b", b"12345")
    head = store.head("a/b")
    assert (head.key, head.size_bytes, head.etag) == (put.key, put.size_bytes, put.etag)
    assert list(store.list()) == [head]


def test_a_listing_is_in_key_order_whatever_the_folders(store):
    names = ["a/b", "a-b", "a.b", "a/b.x", "a0", "a/a/z", "b", "A", "é", "z", "🎬", "a/b!", "ab/c"]
    for name in reversed(names):
        store.put(name, b"")
    assert keys(store) == sorted(names, key=str.encode)


def test_a_prefix_is_a_prefix_of_the_key_not_of_a_folder(store):
    for name in ["job_001/a", "job_001/b/c", "job_0010/a", "job_002", "job_00/x", "other"]:
        store.put(name, b"")
    assert keys(store, "job_001/") == ["job_001/a", "job_001/b/c"]
    assert keys(store, "job_001") == ["job_001/a", "job_001/b/c", "job_0010/a"]
    assert keys(store, "job_00") == ["job_00/x", "job_001/a", "job_001/b/c", "job_0010/a", "job_002"]
    assert keys(store, "job_002") == ["job_002"]
    assert keys(store, "job_002/") == []
    assert keys(store, "nothing/here") == []


def test_a_copy_is_an_object_of_its_own(store):
    store.put("source", b"first")
    store.copy("source", "deep/er/target")
    store.put("source", b"second")
    assert store.get("deep/er/target") == b"first"
    store.delete("source")
    assert store.get("deep/er/target") == b"first"


def test_a_copy_replaces_its_target_and_may_be_repeated(store):
    store.put("a", b"new")
    store.put("b", b"old")
    store.copy("a", "b")
    store.copy("a", "b")
    store.copy("a", "a")
    assert (store.get("a"), store.get("b")) == (b"new", b"new")


def test_deleting_twice_is_fine(store):
    store.put("a/b", b"")
    store.delete("a/b")
    store.delete("a/b")
    store.delete("never/was")
    assert keys(store) == []


def test_s19_a_folder_is_deleted_and_its_neighbour_with_a_longer_name_is_not(store):
    for name in ["job_001/a", "job_001/files/b", "job_0010/a", "job_001.txt"]:
        store.put(name, b"")
    assert store.delete_prefix("job_001/") == 2
    assert keys(store) == ["job_001.txt", "job_0010/a"]
    assert store.delete_prefix("job_001/") == 0


@pytest.mark.parametrize("prefix", ["", "/", "job_001", "../", "a/../", "//", "./"])
def test_a_prefix_that_names_no_folder_is_not_deleted(store, prefix):
    store.put("job_001/a", b"")
    with pytest.raises(Invalid):
        store.delete_prefix(prefix)
    assert keys(store) == ["job_001/a"]


def test_more_objects_than_one_page_are_listed_and_deleted(store):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda index: store.put(f"many/{index:05d}", b""), range(1005)))
    assert len(keys(store)) == 1005
    assert store.delete_prefix("many/") == 1005
    assert keys(store) == []


@pytest.mark.parametrize("key", AWKWARD)
def test_b16_a_key_is_literal(store, key):
    store.put("decoy", b"decoy")
    store.put(key, b"content")
    assert store.get(key) == b"content"
    assert store.head(key).key == key
    assert [info.key for info in store.list() if info.key != "decoy"] == [key]
    store.copy(key, f"copies/{key}")
    assert store.get(f"copies/{key}") == b"content"
    store.delete(key)
    assert store.head(key) is None
    store.copy(f"copies/{key}", key)
    assert store.uri(key).endswith(f"/{key}")
    assert store.delete_prefix("copies/") == 1


def test_b16_keys_that_look_alike_when_decoded_are_different(store):
    alike = ["a b", "a%20b", "a+b", "a%2520b", "A b"]
    for index, key in enumerate(alike):
        store.put(key, bytes([index]))
    assert [store.get(key) for key in alike] == [bytes([index]) for index in range(len(alike))]


@pytest.mark.parametrize("key", REFUSED)
def test_a_hostile_key_is_refused_everywhere(store, tmp_path, key):
    store.put("fine", b"")
    for ask in (
        lambda: store.put(key, b""),
        lambda: store.put_stream(key, []),
        lambda: store.get(key),
        lambda: store.get_range(key, 0, 1),
        lambda: store.stream(key),
        lambda: store.head(key),
        lambda: store.download(key, tmp_path / "x"),
        lambda: store.copy(key, "target"),
        lambda: store.copy("fine", key),
        lambda: store.delete(key),
        lambda: store.uri(key),
    ):
        with pytest.raises(Invalid):
            ask()
    assert keys(store) == ["fine"]


def test_writers_of_one_key_never_mix(store):
    contents = [bytes([index]) * 50_000 for index in range(8)]
    barrier = threading.Barrier(8)

    def write(content):
        barrier.wait()
        store.put("contended", content)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, contents))
    assert store.get("contended") in contents
