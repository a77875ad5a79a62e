"""What of an answer, and of a file's name, can be found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.domain.sections import SHAPES, Elements, Label, Thing
from shotlog.domain.segments import FIELDS, Segment, name_segments, segments_of
from shotlog.domain.words import index_text

SECTIONS = {
    "summary": {"text": "A walk along the pier.", "language": "en", "highlights": ["a gull lands"]},
    "chapters": [
        {
            "title": "Arrival",
            "start_s": 0,
            "end_s": 12.5,
            "summary": "The ferry docks.",
            "key_points": ["ropes", "crew"],
        },
        {"title": "Departure", "start_s": 60, "end_s": 75.25},
    ],
    "elements": {
        "people": {
            "max_count": 3,
            "descriptions": ["sailor in blue"],
            "time_ranges": [{"start_s": 1, "end_s": 2}],
        },
        "objects": [
            {
                "name": "rope",
                "category": "tool",
                "time_ranges": [{"start_s": 1, "end_s": 2}, {"start_s": 7, "end_s": 8}],
            },
            {"name": "gull"},
        ],
        "topics": [{"topic": "ferries", "keywords": ["timetable"], "time_ranges": []}],
        "text_on_screen": [{"text": "GATE 7", "start_s": 4, "end_s": 6}],
        "look": {"colours": ["navy", "white"], "brightness": "bright", "motion": "low"},
        "sounds": [{"kind": "speech", "start_s": 0, "end_s": 3}],
    },
    "classification": {
        "labels": [
            {"dimension": "genre", "value": "travel"},
            {"dimension": "mood", "value": "unknown"},
        ]
    },
    "metadata": {
        "place": {"name": "Old Pier", "city": "Dover", "country": "UK"},
        "entities": [{"type": "organisation", "value": "Blue Line"}],
        "keywords": ["ferry", "sea"],
        "content_type": "travelogue",
    },
}


def test_every_section_of_a_video_becomes_findable_with_its_time():
    assert segments_of("video", SECTIONS) == [
        Segment("summary", "A walk along the pier."),
        Segment("highlight", "a gull lands"),
        Segment("chapter", "Arrival\nThe ferry docks.\nropes\ncrew", 0, 12_500),
        Segment("chapter", "Departure", 60_000, 75_250),
        Segment("text", "GATE 7", 4000, 6000),
        Segment("object", "rope, tool", 1000, 2000),
        Segment("object", "rope, tool", 7000, 8000),
        Segment("object", "gull"),
        Segment("topic", "ferries, timetable"),
        Segment("people", "3 people, sailor in blue", 1000, 2000),
        Segment("sound", "speech", 0, 3000),
        Segment("look", "navy, white, bright, low motion"),
        Segment("label", "genre travel"),
        Segment("place", "Old Pier, Dover, UK"),
        Segment("entity", "organisation Blue Line"),
        Segment("label", "content type travelogue"),
        Segment("keyword", "ferry, sea"),
    ]


def test_a_photo_has_no_times():
    sections = {"description": {"overview": "A gull.", "mood": "calm"}, "elements": SECTIONS["elements"]}
    found = segments_of("photo", sections)

    assert found[0] == Segment("description", "A gull.\ncalm")
    assert all(segment.start_ms is None and segment.end_ms is None for segment in found)
    assert [segment.text for segment in found].count("rope, tool") == 1


def test_sections_as_the_shapes_write_them_are_read():
    elements = Elements(objects=[Thing(name="drum")]).model_dump(mode="json")

    assert Segment("object", "drum") in segments_of("video", {"elements": elements})


def test_an_unknown_label_is_not_findable():
    labels = {"labels": [Label(dimension="genre").model_dump(mode="json")]}

    assert segments_of("video", {"classification": labels}) == []


def test_long_text_becomes_several_segments_and_loses_no_word():
    words = [f"word{number}" for number in range(4000)]
    found = segments_of("video", {"summary": {"text": " ".join(words)}})

    assert len(found) > 1
    assert " ".join(segment.text for segment in found).split() == words


@pytest.mark.parametrize("end", [1, -1, None, "soon", float("nan"), float("inf"), 10**400, True])
def test_a_time_that_makes_no_sense_is_dropped_and_the_words_stay(end):
    seen = {"text": "EXIT", "start_s": 2, "end_s": end}

    assert segments_of("video", {"elements": {"text_on_screen": [seen]}}) == [Segment("text", "EXIT", 2000)]


def test_f10_folders_such_as_customer_and_project_are_findable():
    found = {segment.field: segment.text for segment in name_segments("C0473.MP4", "/archive/SmithPool/2024")}

    assert "smith" in index_text("folder", found["folder"]).split()
    assert found["name"] == "C0473.MP4"


def test_fields_in_use_are_the_documented_ones():
    found = segments_of("video", SECTIONS) + segments_of("photo", {"description": {"overview": "x"}})

    assert {segment.field for segment in found} | {"name", "folder"} == set(FIELDS)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["text", "people", "objects", "start_s", "end_s", "time_ranges"]) | st.text(),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(["video", "photo", ""]), st.dictionaries(st.sampled_from(sorted(SHAPES)), anything))
def test_nothing_that_a_model_says_raises(kind, sections):
    for segment in segments_of(kind, sections):
        assert segment.text
        assert segment.field in FIELDS
        assert segment.end_ms is None or 0 <= segment.start_ms <= segment.end_ms


@given(st.text(), st.text())
def test_no_name_raises(name, folder):
    assert {segment.field for segment in name_segments(name, folder)} <= {"name", "folder"}
