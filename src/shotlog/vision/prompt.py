"""Read a prompt as the local engine can: which sections are wanted, and what is known beforehand.

The engine follows no instruction in a prompt. File names and folders are other people's text; they
are data here and nothing else.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from shotlog.domain.prompt import SCHEMA_LINE

_SCHEMA_LINE = re.compile(rf"^{re.escape(SCHEMA_LINE)}[ \t]*\r?$", re.MULTILINE)
_CONTEXT = re.compile(
    r"^- (File name|Folder|Captured at|Place|Duration): (.{0,2000}?)[ \t]*\r?$", re.MULTILINE
)
_DIMENSION = re.compile(r"^- Dimension ([^\n:]{1,200}): (.{1,4000}?)[ \t]*\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a prompt asks for and tells."""

    #: The schema's top-level ``properties``; None when the prompt holds no schema.
    sections: dict[str, Any] | None = None
    #: The whole schema, in which references are looked up.
    schema: dict[str, Any] = field(default_factory=dict)
    file_name: str = ""
    folder: str = ""
    captured_at: str = ""
    place: str = ""
    #: The taxonomy: dimension -> the values to choose from.
    dimensions: dict[str, list[str]] = field(default_factory=dict)


def parse_prompt(text: str) -> Prompt:
    r"""Read *text*; whatever it does not hold stays empty.

    >>> parse_prompt('- File name: a.mp4\nJSON schema:\n{"properties": {"summary": {}}}').sections
    {'summary': {}}
    """
    schema, start, end = _find_schema(text)
    rest = text[:start] + text[end:]
    context: dict[str, str] = {}
    for name, value in _CONTEXT.findall(rest):
        context.setdefault(name, value)
    dimensions: dict[str, list[str]] = {}
    for name, values in _DIMENSION.findall(rest):
        dimensions.setdefault(name.strip(), [value.strip() for value in values.split("|") if value.strip()])
    sections = schema.get("properties") if schema is not None else None
    return Prompt(
        sections=sections if isinstance(sections, dict) else None,
        schema=schema or {},
        file_name=context.get("File name", ""),
        folder=context.get("Folder", ""),
        captured_at=context.get("Captured at", ""),
        place=context.get("Place", ""),
        dimensions=dimensions,
    )


def _find_schema(text: str) -> tuple[dict[str, Any] | None, int, int]:
    """Return the last schema: context comes before it, so that a forged line there does not count."""
    decoder = json.JSONDecoder(parse_constant=_refuse)
    for marker in reversed(list(_SCHEMA_LINE.finditer(text))):
        begin = marker.end() + len(text[marker.end() :]) - len(text[marker.end() :].lstrip())
        try:
            value, end = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value, marker.start(), end
    return None, len(text), len(text)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON.")
