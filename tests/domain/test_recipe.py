"""Recipes: what they may say, and what their digest stands for."""

import copy

import pytest

from shotlog.domain.recipe import Dimension, Recipe
from shotlog.errors import Invalid

TABLE = {
    "name": "boats",
    "version": 2,
    "video": {"sections": ["summary"], "instructions": "Look for boats."},
    "dimensions": {"size": {"values": ["small", "large"]}},
}


def changed(**changes):
    return {**copy.deepcopy(TABLE), **changes}


def test_it_survives_the_way_through_json():
    recipe = Recipe.from_json(TABLE)
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe
    assert again.digest == recipe.digest
    assert recipe.version == "2"
    assert recipe.kinds == ("video",)
    assert recipe.dimensions == (Dimension(name="size", values=("small", "large")),)


@pytest.mark.parametrize(
    "other",
    [
        changed(version=3),
        changed(video={"sections": ["summary"], "instructions": "Look for ships."}),
        changed(video={**TABLE["video"], "max_tokens": 17}),
        changed(video={**TABLE["video"], "temperature": 0.5}),
        changed(video={**TABLE["video"], "sections": ["summary", "chapters"]}),
        changed(dimensions={"size": {"values": ["large", "small"]}}),
        changed(photo={"sections": ["description"], "instructions": "Look for boats."}),
    ],
)
def test_the_digest_changes_with_everything_that_shapes_an_answer(other):
    assert Recipe.from_json(other).digest != Recipe.from_json(TABLE).digest


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (changed(name="Boats and ships"), "name"),
        (changed(video=None), "neither"),
        (changed(video={"sections": ["summary"]}), "instructions"),
        (changed(video={"sections": [], "instructions": "x"}), "sections"),
        (changed(video={"sections": ["description"], "instructions": "x"}), "description"),
        (changed(photo={"sections": ["chapters"], "instructions": "x"}), "chapters"),
        (changed(video={"sections": ["summary", "summary"], "instructions": "x"}), "twice"),
        (changed(video={**TABLE["video"], "max_tokens": 0}), "max_tokens"),
        (changed(video={**TABLE["video"], "temprature": 0}), "temprature"),
        (changed(dimensions={"size": {"values": []}}), "values"),
        (changed(dimensions={"size": {"values": ["a", "A"]}}), "twice"),
        (changed(dimensions={"size": {"values": ["a | b"]}}), "dimensions"),
        (changed(dimensions={"a\nb": {"values": ["a"]}}), "dimensions"),
        (changed(dimensions="none"), "dimensions"),
    ],
)
def test_a_wrong_recipe_is_refused_with_the_place(wrong, said):
    with pytest.raises(Invalid, match=said) as caught:
        Recipe.from_json(wrong, "boats.toml")
    assert "boats.toml" in caught.value.message
    assert caught.value.hint


def test_a_value_is_found_whatever_its_case_and_blanks():
    dimension = Dimension(name="setting", values=("Screen recording", "Indoor"))
    assert dimension.find(" screen  RECORDING ") == "Screen recording"
    assert dimension.find("outside") is None


def test_another_taxonomy_makes_another_recipe():
    recipe = Recipe.from_json(TABLE)
    other = recipe.with_dimensions((Dimension(name="sail", values=("yes", "no")),))
    assert other.dimensions[0].name == "sail"
    assert other.digest != recipe.digest
