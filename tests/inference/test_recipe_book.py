"""Recipes by name, the user's over the package's, and the user's taxonomy."""

import pytest

from shotlog.domain.sections import COMBINED, SHAPES
from shotlog.errors import Invalid, NotFound
from shotlog.inference.recipe_book import RecipeBook
from shotlog.media import sniff

BOATS = """
version = "3"
[video]
sections = ["summary", "classification"]
instructions = "Look for boats."
"""


def test_the_built_in_recipes_are_those_promised():
    book = RecipeBook.load()
    kinds = {name: book.get(name).kinds for name in book.names()}
    assert kinds == {
        "summary": ("video",),
        "chapters": ("video",),
        "description": ("photo",),
        "elements": ("video", "photo"),
        "classification": ("video", "photo"),
        "metadata": ("video", "photo"),
        "combined": ("video", "photo"),
    }


@pytest.mark.parametrize("kind", ["video", "photo"])
def test_combined_asks_everything_in_one_pass(kind):
    assert RecipeBook.load().get("combined").part(kind).sections == COMBINED[kind]


def test_recipes_of_ones_own_add_and_replace(tmp_path):
    (tmp_path / "boats.toml").write_text(BOATS)
    (tmp_path / "mine.toml").write_text(BOATS.replace("version", 'name = "summary"\nversion'))
    (tmp_path / "notes.txt").write_text("no recipe")
    book = RecipeBook.load(tmp_path)
    assert book.get("boats").version == "3"
    assert book.get("summary").part("video").instructions == "Look for boats."
    assert len(book.names()) == 8


def test_a_taxonomy_of_ones_own_goes_to_all_recipes_that_classify(tmp_path):
    (tmp_path / "taxonomy.toml").write_text('[dimensions.hull]\nvalues = ["wood", "steel"]')
    (tmp_path / "boats.toml").write_text(BOATS)
    (tmp_path / "own.toml").write_text(BOATS + '[dimensions.sail]\nvalues = ["yes", "no"]')
    book = RecipeBook.load(tmp_path)
    assert [dimension.name for dimension in book.get("combined").dimensions] == ["hull"]
    assert [dimension.name for dimension in book.get("boats").dimensions] == ["hull"]
    assert [dimension.name for dimension in book.get("own").dimensions] == ["sail"]
    assert book.get("summary").dimensions == ()


def test_without_a_folder_there_are_the_built_in_ones(tmp_path):
    assert RecipeBook.load(tmp_path / "none").names() == RecipeBook.load().names()


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(NotFound, match="boats") as caught:
        RecipeBook.load().get("boats")
    assert "combined" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("boats.toml", 'instructions = "no end', "no valid TOML"),
        ("boats.toml", BOATS + "colour = 1", "colour"),
        ("Boats and ships.toml", BOATS, "name"),
        ("taxonomy.toml", "dimension = 1", "dimension"),
        ("taxonomy.toml", "[dimensions.hull]\nvalues = []", "values"),
    ],
)
def test_a_bad_file_is_refused_by_name_with_a_hint(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(Invalid, match=said) as caught:
        RecipeBook.load(tmp_path)
    assert name in caught.value.message
    assert caught.value.hint


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "boats.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Invalid, match="cannot be read"):
        RecipeBook.load(tmp_path)


def test_i03_kinds_and_sections_come_from_one_table():
    book = RecipeBook.load()
    asked = {kind: set() for kind in COMBINED}
    for recipe in map(book.get, book.names()):
        for kind in recipe.kinds:
            asked[kind] |= set(recipe.part(kind).sections)

    assert asked == {kind: set(sections) for kind, sections in COMBINED.items()}
    assert set().union(*asked.values()) == set(SHAPES)
    assert {found.kind for _, found in sniff._SIGNATURES} == set(COMBINED)
