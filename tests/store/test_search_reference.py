"""Every example of the search reference is true, on both databases."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sample_library import NOW
from shotlog.domain import query as language
from shotlog.domain.query import parse
from shotlog.domain.segments import FIELDS
from shotlog.errors import Invalid
from shotlog.services.browse import Browse

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "search.md"


def rows(block):
    """The cells of each row of the tables in the page's blocks of this name."""
    text = PAGE.read_text(encoding="utf-8")
    for found in re.findall(rf"<!-- {block} -->\n(.*?)<!-- end -->", text, re.DOTALL):
        lines = [line for line in found.splitlines() if line.startswith("|")][2:]
        for line in lines:
            yield [cell.strip() for cell in line.strip("|").split("|")]


def code(cell):
    return re.findall(r"`([^`]+)`", cell)


def utc(day):
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


FACTS = {
    "ferry.mp4": {
        "duration_ms": 90_000,
        "width": 1920,
        "height": 1080,
        "captured_at": utc("2024-05-01"),
        "latitude": 1.0,
        "longitude": 2.0,
        "has_audio": True,
        "analysed_at": NOW,
    },
    "Café Été.mov": {
        "duration_ms": 20_000,
        "width": 1280,
        "height": 720,
        "captured_at": utc("2024-06-30"),
        "analysed_at": NOW,
    },
    "GrandmaBirthday01.mp4": {
        "duration_ms": 600_000,
        "width": 3840,
        "height": 2160,
        "captured_at": utc("2023-12-24"),
        "camera_make": "Canon",
        "camera_model": "EOS R6",
    },
    "gull.jpg": {
        "kind": "photo",
        "width": 4000,
        "height": 3000,
        "camera_make": "Acme",
        "camera_model": "2",
        "analysed_at": NOW,
    },
    "broken.mp4": {"state": "failed", "kind": None},
    "old.mp4": {"missing_at": NOW},
}


@pytest.fixture
def shelf(library):
    for name, folder, _, words in rows("library"):
        segments = []
        for piece in filter(None, words.split(" / ")):
            field, start, end, text = re.fullmatch(r"(\w+)(?: ([\d.]+)-([\d.]+) s)?: (.*)", piece).groups()
            span = [round(float(second) * 1000) for second in (start, end) if second]
            segments.append((field, text, *span))
        library.asset(f"{code(folder)[0]}/{code(name)[0]}", *segments, **FACTS[code(name)[0]])
    return Browse(library.database)


def test_e02_every_example_finds_what_the_page_says(shelf):
    examples = {code(search)[0]: set(code(found)) for search, _, found in rows("examples")}
    found = {search: {hit.name for hit in shelf.search(search).hits} for search in examples}

    assert len(examples) > 40
    assert found == examples


def test_every_example_lists_what_it_finds(shelf):
    for search, _, found in rows("examples"):
        assert {asset.name for asset in shelf.list_assets(code(search)[0]).assets} == set(code(found)), search


def test_what_the_page_calls_refused_is_refused():
    for search, _ in rows("refused"):
        with pytest.raises(Invalid):
            parse(code(search)[0])


def test_e02_every_filter_and_every_field_is_on_the_page():
    examples = " ".join(code(search)[0] for search, *_ in rows("examples"))

    assert {key for key in language._FILTERS if f"{key}:" not in examples} == set()
    assert {code(field)[0]: meaning for field, meaning in rows("fields")} == FIELDS
