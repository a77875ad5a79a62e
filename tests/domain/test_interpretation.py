"""What an answer amounts to: outcome, sections that hold up, and problems in words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.domain.interpretation import CUTS, FAILURES, REFUSALS, interpret
from shotlog.domain.outcome import Outcome
from shotlog.domain.recipe import Dimension
from shotlog.inference.recipe_book import RecipeBook

BOOK = RecipeBook.load()
COMBINED = BOOK.get("combined").with_dimensions(
    (
        Dimension(name="setting", values=("Indoor", "Outdoor")),
        Dimension(name="people", values=("nobody", "one person")),
    )
)


def good(**changes):
    answer = {
        "summary": {"text": "A dog runs along a beach."},
        "chapters": [{"title": "Running", "start_s": 0, "end_s": "00:08", "summary": "It runs."}],
        "elements": {
            "people": {"max_count": 0},
            "objects": [{"name": "dog", "time_ranges": [{"start_s": 0, "end_s": 8}]}],
            "text_on_screen": [{"text": "DOG BEACH", "start_s": 2}],
        },
        "classification": {
            "labels": [
                {"dimension": "setting", "value": "Outdoor", "confidence": 0.9},
                {"dimension": "people", "value": "nobody", "confidence": 0.9},
            ]
        },
        "metadata": {"keywords": ["dog", "beach"]},
    }
    return {name: value for name, value in {**answer, **changes}.items() if value is not ...}


def read(answer, stop_reason="end_turn", recipe=COMBINED, kind="video", **more):
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return interpret(text, stop_reason, recipe, kind, **more)


def test_a_whole_answer_succeeds_and_is_ready_to_store():
    result = read(good())
    assert result.outcome is Outcome.SUCCEEDED
    assert list(result.sections) == ["summary", "chapters", "elements", "classification", "metadata"]
    assert result.sections["chapters"][0]["end_s"] == 8.0
    assert not result.problems
    assert result.code == ""
    json.dumps(result.sections, allow_nan=False)


def test_the_local_engine_is_known_by_its_own_word():
    assert read(good(engine="local")).engine == "local"
    assert read(good()).engine is None


@pytest.mark.parametrize("stop", sorted(REFUSALS))
def test_p07_a_refusal_is_one_whatever_the_text(stop):
    for text in ("", "The generated text has been blocked by our content filters."):
        result = read(text, stop)
        assert result.outcome is Outcome.REFUSED
        assert stop in result.message


@pytest.mark.parametrize("stop", [*sorted(FAILURES), "end_turn", ""])
def test_p07_an_empty_answer_fails_and_names_the_stop_reason(stop):
    result = read("  \n", stop)
    assert result.outcome is Outcome.FAILED
    assert (stop or "not given") in result.message


@pytest.mark.parametrize("stop", sorted(CUTS))
def test_p05_nothing_before_the_cut_is_truncated(stop):
    for text in ("", '{"summ', '{"summary": {"text": "A dog that'):
        result = read(text, stop)
        assert result.outcome is Outcome.TRUNCATED
        assert result.code == stop


def test_p05_what_was_complete_before_the_cut_is_salvaged_and_flagged():
    text = json.dumps(good())
    result = read(text[: text.index('"classification"') + 20], "max_tokens")
    assert result.outcome is Outcome.PARTIAL
    assert list(result.sections) == ["summary", "chapters", "elements"]
    assert "cut off inside classification" in result.message
    assert result.code == "max_tokens"


def test_p05_a_cut_list_keeps_its_complete_items():
    chapters = [{"title": f"t{n}", "start_s": n, "end_s": n + 1} for n in range(5)]
    text = json.dumps({"chapters": chapters})
    result = read(text[: text.index('"t3"') + 6], "max_tokens", BOOK.get("chapters"))
    assert result.outcome is Outcome.PARTIAL
    assert [chapter["title"] for chapter in result.sections["chapters"]] == ["t0", "t1", "t2"]


def test_a_failed_stop_with_a_readable_answer_is_partial():
    assert read(good(), "malformed_model_output").outcome is Outcome.PARTIAL
    assert read("no JSON", "malformed_model_output").outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"summary": {}}',
        '{"summary": {"text": "  "}, "chapters": []}',
        '{"summary": null, "elements": {}, "metadata": {}}',
        '{"other": {"text": "x"}}',
        '{"summary": 5, "chapters": 5, "elements": [1], "classification": "no", "metadata": true}',
    ],
)
def test_p11_f01_an_answer_that_says_nothing_is_never_a_success(text):
    result = read(text)
    assert result.outcome is Outcome.UNPARSABLE
    assert result.sections == {}
    assert result.problems


def test_prose_is_unparsable_and_says_why():
    result = read("I am sorry, I cannot look at this video.")
    assert result.outcome is Outcome.UNPARSABLE
    assert result.code == "unparsable"


def test_a_missing_section_makes_it_partial():
    result = read(good(metadata=...))
    assert result.outcome is Outcome.PARTIAL
    assert "metadata: is missing" in result.problems
    assert "metadata" not in result.sections


def test_one_bad_item_costs_only_itself():
    elements = {
        "objects": [
            {"name": "dog", "time_ranges": [{"start_s": 1, "end_s": 2}, {"start_s": "soon", "end_s": 3}]},
            {"category": "nameless"},
            7.5,
            {"name": "ball"},
        ],
        "people": {"max_count": "many", "descriptions": ["a child"]},
    }
    result = read(good(elements=elements))
    assert result.outcome is Outcome.PARTIAL
    kept = result.sections["elements"]
    assert [thing["name"] for thing in kept["objects"]] == ["dog", "ball"]
    assert kept["objects"][0]["time_ranges"] == [{"start_s": 1.0, "end_s": 2.0}]
    assert kept["people"] == {"max_count": None, "descriptions": ["a child"], "time_ranges": []}
    assert any("elements.objects.1.name" in problem for problem in result.problems)


def test_thousands_of_bad_items_cost_no_time_and_few_words():
    objects = [{"category": n} for n in range(5000)] + [{"name": "dog"}]
    result = read(good(elements={"objects": objects}))
    assert [thing["name"] for thing in result.sections["elements"]["objects"]] == ["dog"]
    assert len(result.problems) < 20


def test_p09_texts_where_objects_were_asked_for_are_understood():
    result = read(good(elements={"objects": ["dog", "ball"], "text_on_screen": ["DOG BEACH"]}))
    assert result.outcome is Outcome.SUCCEEDED
    assert [thing["name"] for thing in result.sections["elements"]["objects"]] == ["dog", "ball"]
    assert result.sections["elements"]["text_on_screen"][0]["text"] == "DOG BEACH"


def test_nulls_count_as_absent_and_other_writings_of_time_are_read():
    chapters = [{"title": None, "start_s": "1:00:02", "end_s": "83.5s", "key_points": None}]
    result = read(good(chapters=chapters))
    assert result.outcome is Outcome.SUCCEEDED
    chapter = result.sections["chapters"][0]
    assert (chapter["start_s"], chapter["end_s"]) == (83.5, 3602.0)


def test_p12_values_outside_the_taxonomy_become_unknown_with_a_reason():
    labels = [
        {"dimension": "Setting", "value": " outdoor "},
        {"dimension": "people", "value": "a flock of geese", "confidence": 0.8},
        {"dimension": "weather", "value": "rain"},
    ]
    result = read(good(classification={"labels": labels}))
    assert result.outcome is Outcome.SUCCEEDED
    setting, people = result.sections["classification"]["labels"]
    assert (setting["dimension"], setting["value"]) == ("setting", "Outdoor")
    assert (people["value"], people["unknown_reason"]) == (
        "unknown",
        "'a flock of geese' is not in the taxonomy",
    )
    assert any("weather" in problem for problem in result.problems)


def test_p12_holds_for_photos_too():
    answer = {
        "description": {"overview": "A dog."},
        "elements": {"objects": ["dog"]},
        "classification": {"labels": [{"dimension": "setting", "value": "Moon"}]},
        "metadata": {"keywords": ["dog"]},
    }
    result = read(answer, kind="photo")
    labels = {label["dimension"]: label for label in result.sections["classification"]["labels"]}
    assert labels["setting"]["value"] == "unknown"
    assert labels["people"] == {
        "dimension": "people",
        "value": "unknown",
        "confidence": None,
        "evidence": [],
        "unknown_reason": "not answered",
    }


def test_a_word_outside_a_fixed_list_falls_back_without_loss():
    result = read(good(elements={"objects": [{"name": "dog", "confidence": "absolutely"}]}))
    assert result.outcome is Outcome.SUCCEEDED
    assert result.sections["elements"]["objects"][0]["confidence"] == "unknown"
    assert result.problems


def test_p06_a_lossy_repair_is_partial_and_a_lossless_one_is_not():
    text = json.dumps(good())
    assert read(f"```json\n{text}\n```").outcome is Outcome.SUCCEEDED
    assert read(text.replace('"chapters":', '??? "chapters":')).outcome is Outcome.PARTIAL


def test_p10_one_section_may_come_without_its_name():
    assert read('{"text": "A dog."}', recipe=BOOK.get("summary")).sections["summary"]["text"] == "A dog."
    result = read('[{"title": "a", "start_s": 0, "end_s": 1}]', recipe=BOOK.get("chapters"))
    assert result.outcome is Outcome.SUCCEEDED


def test_times_after_the_end_are_cut_back_or_dropped():
    chapters = [{"title": "a", "start_s": 0, "end_s": 60}, {"title": "b", "start_s": 30, "end_s": 40}]
    result = read(good(chapters=chapters), duration_ms=10_000)
    assert result.sections["chapters"] == [
        {"title": "a", "start_s": 0.0, "end_s": 10.0, "summary": "", "key_points": []}
    ]
    assert any("after the end" in problem for problem in result.problems)


WILD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["00:05", "high"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["text", "labels", "dimension", "value", "objects", "name", "start_s", "end_s", "people"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(
    st.dictionaries(
        st.sampled_from(["summary", "chapters", "elements", "classification", "metadata", "engine"]), WILD
    ),
    st.sampled_from([*REFUSALS, *CUTS, *FAILURES, "end_turn", "", "something_new"]),
    st.none() | st.integers(0, 10**9),
)
def test_p03_no_answer_of_any_shape_raises_or_breaks_the_rules(answer, stop, duration_ms):
    result = read(json.dumps(answer), stop, duration_ms=duration_ms)
    assert bool(result.sections) == result.outcome.analysed
    assert bool(result.code) != (result.outcome is Outcome.SUCCEEDED)
    json.dumps(result.sections, allow_nan=False).encode("utf-8")
    assert interpret(json.dumps(result.sections), "end_turn", COMBINED, "video").outcome.analysed or not (
        result.sections
    )
