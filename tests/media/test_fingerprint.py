"""Fingerprints: of content alone, and quick for files of any size."""

from __future__ import annotations

import pytest

from shotlog.errors import MediaRefused
from shotlog.media.fingerprint import fingerprint

LARGE = 40 << 20


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "large.mov"
    with path.open("wb") as file:
        file.truncate(LARGE)
        file.seek(LARGE - 3)
        file.write(b"end")
    return path


def test_the_same_content_under_another_name_is_the_same(tmp_path):
    (tmp_path / "a b.mp4").write_bytes(b"content")
    (tmp_path / "🐕.mov").write_bytes(b"content")
    assert fingerprint(tmp_path / "a b.mp4") == fingerprint(tmp_path / "🐕.mov")


def test_a_small_file_is_hashed_whole(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(1 << 20))
    before = fingerprint(path)
    with path.open("r+b") as file:
        file.seek(777_777)
        file.write(b"x")
    assert before.startswith("sha256:")
    assert fingerprint(path) != before


@pytest.mark.parametrize("at", [0, LARGE - 1, LARGE // 31 * 7])
def test_a_large_file_is_sampled_from_end_to_end(large, at):
    before = fingerprint(large)
    with large.open("r+b") as file:
        file.seek(at)
        file.write(b"!")
    assert before.startswith("sampled1:")
    assert fingerprint(large) != before


def test_a_large_file_that_grew_is_another(large):
    before = fingerprint(large)
    with large.open("ab") as file:
        file.write(b"\0")
    assert fingerprint(large) != before


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(MediaRefused) as refusal:
        fingerprint(tmp_path / "gone")
    assert refusal.value.code == "unreadable_file"
