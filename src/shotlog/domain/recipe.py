"""A recipe: a versioned prompt, the sections it asks for, and how the model is set."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from shotlog.domain.answer_schema import answer_schema
from shotlog.domain.sections import COMBINED
from shotlog.errors import Invalid

#: The value that every dimension has besides its own; it comes with a reason.
UNKNOWN = "unknown"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


_Value = Annotated[str, Field(pattern=r"^[^\s|][^|\r\n]{0,79}$")]


class Dimension(_Frozen):
    """One question of the user's taxonomy, with the values that may answer it; ``unknown`` always may."""

    name: Annotated[str, Field(pattern=r"^[^\s|:][^|:\r\n]{0,59}$")]
    values: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[^\s|][^|\r\n]{0,79}$")], ...], Field(min_length=1)
    ]

    @model_validator(mode="after")
    def _has_distinct_values(self) -> Self:
        folded = [value.casefold() for value in self.values]
        if len(set(folded)) != len(folded):
            raise ValueError("a value is listed twice")
        return self

    def find(self, value: str) -> str | None:
        """Return the listed value that *value* means (case and blanks aside), or None."""
        wanted = " ".join(value.casefold().split())
        return next((known for known in self.values if " ".join(known.casefold().split()) == wanted), None)


def _dimensions(value: object) -> object:
    """Read ``[dimensions.<name>] values = [...]`` as well as a list of dimensions."""
    if isinstance(value, Mapping):
        return [
            {"name": name, **table} if isinstance(table, Mapping) else {"name": name, "values": table}
            for name, table in value.items()
        ]
    return value


_Dimensions = Annotated[tuple[Dimension, ...], BeforeValidator(_dimensions)]


class Taxonomy(_Frozen):
    """The dimensions that recipes without any of their own classify by."""

    dimensions: _Dimensions

    @classmethod
    def from_json(cls, value: Mapping[str, Any], origin: str) -> Taxonomy:
        """Read a taxonomy from decoded JSON or TOML.

        Raises:
            Invalid: a part is missing, unknown or wrong; the message says which.
        """
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise invalid(error, origin) from error


class RecipePart(_Frozen):
    """What a recipe asks about one kind of asset."""

    sections: Annotated[tuple[str, ...], Field(min_length=1)]
    instructions: Annotated[str, Field(min_length=1, max_length=20_000)]
    #: Longest answer, in tokens.
    max_tokens: Annotated[int, Field(ge=16, le=1_000_000)] = 4000
    temperature: Annotated[float, Field(ge=0, le=1)] = 0.0
    #: How long an answer usually is, in tokens: what the estimate counts with.
    expected_tokens: Annotated[int, Field(ge=1)] = 500

    @model_validator(mode="after")
    def _names_each_section_once(self) -> Self:
        if len(set(self.sections)) != len(self.sections):
            raise ValueError("a section is listed twice")
        return self


class Recipe(_Frozen):
    """One immutable version of what is asked; its digest is its identity."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,32}$"), BeforeValidator(str)] = "1"
    description: str = ""
    video: RecipePart | None = None
    photo: RecipePart | None = None
    dimensions: _Dimensions = ()

    @model_validator(mode="after")
    def _asks_something_possible(self) -> Self:
        if not self.kinds:
            raise ValueError("it has neither a [video] nor a [photo] part")
        for kind in self.kinds:
            strange = [name for name in self.part(kind).sections if name not in COMBINED[kind]]
            if strange:
                known = ", ".join(COMBINED[kind])
                raise ValueError(f"{kind} has no section {strange[0]!r} (it has {known})")
        if len({dimension.name.casefold() for dimension in self.dimensions}) != len(self.dimensions):
            raise ValueError("a dimension is listed twice")
        return self

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of asset that it can be used on."""
        parts = {"video": self.video, "photo": self.photo}
        return tuple(kind for kind, part in parts.items() if part is not None)

    def part(self, kind: str) -> RecipePart:
        """Return what is asked about ``video`` or ``photo``.

        Raises:
            Invalid: the recipe has nothing to ask about that kind.
        """
        part = {"video": self.video, "photo": self.photo}.get(kind)
        if part is None:
            raise Invalid(
                f"The recipe {self.name!r} asks nothing about a {kind}.",
                hint="Choose another recipe, such as combined.",
            )
        return part

    @functools.cached_property
    def digest(self) -> str:
        """Return the SHA-256 over everything that shapes an answer, the sections' schemas included."""
        body = {
            "recipe": self.to_json(),
            "schemas": [answer_schema(self.part(kind).sections) for kind in self.kinds],
        }
        text = json.dumps(body, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def with_dimensions(self, dimensions: tuple[Dimension, ...]) -> Recipe:
        """Return the recipe with another taxonomy."""
        given = [dimension.model_dump() for dimension in dimensions]
        return self.from_json({**self.to_json(), "dimensions": given})

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as JSON-ready values; ``from_json`` reads them back."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, value: Mapping[str, Any], origin: str = "the recipe") -> Recipe:
        """Read a recipe from decoded JSON or TOML.

        Raises:
            Invalid: a part is missing, unknown or wrong; the message says which.
        """
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise invalid(error, origin) from error


def invalid(error: ValidationError, origin: str) -> Invalid:
    """Turn pydantic's first complaint about *origin* into one sentence."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    return Invalid(
        f"{origin}: {where + ': ' if where else ''}{said}",
        hint="The built-in recipes show the format; the guide to recipes explains it.",
    )
