"""Finding JSON in what models write: exact where it is, flagged where it is not, never anything else."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotlog.domain.answer_json import MAX_CHARS, parse_answer
from shotlog.errors import Unparsable

SAFE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00:"), max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | SAFE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SAFE, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(SAFE, VALUES, min_size=1, max_size=4)


@given(OBJECTS, st.booleans())
def test_valid_json_comes_back_as_it_is_without_a_flag(value, ascii_only):
    parsed = parse_answer(json.dumps(value, ensure_ascii=ascii_only))
    assert parsed.value == value
    assert (parsed.repaired, parsed.lossy, parsed.cut) == (False, False, False)


@given(OBJECTS)
def test_p01_fences_and_prose_around_are_stepped_over(value):
    text = f"Here is the JSON you asked for:\n```json\n{json.dumps(value, indent=1)}\n```\nAnything else?"
    parsed = parse_answer(text)
    assert parsed.value == value
    assert parsed.repaired
    assert not parsed.lossy


@given(st.text() | st.text("{}[]\",:\\'/*` \nabu01.-e“”"))
@settings(max_examples=300)
def test_p03_whatever_the_text_only_our_own_error_is_raised(text):
    for answer in (text, '{"a":' + text, '{"a":"' + text + '","b":[1,{"c":2}]}'):
        try:
            parsed = parse_answer(answer, ("a", "b"))
        except Unparsable:
            continue
        assert isinstance(parsed.value, dict)
        json.dumps(parsed.value, ensure_ascii=False, allow_nan=False).encode("utf-8")


@given(OBJECTS, st.data())
def test_p05_a_cut_anywhere_is_seen_and_keeps_only_what_was_written(value, data):
    text = json.dumps(value)
    at = data.draw(st.integers(1, len(text) - 1))
    try:
        parsed = parse_answer(text[:at])
    except Unparsable:
        return
    assert parsed.cut
    assert parsed.lossy
    for key, kept in parsed.value.items():
        if key != parsed.cut_member:
            assert kept == value[key]


@given(st.data())
def test_p05_members_before_the_cut_are_kept_whole(data):
    value = {"summary": {"text": "x"}, "chapters": [{"a": [1, {"b": 2}]}] * 3, "elements": {"o": ["y"] * 5}}
    text = json.dumps(value)
    at = data.draw(st.integers(text.index('"elements"') + 14, len(text) - 1))
    parsed = parse_answer(text[:at], tuple(value))
    assert parsed.value["summary"] == value["summary"]
    assert parsed.value["chapters"] == value["chapters"]
    assert parsed.cut_member in ("elements", None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('\ufeff{"a": 1}', {"a": 1}),
        ('{"a": "x\u2028y\u0085"}', {"a": "x\u2028y\u0085"}),
        (r'{"a": "\ud83d\ude00"}', {"a": "😀"}),
        ('{"a": "Plan B:\\nGo on"}', {"a": "Plan B:\nGo on"}),
    ],
)
def test_p11_what_is_odd_but_right_carries_no_flag(text, value):
    parsed = parse_answer(text)
    assert parsed.value == value
    assert (parsed.repaired, parsed.lossy) == (False, False)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('```\n{"a": 1}\n```', {"a": 1}),
        ('Sure: {"a": 1} Hope "this" helps {you}!', {"a": 1}),
        ('As {asked}: {"a": 1}', {"a": 1}),
        ('{"a": "one\ntwo\tthree"}', {"a": "one\ntwo\tthree"}),
        (r'{"a": "\d+ \w \s, C:\x"}', {"a": r"\d+ \w \s, C:\x"}),
        (r'{"a": "tab\t and \q"}', {"a": "tab\t and \\q"}),
        ('{"a": [1, 2,], "b": {"c": 3,},}', {"a": [1, 2], "b": {"c": 3}}),
        ('{"a": "x" "b": 2}', {"a": "x", "b": 2}),
        ('{"a": [1 2 3]}', {"a": ["1 2 3"]}),
        ('{"a": ["x" "y"], "b": 1}', {"a": ["x", "y"], "b": 1}),
        (
            "{'a': 'it\\'s', 'b': 'it's', 'c': None, 'd': True}",
            {"a": "it's", "b": "it's", "c": None, "d": True},
        ),
        ("{a: hello world, b: [x, y]}", {"a": "hello world", "b": ["x", "y"]}),
        ("{“a”: “b”}", {"a": "b"}),
        ('{"a": NaN, "b": -Infinity, "c": 1e999}', {"a": None, "b": None, "c": None}),
        ('{"a": 1, // why\n"b": /* so */ 2}', {"a": 1, "b": 2}),
        ('{"a": 1}{"b": 2}', {"a": 1, "b": 2}),
        ('[{"a": 1}]', {"a": 1}),
        ('[{"a": 1}, {"b": 2}]', {"a": 1, "b": 2}),
        ('{{"a": 1}}', {"a": 1}),
        ('{"a": [{"b": [1, 2}], "c": 3}', {"a": [{"b": [1, 2]}], "c": 3}),
        ('{"a": {"x": 1}}, "b": [1], "c": 2}', {"a": {"x": 1}, "b": [1], "c": 2}),
        ('{"a": "x"} "b": 1}', {"a": "x", "b": 1}),
        ('{"a": "a 24" screen", "b": {"c": 1}}', {"a": 'a 24" screen', "b": {"c": 1}}),
        ('{"a": "he said "hi", twice", "b": 1}', {"a": 'he said "hi", twice', "b": 1}),
    ],
)
def test_p02_p06_p11_what_can_be_mended_without_loss_is_and_says_so(text, value):
    parsed = parse_answer(text, ("a", "b", "c", "d"))
    assert parsed.value == value
    assert parsed.repaired
    assert not parsed.lossy
    assert parsed.notes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, "a": 2}', {"a": 2}),
        ('{"a": 1}{"a": 2}', {"a": 1}),
        ('{"a":, "b": 2}', {"b": 2}),
        ('{"b": 2, "a"}', {"b": 2}),
        ('{"b": 2, ??? "a": 1}', {"b": 2, "a": 1}),
        ('{"a":"x, "b":1}', {"a": "x", "b": 1}),
        (r'{"a": "\ud800 and \u0000"}', {"a": "\ufffd and \ufffd"}),
        (r'{"a": "C:\foo\bar.mp4"}', {"a": "C:\foo\bar.mp4"}),
        (r'{"a": "C:\new\take.mp4"}', {"a": "C:\new\take.mp4"}),
    ],
)
def test_p04_p06_what_loses_something_says_so(text, value):
    parsed = parse_answer(text, ("a", "b"))
    assert parsed.value == value
    assert parsed.lossy
    assert parsed.notes


def test_p06_a_bad_spot_costs_nothing_that_comes_after_it():
    text = """{"summary": {"text": "a 24" wide screen"},
    "chapters": [{"title": "t" "start_s": 1}], "metadata": {"k": 1}}"""
    parsed = parse_answer(text, ("summary", "chapters", "metadata"))
    assert parsed.value == {
        "summary": {"text": 'a 24" wide screen'},
        "chapters": [{"title": "t", "start_s": 1}],
        "metadata": {"k": 1},
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "null",
        "42",
        '"text"',
        "[]",
        "[1, 2]",
        "I cannot help with that.",
        '{"a',
        "{",
        "{:}",
        "```json\n```",
    ],
)
def test_p07_p11_what_holds_no_object_is_refused(text):
    with pytest.raises(Unparsable):
        parse_answer(text)


def test_p11_an_empty_object_is_told_apart_from_an_answer():
    assert parse_answer("{}").value == {}


def test_braces_of_prose_do_not_hide_the_answer():
    text = 'I used {"note": "not this"} as a guide. {"summary": {"text": "x"}}'
    assert parse_answer(text, ("summary",)).value == {"summary": {"text": "x"}}


def test_a_wrapper_around_the_answer_is_taken_off():
    parsed = parse_answer('{"result": {"summary": {"text": "x"}}}', ("summary", "chapters"))
    assert parsed.value == {"summary": {"text": "x"}}
    assert parsed.repaired


def test_a_bare_list_answers_the_only_section_asked_for():
    assert parse_answer('[{"title": "a"}, {"title": "b"}]', ("chapters",)).value == {
        "chapters": [{"title": "a"}, {"title": "b"}]
    }


@pytest.mark.parametrize("opener", ['{"a":', "[", "{", '{"a":[', "[{"])
def test_deep_nesting_is_refused(opener):
    with pytest.raises(Unparsable):
        parse_answer(opener * 100_000)


_MILLION = 1_000_000


@pytest.mark.parametrize(
    "text",
    [
        '"' * _MILLION,
        '{"a":"' + 'x" ' * (_MILLION // 3),
        '{"a":"' + "\\" * _MILLION,
        '{"a":["' + 'b",' * (_MILLION // 3),
        "{" + "a:" * (_MILLION // 2),
        "{" + "a" * _MILLION,
        '{"a":1,' + "/*" * (_MILLION // 2),
        '{"a":"x",' + '"b" ' * (_MILLION // 4),
        '{"a":"x"' + " " * _MILLION + "!",
        '{"a":[' + "1," * (_MILLION // 2),
        "[1],{]" * (_MILLION // 6),
    ],
    ids=range(11),
)
@pytest.mark.timeout(60)
def test_p03_a_megabyte_of_garbage_ends(text):
    try:
        parse_answer(text, ("a",))
    except Unparsable:
        return


@pytest.mark.timeout(60)
def test_p03_a_megabyte_of_noise_ends():
    noise = random.Random(7)
    text = "".join(noise.choices("{}[]\",:\\' ab1\n", k=_MILLION))
    try:
        parse_answer(text, ("a",))
    except Unparsable:
        return


def test_an_answer_beyond_all_measure_is_refused():
    with pytest.raises(Unparsable, match="characters long"):
        parse_answer(" " * (MAX_CHARS + 1))
