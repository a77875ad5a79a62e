"""What a search finds on both databases, in which order, and what it must never find."""
# ruff: noqa: RUF001 - letters that look alike are what is tested

import unicodedata
from itertools import product

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sample_library import NOW
from shotlog.domain.query import parse
from shotlog.domain.words import index_text
from shotlog.errors import Invalid
from shotlog.store import browse, search
from shotlog.store.full_text import indexing, matching


def names(database, query, **options):
    with database.read() as session:
        found, _ = search.moments(session, parse(query), **options)
    return list(dict.fromkeys(moment.name for moment in found))


def hits(database, query, **options):
    with database.read() as session:
        found, _ = search.moments(session, parse(query), **options)
    return [(moment.name, moment.field, moment.start_ms, moment.end_ms) for moment in found]


def listed(database, query):
    with database.read() as session:
        return browse.page(session, parse(query))


@pytest.fixture
def films(library):
    """Three clips and a photo."""
    library.asset(
        "/films/harbour/ferry.mp4",
        ("summary", "A ferry leaves the harbour at dawn."),
        ("chapter", "Casting off\nSailors loosen the ropes", 1000, 9000),
        ("chapter", "Open sea\nGulls follow the ferry", 9000, 30_000),
        ("text", "GATE 7", 2500, 4000),
        analysed_at=NOW,
    )
    library.asset(
        "/films/harbour/Café Été.mov",
        ("summary", "People drink coffee beside the sea."),
        ("text", "東京タワー café", 500, 900),
        analysed_at=NOW,
    )
    library.asset("/films/city/IMG_2024GrandmaBirthday.mp4")
    library.asset("/films/city/gull.jpg", ("description", "A gull on a rope."), kind="photo", analysed_at=NOW)
    return library


def test_a_hit_is_the_moment_at_which_the_words_are_seen(database, films):
    assert hits(database, "gate") == [("ferry.mp4", "text", 2500, 4000)]
    assert hits(database, "sailors") == [("ferry.mp4", "chapter", 1000, 9000)]


FOUND = {
    "ferry": {"ferry.mp4"},
    "FERRY": {"ferry.mp4"},
    "cafe": {"Café Été.mov"},
    "ÉTÉ": {"Café Été.mov"},
    "東京": {"Café Été.mov"},
    "京タ": {"Café Été.mov"},
    "京東": set(),
    "sea": {"ferry.mp4", "Café Été.mov"},
    "sea dawn": {"ferry.mp4"},
    "sea gate": {"ferry.mp4"},
    "dawn coffee": set(),
    '"open sea"': {"ferry.mp4"},
    '"sea open"': set(),
    "sail": set(),
    "sail*": {"ferry.mp4"},
    '"loosen the ro"*': {"ferry.mp4"},
    "rope OR coffee": {"gull.jpg", "Café Été.mov"},
    "sea -gate": {"Café Été.mov"},
    "sea -coffee -ferry": set(),
    "gull*": {"ferry.mp4", "gull.jpg"},
    "gull* type:photo": {"gull.jpg"},
    "gull* -type:photo": {"ferry.mp4"},
    "birthday": {"IMG_2024GrandmaBirthday.mp4"},
    "2024": {"IMG_2024GrandmaBirthday.mp4"},
    "grandma birthday": {"IMG_2024GrandmaBirthday.mp4"},
    "mp4": {"ferry.mp4", "IMG_2024GrandmaBirthday.mp4"},
    "harbour": {"ferry.mp4", "Café Été.mov"},
    "harbour field:summary": {"ferry.mp4"},
    "harbour -field:folder -field:name": {"ferry.mp4"},
    "sea field:chapter": {"ferry.mp4"},
    "name:ferr": {"ferry.mp4"},
    "name:ferr gate": {"ferry.mp4"},
    "name:gate": set(),
    "folder:city type:video": {"IMG_2024GrandmaBirthday.mp4"},
    "sea path:/films/city": set(),
    "rope OR type:video": {"gull.jpg", "ferry.mp4", "Café Été.mov", "IMG_2024GrandmaBirthday.mp4"},
    "rope OR -sea": {"gull.jpg", "IMG_2024GrandmaBirthday.mp4"},
    "ferry OR is:unanalysed type:video": {"ferry.mp4", "IMG_2024GrandmaBirthday.mp4"},
}


def test_what_a_search_finds(database, films):
    assert {query: set(names(database, query)) for query in FOUND} == FOUND


def test_f06_the_list_and_the_search_understand_a_query_alike(database, films):
    assert {query: {asset.name for asset in listed(database, query)} for query in FOUND} == FOUND


def test_words_in_different_places_give_every_place(database, films):
    found = hits(database, "dawn gate gulls")

    assert {place[1:3] for place in found} == {("summary", None), ("text", 2500), ("chapter", 9000)}


def test_hits_of_one_asset_stand_together_and_are_few(database, library):
    for number in range(3):
        seen = [("text", f"boat number {n}", n * 1000, n * 1000 + 500) for n in range(9)]
        library.asset(f"/films/{number}.mp4", *seen)
    found = [name for name, *_ in hits(database, "boat")]

    assert found == sorted(found)
    assert [found.count(name) for name in sorted(set(found))] == [search.MOST_PER_ASSET] * 3


def test_a_hit_on_the_screen_comes_before_one_in_the_folder(database, library):
    library.asset("/films/lighthouse/a.mp4")
    library.asset("/films/other/b.mp4", ("text", "lighthouse", 10, 20))

    assert names(database, "lighthouse") == ["b.mp4", "a.mp4"]


def test_an_asset_that_only_a_filter_matched_comes_last_and_has_no_moment(database, films):
    found = hits(database, "rope OR type:video")

    assert found[0] == ("gull.jpg", "description", None, None)
    assert found[1:] == [
        ("ferry.mp4", None, None, None),
        ("Café Été.mov", None, None, None),
        ("IMG_2024GrandmaBirthday.mp4", None, None, None),
    ]


def test_pages_give_every_hit_once_with_a_steady_total(database, library):
    for number in range(7):
        boats = [("text", "boat " * (1 + number % 3), n, n + 1) for n in range(number % 4)]
        library.asset(f"/films/clip{number}.mp4", *boats, ("summary", "filler"))

    for query, limit in product(["boat", "boat OR type:video", "boat name:clip"], [1, 3, 7]):
        with database.read() as session:
            whole, total = search.moments(session, parse(query), limit=1000)
            pages = list(_pages(session, query, limit))
        assert [moment for page, _ in pages for moment in page] == whole
        assert {of_page for _, of_page in pages} == {total} == {len(whole)}


def _pages(session, query, limit):
    after = None
    while True:
        page, total = search.moments(session, parse(query), after=after, limit=limit)
        yield page, total
        if not page:
            return
        after = page[-1].position


def test_refused_and_missing_assets_are_found_only_when_asked_for(database, library):
    library.asset("/films/good.mp4", ("text", "boat"))
    library.asset("/films/bad.mp4", ("text", "boat"), state="failed")
    library.asset("/films/gone.mp4", ("text", "boat"), missing_at=NOW)

    assert set(names(database, "boat")) == {"good.mp4"}
    assert set(names(database, "boat is:refused")) == {"bad.mp4"}
    assert set(names(database, "boat is:missing")) == {"gone.mp4"}
    assert set(names(database, "boat -is:refused")) == {"good.mp4"}


def test_filters_hold_however_common_the_word_is(database, library, monkeypatch):
    monkeypatch.setattr(search, "MOST_CANDIDATES", 5)
    library.asset("/films/the.jpg", ("description", "boat"), kind="photo")
    for number in range(8):
        library.asset(f"/films/{number}.mp4", ("text", "boat"))

    assert names(database, "boat type:photo") == ["the.jpg"]
    assert len(names(database, "boat")) == 5


def test_words_removed_from_the_library_are_no_longer_found(database, library):
    asset = library.asset("/films/a.mp4", ("text", "boat"))
    with database.write() as session:
        session.execute(sa.text("DELETE FROM segments WHERE asset_id = :a"), {"a": asset})

    assert names(database, "boat") == []


HOSTILE = [
    "it's",
    "NEAR(a, b)",
    "a AND b",
    "NOT",
    "{folded} : x",
    "^boat",
    "boat + sea",
    "\\' OR 1=1 --",
    "';DROP TABLE segments",
    "a:*",
    "!!a <-> b",
    "x' | 'y",
    "segment_words",
    "rank",
    "50%_off",
    "\ud800x",
    "e\u0301",
    "\u200bz",
    "ǅ ŉ ﷺ",
    "𝔘𝔫𝔦",
    "हिन्दी",
    "עברית",
    "ไทย",
    "a" * 900,
    "٣ ½ Ⅷ ²",
]


def test_hostile_words_are_only_words(database, library):
    for number, text in enumerate(HOSTILE):
        library.asset(f"/films/{number}.mp4", ("text", text), names=False)

    for number, text in enumerate(HOSTILE):
        assert f"{number}.mp4" in names(database, f'"{text}"'), text


def test_a_camera_of_any_name_is_taken_literally(database, library):
    cameras = ["100%", "a_b", "it's", "\\", "\ud800", "x' OR '1'='1", "100 aXb its"]
    for camera in cameras:
        shown = camera.encode("utf-8", "replace").decode()
        library.asset(f"/films/{cameras.index(camera)}.mp4", camera_make="Acme", camera_model=f"Mark {shown}")

    for number, camera in enumerate(cameras):
        assert [asset.name for asset in listed(database, f'camera:"{camera}"')] == [f"{number}.mp4"]


def _old_enough(char):
    """SQLite knows the letters of Unicode 6.1: take those that Unicode 3.2 had."""
    return unicodedata.ucd_3_2_0.category(char) not in {"Cn", "Cs"}


alphabet = st.characters(exclude_characters='"“”„‟\0').filter(_old_enough)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet, min_size=1, max_size=60))
def test_any_text_is_found_by_itself(database, text):
    """Both databases cut words alike, whatever the script: what is indexed is found as a phrase."""
    try:
        query = parse(f'"{text}"')
    except Invalid:
        return  # no letters or digits
    (leaf,) = query.wanted
    with database.write() as session:
        session.execute(sa.text("DELETE FROM assets"))
        session.execute(sa.text("DELETE FROM sources"))
        _insert_text(session, text)
        match = matching(session, [leaf])
        found = session.scalar(sa.select(sa.func.count()).select_from(match.source).where(match.condition))

    assert found == 1


pasted = st.sampled_from(["type:video", "path:/", "camera:", "name:", "OR", "-", '"', "*", "is:missing", " "])


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(pasted | st.text(max_size=6), max_size=8).map("".join))
@example("path:/\ud800")
@example("path:/\udcff")
@example("camera:\ud800 name:\ud800")
def test_any_search_is_answered_or_refused(films, database, text):
    for ask in (names, listed):
        try:
            ask(database, text)
        except Invalid as error:
            assert error.hint  # noqa: PT017 - either way is fine, as long as it is said


def _insert_text(session, text):
    now = NOW.isoformat()
    session.execute(sa.text("INSERT INTO sources (id, path, added_at) VALUES (1, '/f', :now)"), {"now": now})
    session.execute(
        sa.text(
            "INSERT INTO assets (id, source_id, path, folder, name, state, size_bytes, mtime_ns, added_at)"
            " VALUES (1, 1, '/f/a', '/f', 'a', 'ready', 1, 1, :now)"
        ),
        {"now": now},
    )
    with indexing(session):
        session.execute(
            sa.text("INSERT INTO segments (asset_id, field, text, folded) VALUES (1, 'text', :t, :f)"),
            {"t": text, "f": index_text("text", text)},
        )


def plan(session, statement):
    compiled = statement.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    return [row[-1] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "query", ["boat", "boat sea -rain type:video", "name:boat OR sea", "date:2024 boat*"]
)
def test_a_word_is_looked_up_and_no_table_is_read_through(database, query):
    with database.read() as session:
        steps = plan(session, sa.select(search._kept(session, parse(query), ())))

    scans = [step for step in steps if step.startswith("SCAN")]
    assert any("VIRTUAL TABLE INDEX" in step for step in scans)
    assert [step for step in scans if "segments" in step or "assets" in step] == []
