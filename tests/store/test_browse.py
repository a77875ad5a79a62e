"""Lists, totals, facets and details of assets: one understanding of a query, on both databases."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from sample_library import NOW
from shotlog.errors import Invalid, NotFound
from shotlog.services.browse import Browse, asset_json, detail_json, hit_json
from shotlog.store import facets
from shotlog.store.tables.library import RenditionRow
from shotlog.store.tables.runs import LedgerRow


@pytest.fixture
def shelf(database):
    return Browse(database)


def names(page):
    return [asset.name for asset in page.assets]


def test_a_list_leaves_refused_and_missing_assets_out_unless_asked(library, shelf):
    library.asset("/films/good.mp4")
    library.asset("/films/new.mp4", state="new", kind=None)
    library.asset("/films/bad.mp4", state="failed", kind=None)
    library.asset("/films/gone.mp4", missing_at=NOW)

    assert names(shelf.list_assets()) == ["good.mp4", "new.mp4"]
    assert names(shelf.list_assets("is:refused")) == ["bad.mp4"]
    assert names(shelf.list_assets("is:missing")) == ["gone.mp4"]
    assert names(shelf.list_assets(states=["refused", "missing"])) == ["bad.mp4", "gone.mp4"]
    assert names(shelf.list_assets("name:ba", states=["refused", "missing"])) == ["bad.mp4"]
    assert names(shelf.list_assets("is:refused OR is:new")) == ["new.mp4", "bad.mp4"]


def test_a_list_is_of_the_paths_asked_for(library, shelf):
    for path in ("/films/a/1.mp4", "/films/a b/2.mp4", "/films/a/deep/er/3.mp4", "/films/a0.mp4"):
        library.asset(path)

    assert names(shelf.list_assets(paths=["/films/a"])) == ["1.mp4", "3.mp4"]
    assert names(shelf.list_assets(paths=["/films/a/1.mp4", "/films/a b"])) == ["1.mp4", "2.mp4"]
    assert names(shelf.list_assets('path:"/films/a b/"')) == ["2.mp4"]
    assert names(shelf.list_assets("-path:/films/a type:video")) == ["2.mp4", "a0.mp4"]
    assert shelf.list_assets(paths=["/films/a"]).total == 2


def test_b05_f05_pages_and_total_cover_every_match(library, shelf):
    for number in range(23):
        library.asset(f"/films/{number}.mp4", names=False, width=number)
    listed, cursor = [], None
    while True:
        page = shelf.list_assets("width:>=3", cursor=cursor, limit=7)
        assert page.total == 20
        listed += names(page)
        cursor = page.next
        if cursor is None:
            break

    assert listed == [f"{number}.mp4" for number in range(3, 23)]


def test_a_full_last_page_has_no_next(library, shelf):
    for number in range(4):
        library.asset(f"/films/{number}.mp4", ("text", "boat"), names=False)

    assert shelf.list_assets(limit=4).next is None
    assert shelf.search("boat", limit=4).next is None
    assert shelf.search("boat", limit=3).next is not None


def test_a_cursor_goes_on_with_its_own_search_only(library, shelf):
    for number in range(3):
        library.asset(f"/films/{number}.mp4", ("text", "boat"), names=False)
    cursor = shelf.list_assets(limit=1).next
    of_hits = shelf.search("boat", limit=1).next

    for damaged in ("x", "é", cursor + "x", cursor[:-3], "W10", "bnVsbA", of_hits):
        with pytest.raises(Invalid):
            shelf.list_assets(cursor=damaged)
    for foreign in (cursor, shelf.search("boat type:video", limit=1).next):
        with pytest.raises(Invalid):
            shelf.search("boat", cursor=foreign)
    assert shelf.search("boat", cursor=of_hits).total == 3


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_a_sensible_size(shelf, limit):
    with pytest.raises(Invalid):
        shelf.list_assets(limit=limit)
    with pytest.raises(Invalid):
        shelf.search("x", limit=limit)


def test_a_state_that_does_not_exist_is_refused(shelf):
    with pytest.raises(Invalid) as caught:
        shelf.list_assets(states=['done" OR is:missing'])

    assert "analysed" in caught.value.hint


def test_f01_list_total_facets_and_search_agree_on_what_is_analysed(library, shelf, database):
    done = library.asset("/films/done.mp4", ("text", "boat"), analysed_at=NOW)
    tried = library.asset("/films/tried.mp4", ("text", "boat"))
    empty = library.asset("/films/empty.mp4", ("text", "boat"))
    library.record(done, "succeeded")
    library.record(tried, "failed")
    library.record(empty, None)

    for query, expected in (("is:analysed", ["done.mp4"]), ("is:unanalysed", ["tried.mp4", "empty.mp4"])):
        page = shelf.list_assets(query)
        assert names(page) == expected
        assert page.total == len(expected)
        assert [asset_json(asset)["analysed"] for asset in page.assets] == [query == "is:analysed"] * len(
            expected
        )
        assert {hit.name for hit in shelf.search(f"boat {query}").hits} == set(expected)
        assert shelf.facets(query).analysed == {query == "is:analysed": len(expected)}
    assert shelf.facets().analysed == {False: 2, True: 1}


def test_f06_facets_count_what_the_list_shows(library, shelf):
    march = datetime(2023, 3, 1, tzinfo=UTC)
    library.asset("/films/a.mp4", camera_model="X-T5", captured_at=march)
    library.asset("/films/b.mp4", camera_model="X-T5", captured_at=datetime(2024, 1, 1, tzinfo=UTC))
    library.asset("/films/c.jpg", kind="photo", captured_at=march)
    library.asset("/films/d.mp4", state="new", kind=None)
    library.asset("/films/e.mp4", state="failed", kind=None)
    counts = shelf.facets()

    assert counts.kind == {"video": 2, "photo": 1, None: 1}
    assert counts.camera == {"X-T5": 2, None: 2}
    assert counts.year == {2023: 2, 2024: 1, None: 1}
    assert shelf.facets("type:photo") == facets.Facets({"photo": 1}, {False: 1}, {None: 1}, {2023: 1})


def test_the_json_of_an_asset_is_the_contract(library, shelf):
    library.asset(
        "/films/Clip, 1 🎬.mp4",
        width=1080,
        height=1920,
        duration_ms=81_250,
        captured_at=datetime(2024, 5, 1, 10, 20, 30, tzinfo=UTC),
        latitude=51.5,
        longitude=-0.25,
        analysed_at=NOW,
    )
    library.asset("/films/new.mp4", state="new", kind=None)
    full, bare = map(asset_json, shelf.list_assets().assets)

    assert full == {
        "id": "ast_1",
        "name": "Clip, 1 🎬.mp4",
        "path": "/films/Clip, 1 🎬.mp4",
        "kind": "video",
        "state": "ready",
        "analysed": True,
        "duration_s": 81.25,
        "width": 1080,
        "height": 1920,
        "captured_at": "2024-05-01T10:20:30Z",
        "latitude": 51.5,
        "longitude": -0.25,
    }
    assert list(bare) == list(full)
    assert [bare[key] for key in ("kind", "duration_s", "width", "captured_at", "latitude")] == [None] * 5


def test_f09_times_are_written_in_utc_and_say_so(library, shelf):
    local = datetime.fromisoformat("2024-05-01T01:30:00+02:00")
    library.asset("/films/a.mp4", captured_at=local)

    assert asset_json(shelf.list_assets("date:2024-04-30").assets[0])["captured_at"] == "2024-04-30T23:30:00Z"
    assert shelf.list_assets("date:2024-05-01").total == 0


def test_the_json_of_a_hit_is_the_contract(library, shelf):
    library.asset("/films/a.mp4", ("text", "Exit to GATE 7", 4000, 5500), names=False)
    page = shelf.search("gate")
    hit = hit_json(page.hits[0])

    assert page.total == 1
    assert hit.pop("score") > 0
    assert hit == {
        "asset": "ast_1",
        "name": "a.mp4",
        "path": "/films/a.mp4",
        "start_s": 4.0,
        "end_s": 5.5,
        "field": "text",
        "snippet": "Exit to «GATE» 7",
    }


def test_a_search_without_words_gives_the_assets_themselves(library, shelf):
    for number in range(3):
        library.asset(f"/films/{number}.mp4", ("text", "x", 1, 2))
    first = shelf.search("type:video", limit=2)
    second = shelf.search("type:video", limit=2, cursor=first.next)

    assert [hit_json(hit) for hit in second.hits] == [
        {
            "asset": "ast_3",
            "name": "2.mp4",
            "path": "/films/2.mp4",
            "start_s": None,
            "end_s": None,
            "field": None,
            "snippet": "",
            "score": 0.0,
        }
    ]
    assert (first.total, second.total, second.next) == (3, 3, None)


def test_a_name_of_any_bytes_is_listed_as_it_is(library, shelf):
    name = b"film\xe9\xff.mp4".decode("utf-8", "surrogateescape")
    library.asset(f"/films/{name}")

    assert asset_json(shelf.list_assets("name:film").assets[0])["path"] == f"/films/{name}"


def test_f10_customer_project_and_place_are_findable(library, shelf):
    library.asset(
        "/archive/SmithPool/2024/C0473.MP4", ("place", "Old Pier, Dover"), ("entity", "project Alpha")
    )
    library.asset("/archive/Jones/C0474.MP4")

    for query in ("smith", "folder:smithpool", "dover", "field:place dover", '"project alpha"'):
        assert {hit.name for hit in shelf.search(query).hits} == {"C0473.MP4"}, query


def test_everything_known_of_an_asset_is_shown(library, shelf, database):
    asset = library.asset(
        "/films/a.mp4", ("text", "late", 9000, 9500), ("text", "early", 100, 200), analysed_at=NOW
    )
    library.record(asset, "succeeded", sections={"summary": {"text": "old"}})
    run, record = library.record(asset, "partial", sections={"summary": {"text": "new"}})
    library.record(asset, "failed", code="throttled", message="slow down", retryable=True)
    with database.write() as session:
        session.add(
            LedgerRow(
                record_id=record,
                run_id=run,
                mode="on-demand",
                model="local-1",
                input_tokens=5,
                output_tokens=2,
                amount_microusd=42,
                booked_at=NOW,
            )
        )
        session.add(
            RenditionRow(
                asset_id=asset,
                kind="proxy",
                path="p.mp4",
                media_type="video/mp4",
                size_bytes=7,
                sha256="0",
                width=2,
                height=2,
                made_at=NOW,
            )
        )
    shown = detail_json(shelf.show(f"ast_{asset}"))

    assert shown["id"] == f"ast_{asset}"
    assert shown["analysed_at"] == "2026-01-02T03:04:05Z"
    assert [segment["start_s"] for segment in shown["segments"]] == [None, None, 0.1, 9.0]
    assert shown["annotations"]["summary"]["body"] == {"text": "new"}
    assert shown["annotations"]["summary"]["run"] == f"run_{run}"
    assert shown["annotations"]["summary"]["recipe"] == "combined"
    assert [entry["outcome"] for entry in shown["history"]] == ["failed", "partial", "succeeded"]
    assert [entry["cost_usd"] for entry in shown["history"]] == [None, 0.000042, None]
    assert [entry["mode"] for entry in shown["history"]] == ["batch", "on-demand", "batch"]
    assert shown["history"][0]["code"] == "throttled"
    assert shown["renditions"][0]["kind"] == "proxy"


@pytest.mark.parametrize("asset_id", ["ast_99", 99, "run_1", "nonsense", "ast_٣"])
def test_an_asset_that_does_not_exist_is_not_found(shelf, asset_id):
    with pytest.raises(NotFound):
        shelf.show(asset_id)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("query", ["", "is:analysed", "type:video date:2024", "boat -sea", "has:text"])
def test_f04_a_page_of_the_list_is_read_along_an_index(database, shelf, query):
    steps = []

    def explain(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("SELECT assets.id"):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps.extend(row[-1] for row in cursor.fetchall())

    sa.event.listen(database.engine, "before_cursor_execute", explain)
    shelf.list_assets(query)

    assert any(step.startswith("SEARCH assets USING") for step in steps)
    assert [step for step in steps if step.startswith("SCAN") and "VIRTUAL TABLE INDEX" not in step] == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda shelf: shelf.list_assets("has:text is:analysed"),
        lambda shelf: shelf.list_assets("boat type:video", paths=["/films"]),
        lambda shelf: shelf.search("boat -sea"),
        lambda shelf: shelf.facets("boat"),
        lambda shelf: shelf.show(1),
    ],
    ids=["filter", "words", "search", "facets", "show"],
)
def test_f03_a_view_takes_as_many_queries_for_many_assets_as_for_one(database, library, shelf, ask):
    asked = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def queries():
        asked.clear()
        ask(shelf)
        return len(asked)

    library.record(library.asset("/films/0.mp4", ("text", "boat"), analysed_at=NOW), "succeeded")
    one = queries()
    for number in range(1, 40):
        asset = library.asset(f"/films/{number}.mp4", ("text", "boat"), analysed_at=NOW)
        library.record(asset, "succeeded", sections={"summary": {"text": "boat"}})
    assert queries() == one
    assert one <= 12
