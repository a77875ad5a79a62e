"""All recipes by name: the package's own, and over them the user's from a folder of TOML files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

from shotlog.domain.recipe import Recipe, Taxonomy
from shotlog.errors import Invalid, NotFound

#: The file of a recipes folder that holds the taxonomy and no recipe.
TAXONOMY_FILE = "taxonomy.toml"

_LIMIT_BYTES = 1 << 20


class RecipeBook:
    """Recipes by name, each with the taxonomy that it is used with."""

    def __init__(self, recipes: Iterable[Recipe]) -> None:
        self._recipes = {recipe.name: recipe for recipe in recipes}

    @classmethod
    def load(cls, folder: Path | None = None) -> RecipeBook:
        """Read the package's recipes and those in *folder* (which need not exist); the same name replaces.

        A recipe with dimensions of its own keeps them; all others that classify take the folder's
        ``taxonomy.toml``, or the package's.

        Raises:
            Invalid: a file cannot be read, is no TOML, or is no recipe; the message names it.
        """
        tables: dict[str, tuple[str, dict[str, Any]]] = {}
        taxonomy = Taxonomy(dimensions=())
        for name, text in [*_packaged(), *_own(folder)]:
            table = _parse(text, name)
            if Path(name).name == TAXONOMY_FILE:
                taxonomy = Taxonomy.from_json(table, name)
                continue
            table.setdefault("name", Path(name).stem)
            tables[str(table["name"])] = (name, table)
        return cls(_recipe(table, taxonomy, name) for name, table in tables.values())

    def get(self, name: str) -> Recipe:
        """Return the recipe of that name.

        Raises:
            NotFound: there is none.
        """
        try:
            return self._recipes[name]
        except KeyError as error:
            raise NotFound(
                f"There is no recipe {name!r}.", hint=f"There are: {', '.join(self.names())}."
            ) from error

    def names(self) -> list[str]:
        """Return the names of all recipes, sorted."""
        return sorted(self._recipes)


def _recipe(table: dict[str, Any], taxonomy: Taxonomy, name: str) -> Recipe:
    recipe = Recipe.from_json(table, name)
    classifies = any("classification" in recipe.part(kind).sections for kind in recipe.kinds)
    if classifies and not recipe.dimensions and taxonomy.dimensions:
        return recipe.with_dimensions(taxonomy.dimensions)
    return recipe


def _packaged() -> list[tuple[str, str]]:
    data = resources.files("shotlog.data")
    files = [data.joinpath(TAXONOMY_FILE), *data.joinpath("recipes").iterdir()]
    return [(file.name, file.read_text("utf-8")) for file in files if file.name.endswith(".toml")]


def _own(folder: Path | None) -> list[tuple[str, str]]:
    if folder is None or not folder.is_dir():
        return []
    return [(str(path), _read(path)) for path in sorted(folder.glob("*.toml"))]


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise Invalid(f"{path} is too large for a recipe.", hint="A recipe is a few kilobytes of TOML.")
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} cannot be read: {error}") from error


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Invalid(
            f"{name} is no valid TOML: {error}",
            hint="Text with quotes or line breaks goes between triple quotes.",
        ) from error
