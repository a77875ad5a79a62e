"""``storage``: what lies where, what may go, and nothing goes unasked."""

import pytest

from cli.fake_app import folder
from shotlog.services.cleaning import Failed

SAFE = "nova_batch/job_20260101_120000_001"
KEPT = "nova_batch/job_20260101_120000_002"


@pytest.fixture
def app(app):
    app.folders = [folder(SAFE), folder(KEPT, safe=False, reason="Its job has not\x1b[2J ended.")]
    return app


def cleanings(app):
    return [arguments for name, arguments in app.asked if name == "clean"]


def test_storage_show_prints_one_object(shotlog):
    document = shotlog("storage", "show", "--json").json

    assert list(document) == ["folders", "input", "output", "archive", "cleanable", "jobs"]
    assert document["cleanable"] == {"jobs": 1, "objects": 3, "bytes": 2_500_500}
    assert document["jobs"][0] == {
        "folder": SAFE,
        "state": "orphan",
        "job_state": None,
        "objects": 2,
        "bytes": 2_500_000,
        "output_objects": 1,
        "output_bytes": 500,
        "newest_at": "2026-02-03T12:00:00Z",
        "safe": True,
        "reason": "Its job has ended.",
    }


def test_storage_show_is_readable_in_80_columns(shotlog, app):
    app.folders += [folder(f"{SAFE}{number}") for number in range(60)]
    ended = shotlog("storage", "show")

    assert ended.code == 0
    assert max(map(len, ended.out.splitlines())) <= 80
    assert "\x1b" not in ended.out
    assert "job_20260101_120000_001 " in ended.out
    assert "... and 12 more; --json lists all." in ended.out
    assert "61 jobs: 183 objects, 152.5 MB" in ended.out


def test_storage_show_of_an_empty_store(shotlog, app):
    app.folders = []
    ended = shotlog("storage", "show")

    assert ended.code == 0
    assert "0 objects, 0 bytes" in ended.out
    assert "deletes" not in ended.out


def test_a_preview_asks_nobody_and_says_that_it_is_one(shotlog, app):
    document = shotlog("storage", "clean", "--dry-run", "--json").json

    assert list(document) == ["dry_run", "cleaned", "archived", "skipped", "failed"]
    assert document["dry_run"] is True
    assert document["cleaned"] == {"jobs": 1, "objects": 3, "bytes": 2_500_500}
    assert document["archived"] == {"jobs": 1, "objects": 1, "bytes": 500}
    assert [one["folder"] for one in document["skipped"]] == [KEPT]
    assert cleanings(app) == [{"dry_run": True, "orphans": False, "only": None}]
    assert "would be cleaned" in shotlog("storage", "clean", "--dry-run", "--yes").out
    assert all(asked["dry_run"] for asked in cleanings(app))


def test_clean_with_yes_cleans_at_once(shotlog, app):
    ended = shotlog("storage", "clean", "--yes", "--orphans")

    assert ended.code == 0
    assert "cleaned" in ended.out
    assert "would be" not in ended.out
    assert cleanings(app) == [{"dry_run": False, "orphans": True, "only": None}]


def test_clean_with_nobody_to_ask_deletes_nothing(shotlog, app):
    ended = shotlog("storage", "clean", "--json")

    assert ended.code == 1
    assert ended.json["error"]["code"] == "conflict"
    assert "hint: Repeat it with --yes" in ended.err
    assert [asked["dry_run"] for asked in cleanings(app)] == [True]


def test_clean_deletes_what_was_shown_and_agreed_to(shotlog, app, answers):
    answers("y\n")
    ended = shotlog("storage", "clean")

    assert ended.code == 0
    assert "would be cleaned" in ended.err
    assert "Delete 1 folder, having archived the outputs? [y/N]" in ended.err
    assert cleanings(app)[1] == {"dry_run": False, "orphans": False, "only": {SAFE}}


def test_clean_takes_no_for_an_answer(shotlog, app, answers):
    answers("n\n")
    ended = shotlog("storage", "clean")

    assert ended.code == 1
    assert "nothing was deleted" in ended.err
    assert [asked["dry_run"] for asked in cleanings(app)] == [True]


def test_clean_with_nothing_to_clean_asks_nobody(shotlog, app):
    app.folders = app.folders[1:]
    ended = shotlog("storage", "clean")

    assert ended.code == 0
    assert "Nothing to clean." in ended.out


def test_folders_that_could_not_be_cleaned_are_told_and_end_with_3(shotlog, app):
    app.stuck = [Failed(SAFE, "unavailable", "The store is gone.")]
    ended = shotlog("storage", "clean", "--yes", "--json")

    assert ended.code == 3
    assert ended.json["failed"] == [{"folder": SAFE, "code": "unavailable", "reason": "The store is gone."}]
    assert ended.err.startswith("error: 1 folder could not be cleaned.\nhint: ")
    assert "The store is gone." in shotlog("storage", "clean", "--yes").out
