"""Turn what a model said, and a file's own name, into the pieces that search finds.

A segment is the words of one field with the stretch of video that they belong to, where there is
one. The sections come from a model, so nothing about them is taken on trust: what has the wrong
shape is passed over, and nothing here ever raises.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: Every field that a segment can have, as ``field:`` names it, and what its words are.
FIELDS: dict[str, str] = {
    "name": "the file's name",
    "folder": "the folders that the file lies in",
    "summary": "what the video shows, in prose",
    "highlight": "one highlight of the video",
    "chapter": "a chapter's title, summary and key points",
    "description": "what the photo shows",
    "text": "words that can be read in the picture",
    "object": "an object, tool, animal or product",
    "topic": "what a part is about",
    "people": "who is in the picture, never by name",
    "sound": "something that can be heard",
    "look": "colours, light and movement",
    "label": "a dimension of the taxonomy and its value",
    "place": "where it was shot",
    "entity": "a project, product, organisation or other proper name",
    "keyword": "keywords",
}
_LONGEST_TEXT = 8000  # characters of one segment; what is longer becomes several
_MOST_SEGMENTS = 5000  # of one asset
_LATEST_S = 10_000_000  # seconds: four months of video


@dataclass(frozen=True, slots=True)
class Segment:
    """A findable piece of an asset: the words of one field, with their time where they have one."""

    field: str
    text: str
    start_ms: int | None = None
    end_ms: int | None = None


def segments_of(kind: str, sections: Mapping[str, Any]) -> list[Segment]:
    """Return the findable pieces of an answer's *sections*, in reading order and without repeats.

    *kind* is ``video`` or ``photo``; a photo's segments have no time.

    >>> segments_of("video", {"chapters": [{"title": "Dawn", "start_s": 3, "end_s": 9.5}]})
    [Segment(field='chapter', text='Dawn', start_ms=3000, end_ms=9500)]
    """
    found: dict[Segment, None] = {}
    for section in _READERS:
        found |= dict.fromkeys(section_segments(kind, section, _member(sections, section)))
    return list(found)[:_MOST_SEGMENTS]


def section_segments(kind: str, section: str, body: Any) -> list[Segment]:
    """Return the findable pieces of one section, as ``segments_of`` does; none of a section without words."""
    found: dict[Segment, None] = {}
    timed = kind != "photo"
    for segment in _READERS[section](body) if section in _READERS else ():
        for piece in _pieces(segment, timed=timed):
            found[piece] = None
        if len(found) >= _MOST_SEGMENTS:
            return list(found)[:_MOST_SEGMENTS]
    return list(found)


def name_segments(name: str, folder: str) -> list[Segment]:
    """Return the words of the file itself: its name, and the folders that it lies in.

    >>> [segment.text for segment in name_segments("IMG_1.MOV", "/films/Smith")]
    ['IMG_1.MOV', '/films/Smith']
    """
    both = (Segment("name", name), Segment("folder", folder))
    return [piece for segment in both for piece in _pieces(segment, timed=False)]


def _pieces(segment: Segment, *, timed: bool) -> Iterator[Segment]:
    text = segment.text.strip()
    if timed and text is segment.text and 0 < len(text) <= _LONGEST_TEXT:
        yield segment
        return
    start, end = (segment.start_ms, segment.end_ms) if timed else (None, None)
    while text:
        cut = len(text) if len(text) <= _LONGEST_TEXT else text.rfind(" ", 1, _LONGEST_TEXT) + 1
        cut = cut or _LONGEST_TEXT
        yield Segment(segment.field, text[:cut].strip(), start, end)
        text = text[cut:].strip()


def _summary(section: Any) -> Iterator[Segment]:
    yield Segment("summary", _text(section, "text"))
    for highlight in _strings(section, "highlights"):
        yield Segment("highlight", highlight)


def _chapters(section: Any) -> Iterator[Segment]:
    chapters = section if isinstance(section, list) else _list(section, "chapters")
    for chapter in chapters:
        lines = [_text(chapter, "title"), _text(chapter, "summary"), *_strings(chapter, "key_points")]
        yield Segment("chapter", _joined("\n", lines), *_span(chapter))


def _description(section: Any) -> Iterator[Segment]:
    names = ("overview", "detailed", "primary_subject", "scene_type", "mood")
    yield Segment("description", _joined("\n", (_text(section, name) for name in names)))


def _elements(section: Any) -> Iterator[Segment]:
    for seen in _list(section, "text_on_screen"):
        yield Segment("text", _text(seen, "text"), *_span(seen))
    for thing in _list(section, "objects"):
        words = (_text(thing, name) for name in ("name", "category", "description"))
        yield from _at_each_range("object", _joined(", ", words), thing)
    for topic in _list(section, "topics"):
        about = (_text(topic, "topic"), _text(topic, "description"), *_strings(topic, "keywords"))
        yield from _at_each_range("topic", _joined(", ", about), topic)
    yield from _people(_member(section, "people"))
    for sound in _list(section, "sounds"):
        yield Segment("sound", _text(sound, "kind"), *_span(sound))
    yield from _look(_member(section, "look"))


def _people(section: Any) -> Iterator[Segment]:
    count = _member(section, "max_count")
    counted = isinstance(count, int) and not isinstance(count, bool) and 0 < count < 10**6
    number = f"{count} {'person' if count == 1 else 'people'}" if counted else ""
    words = _joined(", ", (number, *_strings(section, "descriptions")))
    yield from _at_each_range("people", words, section)


def _look(section: Any) -> Iterator[Segment]:
    words = _strings(section, "colours")
    light, motion = _text(section, "brightness"), _text(section, "motion")
    words += [light] if light in {"dark", "bright"} else []
    words += [f"{motion} motion"] if motion not in {"", "unknown"} else []
    yield Segment("look", _joined(", ", words))


def _classification(section: Any) -> Iterator[Segment]:
    for label in _list(section, "labels"):
        value = _text(label, "value")
        if value and value.casefold() != "unknown":
            yield Segment("label", _joined(" ", (_text(label, "dimension"), value)))


def _metadata(section: Any) -> Iterator[Segment]:
    place = _member(section, "place")
    parts = (_text(place, name) for name in ("name", "city", "region", "country"))
    yield Segment("place", _joined(", ", parts))
    for entity in _list(section, "entities"):
        yield Segment("entity", _joined(" ", (_text(entity, "type"), _text(entity, "value"))))
    if content := _text(section, "content_type"):
        yield Segment("label", f"content type {content}")
    yield Segment("keyword", _joined(", ", _strings(section, "keywords")))


_READERS: dict[str, Callable[[Any], Iterator[Segment]]] = {
    "summary": _summary,
    "chapters": _chapters,
    "description": _description,
    "elements": _elements,
    "classification": _classification,
    "metadata": _metadata,
}


def _at_each_range(field: str, text: str, holder: Any) -> Iterator[Segment]:
    spans = [span for span in map(_span, _list(holder, "time_ranges")) if span[0] is not None]
    for span in spans or [(None, None)]:
        yield Segment(field, text, *span)


def _span(holder: Any) -> tuple[int | None, int | None]:
    start, end = _ms(_member(holder, "start_s")), _ms(_member(holder, "end_s"))
    if start is None or (end is not None and end < start):
        end = None
    return start, end


def _ms(seconds: Any) -> int | None:
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return None
    if not 0 <= seconds <= _LATEST_S or not math.isfinite(seconds):
        return None
    return round(seconds * 1000)


def _member(holder: Any, name: str) -> Any:
    return holder.get(name) if type(holder) is dict or isinstance(holder, Mapping) else None


def _text(holder: Any, name: str) -> str:
    value = _member(holder, name)
    return value.strip() if isinstance(value, str) else ""


def _list(holder: Any, name: str) -> list[Any]:
    value = _member(holder, name)
    return value if isinstance(value, list) else []


def _strings(holder: Any, name: str) -> list[str]:
    return [value.strip() for value in _list(holder, name) if isinstance(value, str)]


def _joined(separator: str, words: Iterable[str]) -> str:
    return separator.join(word for word in words if word)
