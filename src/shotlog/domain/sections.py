"""The sections of an answer: typed, versioned shapes that a model is asked for and checked against.

Every field has a default, so a thin answer is still an answer; a value of the wrong type in one
place is an error of that section only. Times are seconds from the start of the video.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_CLOCK = re.compile(r"^(?:(\d+):)?(\d{1,3}):(\d{1,2}(?:\.\d+)?)$")


def parse_seconds(value: object) -> object:
    """Read a time as a model writes it: seconds, ``"83.5"``, ``"83.5s"``, ``"MM:SS"`` or ``"HH:MM:SS"``.

    >>> parse_seconds("01:23.5"), parse_seconds("1:00:02"), parse_seconds("7s"), parse_seconds(4)
    (83.5, 3602.0, 7.0, 4)
    """
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    if match := _CLOCK.match(text):
        hours, minutes, seconds = match.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)
    try:
        return float(text.removesuffix("s"))
    except ValueError:
        return value


def parse_confidence(value: object) -> object:
    """Read a confidence as a model writes it: a word in any case, or a number from 0 to 1.

    >>> parse_confidence(" High"), parse_confidence(0.8), parse_confidence(0.1)
    ('high', 'high', 'low')
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "high" if value >= 0.75 else "medium" if value >= 0.4 else "low"
    return _lower(value)


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


Seconds = Annotated[float, Field(ge=0, le=10_000_000, allow_inf_nan=False), BeforeValidator(parse_seconds)]
Confidence = Annotated[Literal["high", "medium", "low", "unknown"], BeforeValidator(parse_confidence)]
Brightness = Annotated[Literal["dark", "normal", "bright", "unknown"], BeforeValidator(_lower)]
Motion = Annotated[Literal["still", "low", "medium", "high", "unknown"], BeforeValidator(_lower)]


class Section(BaseModel):
    """What all parts of an answer share: members that nobody asked for are dropped."""

    model_config = ConfigDict(
        extra="ignore", str_strip_whitespace=True, frozen=True, coerce_numbers_to_str=True
    )

    #: The field that a bare text stands for, because models shorten ``{"name": "car"}`` to ``"car"``.
    text_field: ClassVar[str | None] = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {cls.text_field: value} if isinstance(value, str) and cls.text_field else value


class Stretch(Section):
    """What begins and ends; the two are put in order."""

    start_s: Seconds
    end_s: Seconds

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        start, end = sorted((self.start_s, self.end_s))
        object.__setattr__(self, "start_s", start)
        object.__setattr__(self, "end_s", end)
        return self


class TimeRange(Stretch):
    """A stretch of the video, also as ``"00:05-00:09"`` or ``[5, 9]``."""

    @model_validator(mode="before")
    @classmethod
    def _from_pair(cls, value: Any) -> Any:
        pair = value.replace("\u2013", "-").split("-") if isinstance(value, str) else value
        if isinstance(pair, (list, tuple)) and len(pair) == 2:
            return {"start_s": pair[0], "end_s": pair[1]}
        return value


class Summary(Section):
    """What the video shows, in prose."""

    text_field = "text"

    text: str = ""
    language: str | None = None
    highlights: list[str] = Field(default_factory=list)


class Chapter(Stretch):
    """One stretch of the video that belongs together."""

    title: str = ""
    summary: str = ""
    key_points: list[str] = Field(default_factory=list)


class Thing(Section):
    """An object, tool, animal or product that can be seen."""

    text_field = "name"

    name: str
    category: str | None = None
    description: str | None = None
    time_ranges: list[TimeRange] = Field(default_factory=list)
    confidence: Confidence = "unknown"


class Topic(Section):
    """What a part of the video is about."""

    text_field = "topic"

    topic: str
    importance: Confidence = "unknown"
    description: str = ""
    keywords: list[str] = Field(default_factory=list)
    time_ranges: list[TimeRange] = Field(default_factory=list)


class People(Section):
    """Who is in the picture, never by name: how many at once at the most, and what they look like."""

    max_count: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    descriptions: list[str] = Field(default_factory=list)
    time_ranges: list[TimeRange] = Field(default_factory=list)


class ScreenText(Section):
    """Words that can be read in the picture."""

    text_field = "text"

    text: str
    start_s: Seconds | None = None
    end_s: Seconds | None = None
    location: str | None = None


class Look(Section):
    """How the picture looks: named colours, light, and how much moves."""

    colours: list[str] = Field(default_factory=list)
    brightness: Brightness = "unknown"
    motion: Motion = "unknown"


class Sound(Stretch):
    """A stretch in which something can be heard; empty for a model that hears nothing (rule R43)."""

    kind: str


class Elements(Section):
    """Who and what can be seen, read and heard."""

    people: People = Field(default_factory=People)
    objects: list[Thing] = Field(default_factory=list)
    topics: list[Topic] = Field(default_factory=list)
    text_on_screen: list[ScreenText] = Field(default_factory=list)
    look: Look = Field(default_factory=Look)
    sounds: list[Sound] = Field(default_factory=list)


class Description(Section):
    """What a photo shows."""

    text_field = "overview"

    overview: str = ""
    detailed: str = ""
    scene_type: str | None = None
    primary_subject: str | None = None
    mood: str | None = None


class Label(Section):
    """The value chosen for one dimension of the taxonomy; ``unknown`` comes with its reason."""

    dimension: str
    value: str = "unknown"
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    evidence: list[str] = Field(default_factory=list)
    unknown_reason: str | None = None


class Classification(Section):
    """One label for each dimension of the user's taxonomy."""

    labels: list[Label] = Field(default_factory=list)


class RecordingDate(Section):
    """When it was shot, and how one knows."""

    text_field = "date"

    date: str | None = None
    source: str = "unknown"
    confidence: Confidence = "unknown"


class Place(Section):
    """Where it was shot, and how one knows."""

    text_field = "name"

    name: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    source: str = "unknown"
    confidence: Confidence = "unknown"


class Entity(Section):
    """A project, product, organisation or other proper name, and where it was found."""

    type: str
    value: str
    source: str = "unknown"
    evidence: str | None = None
    confidence: Confidence = "unknown"


class Metadata(Section):
    """What helps to find the asset again."""

    recording_date: RecordingDate = Field(default_factory=RecordingDate)
    place: Place = Field(default_factory=Place)
    content_type: str | None = None
    entities: list[Entity] = Field(default_factory=list)
    keywords: list[str] = Field(default_factory=list)


#: Section name -> its shape. ``chapters`` is a bare list in an answer, as models write it.
SHAPES: dict[str, type[Section | list[Chapter]]] = {
    "summary": Summary,
    "chapters": list[Chapter],
    "description": Description,
    "elements": Elements,
    "classification": Classification,
    "metadata": Metadata,
}

#: The sections of the ``combined`` recipe, by kind of asset.
COMBINED: dict[str, tuple[str, ...]] = {
    "video": ("summary", "chapters", "elements", "classification", "metadata"),
    "photo": ("description", "elements", "classification", "metadata"),
}
