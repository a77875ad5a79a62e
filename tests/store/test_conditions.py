"""Any combination of words and filters selects exactly the assets that it describes."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sample_library import NOW
from shotlog.domain.query_tree import (
    And,
    Between,
    Camera,
    Has,
    HasField,
    Is,
    Kind,
    Not,
    Or,
    Query,
    Under,
    Words,
)
from shotlog.store import browse, search

WORDS = ["boat", "sea", "rope"]
YEAR = [datetime(year, 1, 1, tzinfo=UTC) for year in (2022, 2023, 2024, 2025)]

ASSETS = [
    {"name": f"{number}.mp4", "segments": segments, **facts}
    for number, (segments, facts) in enumerate(
        [
            (
                [("text", "boat sea")],
                {"captured_at": YEAR[1], "width": 640, "latitude": 1, "longitude": 2},
            ),
            ([("text", "boat"), ("chapter", "sea")], {"captured_at": YEAR[2], "width": 1920}),
            ([("chapter", "rope boating")], {"has_audio": True, "analysed_at": NOW, "camera_make": "Acme"}),
            ([("people", "sea rope")], {"has_audio": False, "captured_at": YEAR[3], "analysed_at": NOW}),
            ([], {"kind": "photo", "width": 640, "camera_model": "acme 2"}),
            ([("text", "rope"), ("text", "boat")], {"kind": "photo", "analysed_at": NOW, "latitude": 3.0}),
            ([("text", "boat")], {"state": "failed", "kind": None}),
            ([("text", "sea")], {"missing_at": NOW, "analysed_at": NOW}),
            ([("text", "sea")], {"state": "failed", "missing_at": NOW, "kind": None}),
            ([("chapter", "sea boat rope")], {"state": "new", "kind": None}),
        ]
    )
]


def _matches(node, asset):  # noqa: C901, PLR0911, PLR0912 - what each node means, said once more and plainly
    get = asset.get
    match node:
        case And(parts):
            return all(_matches(part, asset) for part in parts)
        case Or(parts):
            return any(_matches(part, asset) for part in parts)
        case Not(part):
            return not _matches(part, asset)
        case Words():
            return any(_contains(node, *segment) for segment in asset["segments"])
        case HasField(field):
            return any(segment[0] == field for segment in asset["segments"])
        case Kind(kind):
            return get("kind", "video") == kind
        case Has("gps"):
            return get("latitude") is not None and get("longitude") is not None
        case Has("audio"):
            return get("has_audio") is True
        case Under(path):
            return path == "/films/even" and int(asset["name"][0]) % 2 == 0
        case Camera(text):
            return text.lower() in f"{get('camera_make', '')} {get('camera_model', '')}".lower()
        case Between(fact, low, high):
            value = get(fact)
            return value is not None and (low is None or value >= low) and (high is None or value < high)
        case Is("analysed" | "unanalysed" as status):
            return (get("analysed_at") is not None) == (status == "analysed")
        case Is("missing"):
            return get("missing_at") is not None
        case Is(status):
            return get("state", "ready") == {"refused": "failed"}.get(status, status)


def _contains(leaf, field, text):
    words, size = text.split(), len(leaf.words)
    runs = [tuple(words[start : start + size]) for start in range(len(words) - size + 1)]
    if leaf.prefix:
        found = any(run[:-1] == leaf.words[:-1] and run[-1].startswith(leaf.words[-1]) for run in runs)
    else:
        found = leaf.words in runs
    return found and (not leaf.fields or field in leaf.fields)


def expected(query):
    shown = [
        asset
        for asset in ASSETS
        if (asset.get("state") != "failed" or query.asks_for("refused"))
        and (asset.get("missing_at") is None or query.asks_for("missing"))
    ]
    return {asset["name"] for asset in shown if _matches(query.root, asset)}


leaves = st.one_of(
    st.builds(
        Words,
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(tuple),
        st.booleans(),
        st.sets(st.sampled_from(["text", "chapter"])).map(frozenset),
    ),
    st.builds(HasField, st.sampled_from(["text", "people", "sound"])),
    st.builds(Kind, st.sampled_from(["video", "photo"])),
    st.builds(Is, st.sampled_from(["analysed", "unanalysed", "refused", "missing", "new", "ready"])),
    st.builds(Has, st.sampled_from(["gps", "audio"])),
    st.builds(Under, st.sampled_from(["/films/even", "/films/ev"])),
    st.builds(Camera, st.sampled_from(["acme", "ACME 2", "nikon"])),
    st.builds(
        Between, st.just("captured_at"), st.none() | st.sampled_from(YEAR), st.none() | st.sampled_from(YEAR)
    ),
    st.builds(Between, st.just("width"), st.none() | st.sampled_from([640, 1000]), st.none() | st.just(1920)),
)
trees = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.builds(Not, parts),
        st.builds(And, st.lists(parts, max_size=3).map(tuple)),
        st.builds(Or, st.lists(parts, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@pytest.fixture
def shelves(library):
    for number, asset in enumerate(ASSETS):
        facts = {key: value for key, value in asset.items() if key not in {"name", "segments"}}
        folder = "/films/odd" if number % 2 else "/films/even"
        library.asset(f"{folder}/{asset['name']}", *asset["segments"], names=False, **facts)
    return library.database


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trees.map(Query))
def test_a_search_selects_exactly_what_it_says(shelves, query):
    with shelves.read() as session:
        listed = {asset.name for asset in browse.page(session, query)}
        total = browse.total(session, query)
        found, hits = search.moments(session, query, limit=1000)

    assert listed == expected(query)
    assert total == len(listed)
    assert {moment.name for moment in found} == listed
    assert hits == len(found)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trees.map(Query))
def test_every_moment_holds_a_wanted_word(shelves, query):
    with shelves.read() as session:
        found, _ = search.moments(session, query, limit=1000)

    for moment in found:
        holds = [leaf for leaf in query.wanted if moment.field and _contains(leaf, moment.field, moment.text)]
        assert holds or moment.field is None
