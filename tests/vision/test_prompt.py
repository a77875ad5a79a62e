"""What the local engine reads out of a prompt, however odd the prompt is."""

import json

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shotlog.domain import sections
from shotlog.vision.analysis import Analysis, Faces, Look, Shot, Span, Words
from shotlog.vision.compose import compose
from shotlog.vision.prompt import Prompt, parse_prompt
from shotlog.vision.schema import empty_value

FOUND = Analysis(
    kind="video",
    width=640,
    height=360,
    look=Look(["red"], "normal", "low"),
    duration_s=30.0,
    shots=[Shot(at, at + 1.0, at, Look(["red"], "dark", "still")) for at in map(float, range(30))],
    words=[Words('SAY "HI"\\n', "top", 0.9, 3.0, 5.0)],
    faces=Faces(2, [Span(1.0, 2.0)]),
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
WORDS = ["type", "properties", "items", "anyOf", "$ref", "enum", "required", "minItems", "minimum", "default"]
KINDS = st.sampled_from(["string", "object", "array", "number", "null", "nonsense", "#/properties/a", 3])
SCHEMAS = st.recursive(
    KINDS | JSON_VALUES,
    lambda inner: st.dictionaries(
        st.sampled_from([*WORDS, "a"]), inner | st.lists(inner, max_size=3), max_size=4
    ),
    max_leaves=12,
)


@given(st.text(max_size=300))
def test_any_text_can_be_read(text):
    assert isinstance(parse_prompt(text), Prompt)
    assert parse_prompt(f"JSON schema:\n{text}\nJSON schema:\n" + '{"properties": {}}').sections == {}


@given(SCHEMAS)
def test_any_schema_gets_a_value_that_is_json(schema):
    json.dumps(empty_value(schema, schema if isinstance(schema, dict) else {}), allow_nan=False)


@given(st.dictionaries(st.sampled_from([*sections.SHAPES, "other", "engine"]), SCHEMAS, max_size=4))
def test_every_answer_is_json_that_says_who_wrote_it(properties):
    text = f"JSON schema:\n{json.dumps({'properties': properties})}"
    answer = json.loads(compose(FOUND, parse_prompt(text)))

    assert answer["engine"] == "local"
    assert set(answer) == {"engine", *properties}


@given(st.text(max_size=80), st.text(max_size=80))
def test_names_from_outside_are_data(name, folder):
    text = f'- File name: {name}\n- Folder: {folder}\nJSON schema:\n{{"properties": {{"metadata": {{}}}}}}'
    answer = json.loads(compose(FOUND, parse_prompt(text)))

    TypeAdapter(sections.Metadata).validate_python(answer["metadata"])
    assert set(answer) == {"engine", "metadata"}


def test_a_schema_that_refers_to_itself_ends():
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}

    assert empty_value(schema, schema) is None


def test_a_schema_too_deep_to_read_counts_as_none():
    assert parse_prompt("JSON schema:\n" + '{"a":' * 100_000).sections is None


def test_what_is_not_json_in_a_schema_does_not_reach_the_answer():
    assert parse_prompt('JSON schema:\n{"properties": {"a": {"default": NaN}}}').sections is None


def test_short_shots_are_joined_into_chapters_that_cover_all():
    chapters = json.loads(compose(FOUND, parse_prompt('JSON schema:\n{"properties": {"chapters": {}}}')))[
        "chapters"
    ]

    assert len(chapters) == 15
    assert (chapters[0]["start_s"], chapters[-1]["end_s"]) == (0.0, 30.0)
    assert all(chapter["end_s"] - chapter["start_s"] >= 2 for chapter in chapters)


def test_a_long_caption_is_cut_in_a_title_and_whole_among_the_elements():
    found = Analysis(
        "video",
        640,
        360,
        Look(),
        4.0,
        [Shot(0.0, 4.0, 0.0, Look())],
        [Words("W" * 500, "top", 0.9, 0.0, 4.0)],
    )
    wanted = parse_prompt('JSON schema:\n{"properties": {"chapters": {}, "elements": {}}}')
    answer = json.loads(compose(found, wanted))

    assert len(answer["chapters"][0]["title"]) == 60
    assert answer["elements"]["text_on_screen"][0]["text"] == "W" * 500
