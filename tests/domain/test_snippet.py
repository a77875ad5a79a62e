"""What of a text is shown, and what in it is marked."""

from hypothesis import given
from hypothesis import strategies as st

from shotlog.domain.query import parse
from shotlog.domain.query_tree import Words
from shotlog.domain.snippet import snippet


def marked(field, text, query):
    return snippet(field, text, parse(query).wanted).marked()


def test_found_words_are_marked_as_they_are_written():
    assert marked("chapter", "The Ferry docks; the ferry leaves", "ferry") == (
        "The «Ferry» docks; the «ferry» leaves"
    )
    assert marked("text", "ÉTÉ à TŌKYŌ", "ete tokyo") == "«ÉTÉ» à «TŌKYŌ»"
    assert marked("text", "夜の東京タワー", "東京") == "夜の«東京»タワー"


def test_phrases_and_prefixes_are_marked_whole():
    assert marked("text", "golden hour, golden days", '"golden hour"') == "«golden hour», golden days"
    assert marked("text", "sailing boats", "sail*") == "«sailing» boats"
    assert marked("text", "sail and sails", "sail") == "«sail» and sails"


def test_words_that_run_together_in_a_name_are_marked():
    assert marked("name", "GrandmaBirthday01.mov", "birthday") == "Grandma«Birthday»01.mov"
    assert marked("text", "GrandmaBirthday01", "birthday") == "GrandmaBirthday01"


def test_only_words_wanted_in_the_field_are_marked():
    assert marked("text", "red boat", "name:boat red") == "«red» boat"


def test_a_long_text_is_cut_around_what_was_found():
    text = "filler " * 100 + "the lighthouse " + "more " * 100
    shown = marked("summary", text, "lighthouse")

    assert "«lighthouse»" in shown
    assert shown.startswith("…filler")
    assert shown.endswith("more…")
    assert len(shown) < 200


def test_a_snippet_is_one_line_without_control_characters():
    shown = snippet("text", "a\nb\x1b[31mc\td\x00", [])

    assert shown.text == "a b [31mc d "
    assert shown.marks == ()


leaves = st.builds(
    Words,
    st.lists(st.sampled_from(["a", "b", "boat", "東"]), min_size=1, max_size=3).map(tuple),
    st.booleans(),
)


@given(st.sampled_from(["name", "text"]), st.text(), st.lists(leaves, max_size=3))
def test_marks_lie_in_the_text_and_do_not_overlap(field, text, wanted):
    shown = snippet(field, text, wanted)
    edges = [edge for mark in shown.marks for edge in mark]

    assert edges == sorted(edges)
    assert all(0 <= edge <= len(shown.text) for edge in edges)
    assert shown.marked("", "") == shown.text
