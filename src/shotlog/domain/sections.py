"""The sections of an answer: typed, versioned shapes that a model is asked for and checked against.

Every field has a default, so a thin answer is still an answer; a value of the wrong type in one
place is an error of that section only. Times are seconds from the start of the video.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

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


Seconds = Annotated[float, BeforeValidator(parse_seconds), Field(ge=0, allow_inf_nan=False)]
Confidence = Literal["high", "medium", "low", "unknown"]


class Section(BaseModel):
    """What all parts of an answer share: members that nobody asked for are dropped."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True, frozen=True)


class TimeRange(Section):
    """A stretch of the video."""

    start_s: Seconds
    end_s: Seconds


class Summary(Section):
    """What the video shows, in prose."""

    text: str = ""
    language: str | None = None
    highlights: list[str] = []


class Chapter(Section):
    """One stretch of the video that belongs together."""

    title: str = ""
    start_s: Seconds
    end_s: Seconds
    summary: str = ""
    key_points: list[str] = []


class Thing(Section):
    """An object, tool, animal or product that can be seen."""

    name: str
    category: str | None = None
    description: str | None = None
    time_ranges: list[TimeRange] = []
    confidence: Confidence = "unknown"


class Topic(Section):
    """What a part of the video is about."""

    topic: str
    importance: Confidence = "unknown"
    description: str = ""
    keywords: list[str] = []
    time_ranges: list[TimeRange] = []


class People(Section):
    """Who is in the picture, never by name: how many at once at the most, and what they look like."""

    max_count: Annotated[int, Field(ge=0)] | None = None
    descriptions: list[str] = []
    time_ranges: list[TimeRange] = []


class ScreenText(Section):
    """Words that can be read in the picture."""

    text: str
    start_s: Seconds | None = None
    end_s: Seconds | None = None
    location: str | None = None


class Look(Section):
    """How the picture looks: named colours, light, and how much moves."""

    colours: list[str] = []
    brightness: Literal["dark", "normal", "bright", "unknown"] = "unknown"
    motion: Literal["still", "low", "medium", "high", "unknown"] = "unknown"


class Sound(Section):
    """A stretch in which something can be heard; empty for a model that hears nothing (rule R43)."""

    kind: str
    start_s: Seconds
    end_s: Seconds


class Elements(Section):
    """Who and what can be seen, read and heard."""

    people: People = People()
    objects: list[Thing] = []
    topics: list[Topic] = []
    text_on_screen: list[ScreenText] = []
    look: Look = Look()
    sounds: list[Sound] = []


class Description(Section):
    """What a photo shows."""

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
    evidence: list[str] = []
    unknown_reason: str | None = None


class Classification(Section):
    """One label for each dimension of the user's taxonomy."""

    labels: list[Label] = []


class RecordingDate(Section):
    """When it was shot, and how one knows."""

    date: str | None = None
    source: str = "unknown"
    confidence: Confidence = "unknown"


class Place(Section):
    """Where it was shot, and how one knows."""

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

    recording_date: RecordingDate = RecordingDate()
    place: Place = Place()
    content_type: str | None = None
    entities: list[Entity] = []
    keywords: list[str] = []


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
