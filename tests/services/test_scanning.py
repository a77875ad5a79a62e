"""Scanning: folders are registered in place, and every look finds out what changed since the last."""

import os
import socket

import pytest

from shotlog.errors import NotFound
from shotlog.services import walking
from shotlog.services.scanning import Scanner, absolute
from shotlog.store import imports
from shotlog.store.tables.library import ImportRow, SourceRow


def numbers(counts):
    return {
        name: getattr(counts, name)
        for name in ("found", "new", "changed", "unchanged", "missing")
        if getattr(counts, name)
    }


def test_a_folder_is_registered_with_all_that_lies_under_it(shelf):
    names = ["a.mp4", "deep/er/b.mp4", "no extension", "notes.txt"]
    for name in names:
        shelf.put(name)
    number, counts = shelf.scan()

    assert numbers(counts) == {"found": 4, "new": 4}
    assert sorted(shelf.assets()) == sorted(names)
    assert {row.state for row in shelf.assets().values()} == {"new"}
    assert shelf.state(number) == "probing"


def test_looking_again_changes_nothing(shelf):
    shelf.put("a.mp4")
    shelf.take_in()
    before = {name: row.__dict__ for name, row in shelf.assets().items()}
    shelf.clock.tick(60)
    counts, summary = shelf.take_in()

    assert numbers(counts) == {"found": 1, "unchanged": 1}
    after = {name: row.__dict__ for name, row in shelf.assets().items()}
    for name, row in before.items():
        assert {k: v for k, v in row.items() if k[0] != "_"} == {
            k: v for k, v in after[name].items() if k[0] != "_"
        }
    assert len(shelf.tool.inspected) == 1
    assert (summary["imported"], summary["unchanged"]) == (0, 1)


def test_r05_one_import_is_scanned_once(shelf):
    shelf.put("a.mp4")
    number, _ = shelf.scan()
    shelf.put("b.mp4")
    assert numbers(shelf.scanner.scan(number)) == {}
    assert len(shelf.assets()) == 1


def test_any_name_works(shelf):
    names = [
        "a b.mp4",
        "a,b;c.mp4",
        "-rf.mp4",
        "東京 🎬.mp4",
        "%20.mp4",
        "new\nline.mp4",
        "x" * 250 + ".mp4",
        "ü/ü.mp4",
    ]
    for name in names:
        shelf.put(name, f"film {len(name)} {name[:9]}")
    (shelf.films / os.fsdecode(b"not utf-8 \xff.mp4")).write_text("raw")
    _, summary = shelf.take_in()

    assert summary["imported"] == len(names) + 1
    assert set(shelf.assets()) == {*names, os.fsdecode(b"not utf-8 \xff.mp4")}


def test_hidden_files_links_to_folders_and_what_is_no_file_are_passed_over(shelf, tmp_path):
    shelf.put("a.mp4")
    shelf.put("._a.mp4")
    shelf.put(".hidden/b.mp4")
    (shelf.films / "loop").symlink_to(shelf.films)
    (shelf.films / "to nothing.mp4").symlink_to(tmp_path / "nothing")
    os.mkfifo(shelf.films / "pipe.mp4")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(shelf.films / "s"))
        _, counts = shelf.scan()
    assert numbers(counts) == {"found": 1, "new": 1}


def test_the_installations_own_folder_is_no_media(shelf):
    shelf.put("a.mp4")
    home = shelf.put("home/renditions/1-proxy.mp4").parent.parent
    scanner = Scanner(shelf.database, shelf.clock, exclude={str(home)})
    assert numbers(scanner.preview([str(shelf.films)])) == {"found": 1, "new": 1}


def test_a_preview_writes_nothing(shelf):
    shelf.put("a.mp4")
    assert numbers(shelf.scanner.preview([str(shelf.films)])) == {"found": 1, "new": 1}
    assert shelf.assets() == {}
    with shelf.database.read() as session:
        assert session.query(SourceRow).count() == session.query(ImportRow).count() == 0


def test_a_changed_file_is_probed_again_and_keeps_its_number(shelf):
    path = shelf.put("a.mp4")
    shelf.take_in()
    old = shelf.assets()["a.mp4"]
    path.write_text("another film altogether")
    counts, _ = shelf.take_in()

    new = shelf.assets()["a.mp4"]
    assert numbers(counts) == {"found": 1, "changed": 1}
    assert (new.id, new.state) == (old.id, "ready")
    assert new.fingerprint != old.fingerprint


def test_a_file_of_another_time_but_the_same_content_keeps_its_renditions(shelf):
    path = shelf.put("a.mp4")
    shelf.take_in()
    os.utime(path, ns=(1, 1))
    counts, _ = shelf.take_in()
    assert numbers(counts) == {"found": 1, "changed": 1}
    assert (len(shelf.tool.inspected), len(shelf.tool.rendered)) == (2, 1)


def test_a_file_that_is_gone_is_missing_and_keeps_everything(shelf):
    path = shelf.put("a.mp4")
    shelf.take_in()
    path.unlink()
    counts, _ = shelf.take_in()
    gone = shelf.assets()["a.mp4"]
    assert numbers(counts) == {"missing": 1}
    assert (gone.state, gone.missing_at) == ("ready", shelf.clock())
    assert numbers(shelf.scan()[1]) == {}


def test_a_file_that_is_back_is_no_longer_missing_and_not_probed_again(shelf, tmp_path):
    path = shelf.put("a.mp4")
    shelf.take_in()
    path.rename(tmp_path / "aside")
    shelf.take_in()
    (tmp_path / "aside").rename(path)
    counts, _ = shelf.take_in()
    assert numbers(counts) == {"found": 1, "unchanged": 1}
    assert shelf.assets()["a.mp4"].missing_at is None
    assert len(shelf.tool.inspected) == 1


def test_a_folder_that_is_gone_takes_its_files_with_it(shelf):
    shelf.put("keep/a.mp4")
    gone = [shelf.put("trip/day/b.mp4"), shelf.put("trip/c.mp4")]
    shelf.take_in()
    for path in gone:
        path.unlink()
    (shelf.films / "trip" / "day").rmdir()
    (shelf.films / "trip").rmdir()
    _, counts = shelf.scan()
    assert numbers(counts) == {"found": 1, "unchanged": 1, "missing": 2}


def test_r01_files_of_other_folders_are_not_missing(shelf, tmp_path):
    shelf.put("a.mp4")
    shelf.take_in()
    other = tmp_path / "films 2"
    other.mkdir()
    (other / "b.mp4").write_text("b")
    _, counts = shelf.scan(other)
    assert numbers(counts) == {"found": 1, "new": 1}
    assert all(row.missing_at is None for row in shelf.assets().values())


@pytest.mark.parametrize("order", [("deep", "."), (".", "deep")])
def test_roots_within_each_other_register_a_file_once(shelf, order):
    shelf.put("deep/a.mp4")
    shelf.put("b.mp4")
    for root in order:
        shelf.take_in(shelf.films / root)
    assert sorted(shelf.assets()) == ["b.mp4", "deep/a.mp4"]
    assert all(row.missing_at is None for row in shelf.assets().values())
    assert len(shelf.tool.inspected) == 2


def test_paths_are_stored_without_links_and_without_those_within_others(shelf, tmp_path):
    shelf.put("deep/a.mp4")
    (tmp_path / "link").symlink_to(shelf.films)
    films = os.path.realpath(shelf.films)
    assert absolute([tmp_path / "link", shelf.films / "deep", shelf.films]) == [films]
    assert absolute([shelf.films / "deep" / "a.mp4"]) == [f"{films}/deep/a.mp4"]
    with pytest.raises(NotFound):
        absolute([shelf.films / "nothing"])


def test_a_single_file_is_a_source_too(shelf):
    one = shelf.put("a.mp4")
    shelf.put("b.mp4")
    counts, summary = shelf.take_in(one)
    assert (numbers(counts), summary["imported"]) == ({"found": 1, "new": 1}, 1)
    again, _ = shelf.take_in(one)
    assert numbers(again) == {"found": 1, "unchanged": 1}
    assert list(shelf.assets()) == ["a.mp4"]


def test_an_unreadable_folder_is_reported_and_what_it_held_is_not_taken_for_lost(shelf, monkeypatch):
    shelf.put("a.mp4")
    shelf.put("locked/b.mp4")
    shelf.put("locked/deep/c.mp4")
    shelf.take_in()
    real = os.scandir

    def scandir(folder):
        if folder == str(shelf.films / "locked"):
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(walking.os, "scandir", scandir)
    counts, summary = shelf.take_in()
    assert numbers(counts) == {"found": 1, "unchanged": 1}
    assert summary["refused"] == [
        {"path": str(shelf.films / "locked"), "code": "unreadable_folder", "reason": "Permission denied"}
    ]
    assert all(row.missing_at is None for row in shelf.assets().values())


def test_r04_a_scan_that_was_killed_in_the_middle_is_made_again(shelf, monkeypatch):
    for number in range(6):
        shelf.put(f"{number}/film.mp4", f"film {number}")
    monkeypatch.setattr("shotlog.services.scanning._FLUSH_AFTER", 2)
    number, real, calls = shelf.open(), Scanner._write, []

    def dies(self, *arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Scanner, "_write", dies)
        with pytest.raises(KeyboardInterrupt):
            shelf.scanner.scan(number)
    assert (len(shelf.assets()), shelf.state(number)) == (2, "scanning")

    with shelf.database.read() as session:
        assert imports.open_imports(session) == [number]
    shelf.scanner.scan(number)
    assert (len(shelf.assets()), shelf.state(number)) == (6, "probing")


def test_r02_a_backslash_is_a_letter_of_a_name_and_parts_no_folders(shelf):
    shelf.put("tapes\\1.mp4")
    shelf.put("tapes/1.mp4", "another")
    shelf.take_in()
    counts, _ = shelf.take_in()
    assert numbers(counts) == {"found": 2, "unchanged": 2}
    assert {name: row.folder for name, row in shelf.assets().items()} == {
        "tapes\\1.mp4": str(shelf.films),
        "tapes/1.mp4": str(shelf.films / "tapes"),
    }


def test_r03_looking_again_goes_by_no_other_list_of_extensions(shelf):
    names = ["a.m4v", "b.tiff", "c.TIF", "d.MOV", "e.heic", "f", "g.unheard-of", "h.mp4.bak"]
    for name in names:
        shelf.put(name)
    first, _ = shelf.take_in()
    again, _ = shelf.take_in()
    assert numbers(first) == {"found": len(names), "new": len(names)}
    assert numbers(again) == {"found": len(names), "unchanged": len(names)}
