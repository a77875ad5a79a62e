"""``import``, ``assets`` and ``search``: one object each for programs, readable lines for people."""

import os

import pytest

from cli.fake_app import NOON, asset, hit
from shotlog.cli import options
from shotlog.domain.segments import Segment
from shotlog.services import browse
from shotlog.services.browse import AssetDetail
from shotlog.store.browse import CurrentAnnotation, PastRecord
from shotlog.store.renditions import StoredRendition

HOSTILE = "[bold]in\x1b[31mvoice\u202egpj\n:smile:\udcff.mp4"


def widest(ended):
    return max(map(len, ended.out.splitlines()))


def detail(name="ferry.mp4"):
    return AssetDetail(
        asset(3, name, latitude=52.5, longitude=13.4, camera_make="Acme", size_bytes=900),
        [StoredRendition(1, 3, "proxy", "a/b.mp4", "video/mp4", 5, "", None, "proxies/1", None)],
        [CurrentAnnotation("summary", "local", "local", "combined", "1", 7, {"text": "A ferry."}, NOON)],
        [Segment("text", "HARBOUR\n\x1b[2J42", 3000, 6000), Segment("name", name, None, None)],
        [
            PastRecord(
                *(1, 7, "batch", "local", "local", "combined", "failed"),
                *("throttled", "Slow\x1b[2J down", True, None, None, None, NOON),
            )
        ],
    )


def test_import_makes_renditions_and_prints_its_counts(shotlog, app, tmp_path):
    ended = shotlog("import", tmp_path, "--json")

    assert ended.code == 0
    assert app.arguments("import") == {"paths": [str(tmp_path)], "renditions": True}
    assert list(ended.json) == ["found", "imported", "unchanged", "moved", "missing", "refused"]


def test_import_with_refused_files_is_code_3_and_names_them(shotlog, app, tmp_path):
    app.refused = [{"path": f"/films/{HOSTILE}", "code": "empty_file", "reason": "The file is empty."}]

    ended = shotlog("import", tmp_path)

    assert ended.code == 3
    assert "3 found: 2 imported, 1 refused" in ended.out
    assert "The file is empty." in ended.out
    assert "\x1b" not in ended.out
    assert widest(ended) <= 80


def test_a_dry_run_writes_nothing(shotlog, app, tmp_path):
    ended = shotlog("import", tmp_path, "--dry-run", "--json")

    assert ended.code == 0
    assert app.asked == []
    assert ended.json == {"found": 4, "new": 2, "changed": 1, "unchanged": 1, "missing": 0, "problems": []}
    assert "4 found: 2 new, 1 changed, 1 unchanged, 0 missing" in shotlog("import", tmp_path, "--dry-run").out


def test_a_dry_run_tells_what_it_could_not_look_into(shotlog, app, tmp_path):
    app.problems = [("/films/x", "unreadable_folder", "Permission denied")]

    ended = shotlog("import", tmp_path, "--dry-run", "--json")

    assert ended.code == 3
    assert ended.json["problems"] == [
        {"path": "/films/x", "code": "unreadable_folder", "reason": "Permission denied"}
    ]


def test_assets_list_prints_the_promised_object(shotlog, app):
    app.assets = [asset(3, "ferry.mp4", analysed_at=NOON)]

    document = shotlog("assets", "list", "--json").json

    assert list(document) == ["assets", "total", "next"]
    assert list(document["assets"][0]) == [
        *("id", "name", "path", "kind", "state", "analysed", "duration_s", "width", "height"),
        *("captured_at", "latitude", "longitude"),
    ]


def test_assets_list_passes_query_filters_and_page_on(shotlog, app, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path)

    shotlog(
        *("assets", "list", "ferry", "type:video", "--path", link, "--state", "ready"),
        *("--limit", "7", "--after", "CURSOR"),
    )

    assert app.arguments("list") == {
        "query": "ferry type:video",
        "paths": [os.path.realpath(tmp_path)],
        "states": ["ready"],
        "cursor": "CURSOR",
        "limit": 7,
    }


def test_assets_list_is_readable_in_80_columns(shotlog, app):
    app.assets = [
        asset(123456, "a long name that does not fit on one line of a terminal.mp4", analysed_at=NOON),
        asset(2, "gull.jpg", kind="photo", duration_ms=None, width=None, captured_at=None),
        asset(3, "broken.mp4", state="failed"),
    ]

    ended = shotlog("assets", "list", "paged")

    assert widest(ended) <= 80
    lines = {line.split()[0]: line for line in ended.out.splitlines() if line.startswith("ast_")}
    assert "0:12" in lines["ast_123456"]
    assert lines["ast_123456"].endswith("2026-02-03  analysed")
    assert "photo" in lines["ast_2"]
    assert "refused" in lines["ast_3"]
    assert "3 of 3 assets." in ended.out
    assert ended.out.endswith("--after CURSOR\n")


def test_a_hostile_name_is_harmless_to_people_and_whole_in_json(shotlog, app):
    app.assets, app.hits, app.detail = [asset(3, HOSTILE)], [hit(3, HOSTILE)], detail(HOSTILE)

    for command in (["assets", "list"], ["assets", "show", "ast_3"], ["search", "x"]):
        plain, document = shotlog(*command), shotlog(*command, "--json")
        assert "\x1b" not in plain.out
        assert "\u202e" not in plain.out
        assert "[bold]in" in plain.out
        assert ":smile:" in plain.out.replace("\n", "")
        assert HOSTILE in str(document.json.values()) or HOSTILE in _texts(document.json)


def _texts(value):
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value]


def test_assets_show_tells_everything(shotlog, app):
    app.detail = detail()

    document, ended = shotlog("assets", "show", "ast_3", "--json").json, shotlog("assets", "show", "ast_3")

    assert {"id", "path", "renditions", "annotations", "segments", "history"} <= set(document)
    for said in (
        "0:03-0:06",
        "HARBOUR",
        "52.50000, 13.40000",
        "Acme",
        "throttled Slow",
        "900 bytes",
        "run_7",
    ):
        assert said in " ".join(ended.out.split())
    assert "\x1b" not in ended.out
    assert widest(ended) <= 80


def test_assets_show_of_nothing_is_an_error(shotlog):
    assert shotlog("assets", "show", "ast_9").code == 1


def test_search_prints_the_promised_object(shotlog, app):
    app.hits = [hit(3, "ferry.mp4"), hit(4, "gull.jpg", start_ms=None, end_ms=None, field=None)]

    document = shotlog("search", "harbour", "42", "--limit", "5", "--json").json

    assert list(document) == ["hits", "total", "next"]
    assert list(document["hits"][0]) == [
        *("asset", "name", "path", "start_s", "end_s", "field", "snippet", "score")
    ]
    assert document["hits"][1]["start_s"] is None
    assert app.arguments("search") == {"query": "harbour 42", "cursor": None, "limit": 5}


def test_search_shows_moments_under_their_asset(shotlog, app):
    app.hits = [
        hit(3, "ferry.mp4"),
        hit(3, "ferry.mp4", start_ms=3_723_000, end_ms=3_724_500, field="chapter", text="A [b]\nc"),
        hit(4, "gull.jpg", start_ms=None, end_ms=None, field=None, text="", marks=()),
    ]

    ended = shotlog("search", "harbour")

    assert ended.out.count("ferry.mp4") == 1
    lines = [line.strip() for line in ended.out.splitlines()]
    assert lines[1].split() == ["0:03-0:06", "text", "«HARBOUR»", "42"]
    assert lines[2].startswith("1:02:03-1:02:05")
    assert "3 of 3 hits." in lines


def test_a_search_in_a_library_without_results_says_so(shotlog, app):
    app.assets = [asset(3, "ferry.mp4")]

    ended = shotlog("search", "harbour", "--json")

    assert ended.code == 0
    assert ended.json["hits"] == []
    assert "Nothing is analysed yet" in ended.err


@pytest.mark.parametrize("command", [["assets", "list"], ["search", "x"]])
def test_nothing_found_is_said(shotlog, app, command):
    if command == ["search", "x"]:
        app.assets = [asset(3, "ferry.mp4", analysed_at=NOON)]

    ended = shotlog(*command)

    assert ended.code == 0
    assert ended.out.startswith("No")
    assert "hint" not in ended.err


def test_pages_are_as_large_as_the_library_gives_them():
    assert (options.PAGE, options.LARGEST_PAGE) == (browse.PAGE, browse.LARGEST_PAGE)
