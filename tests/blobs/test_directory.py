"""What only a directory store has: files under their own names, links, and nothing outside its root."""

import os
import shutil

import obstore
import pytest
from obstore.store import LocalStore

from shotlog.blobs import open_buckets, open_store
from shotlog.errors import Invalid, NotFound, Rejected, Unavailable


@pytest.fixture
def root(tmp_path):
    return tmp_path / "my 100% store#1"


@pytest.fixture
def store(root):
    return open_store(f"file://{root}")


def test_b16_a_key_is_the_path_of_its_file_letter_by_letter(store, root):
    store.put("a b/100%20é+🎬.mp4", b"x")
    assert (root / "a b" / "100%20é+🎬.mp4").read_bytes() == b"x"


def test_the_etag_is_the_one_that_the_client_library_gives(store, root):
    info = store.put("a", b"123")
    assert f'"{info.etag}"' == obstore.head(LocalStore(root), "a")["e_tag"]


def test_copies_take_no_space(store, root):
    store.put("a", b"123")
    store.copy("a", "b")
    assert (root / "a").stat().st_ino == (root / "b").stat().st_ino


def test_where_links_are_not_to_be_had_a_copy_is_read_and_written(store, root, monkeypatch):
    def refuse(*_):
        raise obstore.exceptions.GenericError("Generic LocalFileSystem error: (os error 95)")

    monkeypatch.setattr(obstore, "copy", refuse)
    store.put("a", b"123")
    store.copy("a", "deep/b")
    assert store.get("deep/b") == b"123"
    with pytest.raises(NotFound):
        store.copy("missing", "c")


@pytest.mark.parametrize("key", ["link", "link/inside", "folder/link", "folder/link/x", "file-link"])
def test_no_key_leads_through_a_link(store, root, tmp_path, key):
    outside = tmp_path / "outside"
    (outside / "inside").mkdir(parents=True)
    (outside / "secret").write_bytes(b"secret")
    store.put("folder/fine", b"")
    (root / "link").symlink_to(outside)
    (root / "folder" / "link").symlink_to(outside / "inside")
    (root / "file-link").symlink_to(outside / "secret")
    for ask in (
        lambda: store.put(key, b"overwritten"),
        lambda: store.get(key),
        lambda: store.head(key),
        lambda: store.delete(key),
        lambda: store.copy("folder/fine", key),
        lambda: store.copy(key, "target"),
    ):
        with pytest.raises(Invalid):
            ask()
    assert [info.key for info in store.list()] == ["folder/fine"]
    assert list(store.list("link/")) == []
    assert store.delete_prefix("link/") == 0
    store.delete_prefix("folder/")
    assert (outside / "secret").read_bytes() == b"secret"
    assert (outside / "inside").is_dir()


def test_a_file_that_is_not_finished_is_no_object_and_is_cleaned_away(store, root):
    store.put("job/a", b"")
    (root / "job" / "b#1").write_bytes(b"half")
    assert [info.key for info in store.list()] == ["job/a"]
    assert store.delete_prefix("job/") == 1
    assert not (root / "job").exists()


def test_a_strangers_file_with_a_name_that_is_no_key_is_passed_over(store, root):
    store.put("a", b"")
    (root / os.fsdecode(b"bad-\xff")).write_bytes(b"")
    (root / "line\nbreak").write_bytes(b"")
    assert [info.key for info in store.list()] == ["a"]


@pytest.mark.parametrize("key", ["n" * 251, "file/below", "ends#12"])
def test_what_a_directory_cannot_hold_is_refused(store, key):
    store.put("file", b"")
    with pytest.raises(Invalid):
        store.put(key, b"")


def test_a_folder_is_no_object(store):
    store.put("folder/a", b"")
    assert store.head("folder") is None
    store.delete("folder")
    with pytest.raises(NotFound):
        store.get("folder")
    assert [info.key for info in store.list()] == ["folder/a"]


def test_a_directory_that_went_away_is_not_taken_for_an_empty_one(store, root):
    shutil.rmtree(root)
    with pytest.raises(Unavailable):
        store.head("a")
    with pytest.raises(Unavailable):
        list(store.list())


def test_a_directory_that_cannot_be_made_is_said_so(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises((Invalid, Rejected)):
        open_store(f"file://{tmp_path / 'file' / 'store'}")


def test_a_provider_reaches_keys_below_one_bucket(store):
    assert store.uri("a b") == "s3://shotlog-local/a b"


def test_a_directory_passes_for_every_bucket(store, root):
    store.put("nova_batch/manifest.jsonl", b"1")
    buckets = open_buckets(f"file://{root}")
    bucket = buckets.bucket("any-name")
    assert bucket.get("nova_batch/manifest.jsonl") == b"1"
    assert bucket.uri("k") == "s3://any-name/k"


def test_a_directory_inside_is_a_bucket_of_its_own(store, root):
    store.put("media/clip.mp4", b"1")
    buckets = open_buckets(f"file://{root}")
    assert buckets.bucket("media").get("clip.mp4") == b"1"
    assert buckets.bucket("other").get("media/clip.mp4") == b"1"


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "", "UPPER", "x", "."])
def test_what_is_no_bucket_name_is_no_bucket(store, root, name):
    with pytest.raises(NotFound):
        open_buckets(f"file://{root}").bucket(name)


@pytest.mark.parametrize(
    "url", ["", "/plain/path", "file://relative", "ftp://host/x", "s3://", "s3:///x", "file:"]
)
def test_what_is_no_store_is_refused(url):
    for open_ in (open_store, open_buckets):
        with pytest.raises(Invalid):
            open_(url)
