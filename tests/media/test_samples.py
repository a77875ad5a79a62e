"""The sample library of our own: awkward names, right contents, originals never touched."""

from __future__ import annotations

from collections import Counter

import pytest

from shotlog.errors import MediaRefused
from shotlog.media.samples import make_sample_library


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    return folder, make_sample_library(folder)


def test_it_holds_eight_clips_four_photos_and_a_broken_file(tool, library):
    _, paths = library
    kinds = Counter()
    for path in paths:
        try:
            kinds[tool.inspect(path).facts.kind] += 1
        except MediaRefused as refusal:
            kinds[refusal.code] += 1
    assert kinds == {"video": 8, "photo": 4, "damaged": 1}


def test_its_names_are_awkward_and_one_comes_twice_with_other_content(tool, library):
    folder, paths = library
    names = [path.name for path in paths]
    assert any(name.startswith("-") for name in names)
    assert any(not name.isascii() for name in names)
    assert all(any(char in name for name in names) for char in " ,'\"&()[]%")
    assert Counter(names)["clip.mp4"] == 2
    first, second = (tool.inspect(folder / day / "clip.mp4") for day in ("day 1", "day 2"))
    assert first.fingerprint != second.fingerprint
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == paths


def test_its_telephone_clip_has_rotation_time_and_place(tool, library):
    folder, _ = library
    facts = tool.inspect(folder / "Video Nov 14 2025, 10 02 14 AM.mov").facts
    assert (facts.width, facts.height, facts.rotation, facts.format) == (360, 640, 90, "mov")
    assert facts.captured_at.isoformat() == "2025-11-14T09:02:14+00:00"
    assert (facts.latitude, facts.longitude) == (52.5251, 13.3694)


def test_rendering_never_changes_an_original(tool, library, tmp_path):
    folder, paths = library
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in paths}
    for index, path in enumerate(paths):
        try:
            tool.inspect(path)
            assert len(tool.render(path, tmp_path, f"ast_{index}")) == 3
        except MediaRefused as refusal:
            assert refusal.code == "damaged"  # noqa: PT017 - one of many files
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in paths} == before
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == paths
