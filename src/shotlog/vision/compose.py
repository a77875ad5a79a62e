"""Write an answer in the section shapes from what was found; what is not known stays unknown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from shotlog.domain import sections
from shotlog.vision import prose
from shotlog.vision.analysis import Analysis, Shot, Words
from shotlog.vision.prompt import Prompt
from shotlog.vision.schema import empty_value, schema_types

ENGINE = "local"
_MOST_CHAPTERS = 20
_LEAST_CHAPTER_S = 2.0
_TITLE = 60
_MOST_KEYWORDS = 30
_WORD = re.compile(r"[^\W\d_]{3,}")
_PLAIN_NAMES = {
    "img",
    "dsc",
    "dscn",
    "vid",
    "mov",
    "video",
    "photo",
    "image",
    "clip",
    "copy",
    "file",
    "final",
}
_DATES = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_. ]?(0[1-9]|1[0-2])[-_. ]?(0[1-9]|[12]\d|3[01])(?!\d)")
_POSITION = re.compile(r"\(?-?\d+\.\d+, -?\d+\.\d+\)?$")
_NOT_CLASSIFIED = "The local engine measures pictures; it does not classify them."


def compose(analysis: Analysis, prompt: Prompt) -> str:
    """Return the answer's text: JSON when *prompt* holds a schema, else a few sentences."""
    if prompt.sections is None:
        return f"[local engine] {prose.describe(analysis)}"
    answer: dict[str, Any] = {"engine": ENGINE}
    for name, schema in prompt.sections.items():
        if name != "engine":
            answer[name] = _section(name, schema, analysis, prompt)
    return json.dumps(answer, ensure_ascii=False, separators=(", ", ": "))


def _section(name: str, schema: Any, analysis: Analysis, prompt: Prompt) -> Any:
    """Return one section, or an empty value if the engine does not know it or another type is wanted."""
    write = _WRITERS.get(name)
    wanted = schema_types(schema, prompt.schema)
    kind = "array" if name == "chapters" else "object"
    if write is not None and (not wanted or kind in wanted):
        written = write(analysis, prompt)
        if isinstance(written, list):
            return [part.model_dump(mode="json") for part in written]
        return written.model_dump(mode="json")
    if name in {"summary", "description"} and "string" in wanted:
        return prose.describe(analysis)
    return empty_value(schema, prompt.schema)


def _summary(analysis: Analysis, _: Prompt) -> sections.Summary:
    moments = [(one.start_s or 0.0, f"{prose.quoted(one.text)} can be read") for one in analysis.words[:8]]
    moments += [(span.start_s, "a face can be seen") for span in analysis.faces.spans[:4]]
    moments += [(shot.start_s, "a new shot begins") for shot in analysis.shots[1:5]]
    if analysis.kind == "photo":
        moments = []
    return sections.Summary(
        text=prose.describe(analysis),
        highlights=[f"{prose.clock(time_s)}: {what}" for time_s, what in sorted(moments)],
    )


def _chapters(analysis: Analysis, _: Prompt) -> list[sections.Chapter]:
    chapters = []
    for start_s, end_s, shots in _merged(analysis):
        read = [one for one in analysis.words if _within(one, start_s, end_s)]
        chapters.append(
            sections.Chapter(
                title=_title(read, shots),
                start_s=start_s,
                end_s=end_s,
                summary=_chapter_summary(read, shots),
                key_points=[prose.quoted(one.text) for one in read[:6]],
            )
        )
    return chapters


def _merged(analysis: Analysis) -> Iterable[tuple[float, float, list[Shot]]]:
    """Group shots that are too short for a chapter with the ones before them."""
    least = max(_LEAST_CHAPTER_S, analysis.duration_s / _MOST_CHAPTERS)
    groups: list[list[Shot]] = []
    for shot in analysis.shots:
        if groups and groups[-1][-1].end_s - groups[-1][0].start_s < least:
            groups[-1].append(shot)
        else:
            groups.append([shot])
    if len(groups) > 1 and groups[-1][-1].end_s - groups[-1][0].start_s < least:
        tail = groups.pop()
        groups[-1].extend(tail)
    return [(group[0].start_s, group[-1].end_s, group) for group in groups]


def _within(words: Words, start_s: float, end_s: float) -> bool:
    begin, end = words.start_s or 0.0, words.end_s or 0.0
    return min(end, end_s) - max(begin, start_s) > min(0.5, (end - begin) / 2)


def _title(read: list[Words], shots: list[Shot]) -> str:
    if read:
        longest = max(read, key=lambda one: (one.end_s or 0.0) - (one.start_s or 0.0))
        return longest.text if len(longest.text) <= _TITLE else longest.text[: _TITLE - 1] + "…"
    look = max(shots, key=lambda shot: shot.end_s - shot.start_s).look
    title = prose.listed(look.colours[:2]) or look.brightness
    motion = {"unknown": "", "still": ", still"}.get(look.motion, f", {look.motion} motion")
    return f"{title[:1].upper()}{title[1:]}{motion}"


def _chapter_summary(read: list[Words], shots: list[Shot]) -> str:
    longest = max(shots, key=lambda shot: shot.end_s - shot.start_s)
    parts = [f"{len(shots)} shots." if len(shots) > 1 else "", prose.look_sentence(longest.look)]
    if read:
        parts.append(f"{prose.listed([prose.quoted(one.text) for one in read[:6]])} can be read.")
    parts.append(f"The sharpest frame is at {prose.clock(longest.key_s)}.")
    return " ".join(part for part in parts if part)


def _elements(analysis: Analysis, _: Prompt) -> sections.Elements:
    count = analysis.faces.max_count
    return sections.Elements(
        people=sections.People(
            max_count=count or None,  # a face that is not found may still be there: no zero
            time_ranges=[
                sections.TimeRange(start_s=one.start_s, end_s=one.end_s) for one in analysis.faces.spans
            ],
        ),
        text_on_screen=[
            sections.ScreenText(text=one.text, start_s=one.start_s, end_s=one.end_s, location=one.location)
            for one in analysis.words
        ],
        look=sections.Look.model_validate(
            {
                "colours": analysis.look.colours,
                "brightness": analysis.look.brightness,
                "motion": analysis.look.motion,
            }
        ),
        sounds=[
            sections.Sound(kind="sound", start_s=one.start_s, end_s=one.end_s) for one in analysis.sounds
        ],
    )


def _description(analysis: Analysis, _: Prompt) -> sections.Description:
    text = prose.describe(analysis)
    subject = "a face" if analysis.faces.max_count == 1 else "faces" if analysis.faces.max_count else None
    return sections.Description(
        overview=text.split(". ", 1)[0].removesuffix(".") + ". " + prose.look_sentence(analysis.look),
        detailed=text,
        primary_subject=subject,
    )


def _classification(analysis: Analysis, prompt: Prompt) -> sections.Classification:
    return sections.Classification(
        labels=[_label(analysis, name, values) for name, values in prompt.dimensions.items()]
    )


def _label(analysis: Analysis, dimension: str, values: list[str]) -> sections.Label:
    """Choose a value only where it names something that was measured."""
    look = analysis.look
    measured = {
        "orientation": [prose.orientation(analysis)],
        "motion": [look.motion],
        "brightness": [look.brightness],
        "colour": look.colours[:1],
        "color": look.colours[:1],
    }.get(dimension.casefold(), [])
    chosen = next((value for value in values if value.casefold() in measured), None)
    if chosen is None or chosen.casefold() == "unknown":
        return sections.Label(dimension=dimension, unknown_reason=_NOT_CLASSIFIED)
    return sections.Label(dimension=dimension, value=chosen, evidence=["Measured in the picture."])


def _metadata(analysis: Analysis, prompt: Prompt) -> sections.Metadata:
    return sections.Metadata(
        recording_date=_recording_date(prompt),
        place=_place(prompt),
        keywords=_keywords(analysis, prompt),
    )


def _recording_date(prompt: Prompt) -> sections.RecordingDate:
    if prompt.captured_at:
        return sections.RecordingDate(date=prompt.captured_at[:40], source="file metadata", confidence="high")
    if found := _DATES.search(prompt.file_name):
        return sections.RecordingDate(date="-".join(found.groups()), source="file name", confidence="low")
    return sections.RecordingDate()


def _place(prompt: Prompt) -> sections.Place:
    name = _POSITION.sub("", prompt.place).strip()[:200]
    if not name:
        return sections.Place()
    return sections.Place(name=name, source="file metadata", confidence="high")


def _keywords(analysis: Analysis, prompt: Prompt) -> list[str]:
    stem = prompt.file_name.rsplit(".", 1)[0]
    read = [word for one in analysis.words for word in _WORD.findall(one.text)]
    named = [word for word in _WORD.findall(stem) if word.casefold() not in _PLAIN_NAMES]
    known = dict.fromkeys(word.casefold() for word in [*read, *named, *analysis.look.colours])
    return list(known)[:_MOST_KEYWORDS]


_Writer = Callable[[Analysis, Prompt], sections.Section | list[sections.Chapter]]
_WRITERS: dict[str, _Writer] = {
    "summary": _summary,
    "chapters": _chapters,
    "description": _description,
    "elements": _elements,
    "classification": _classification,
    "metadata": _metadata,
}
