"""Read a manifest back, for jobs that the library has lost: what each record asks, about which object."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from shotlog.domain.manifest import record_number
from shotlog.inference.output import split_lines

#: More than any model gives; what is said to be more is not believed.
_MOST_TOKENS = 1_000_000


@dataclass(frozen=True, slots=True)
class ManifestRecord:
    """One line of a manifest as ``payloads.model_input`` wrote it; what it does not say is empty or None."""

    #: None where the id is not one of ours.
    number: int | None
    #: ``video`` or ``photo``.
    kind: str
    uri: str
    text: str
    max_tokens: int | None
    temperature: float | None


def read_manifest(pieces: Iterable[bytes]) -> Iterator[ManifestRecord]:
    """Yield the records of a manifest as it streams in; a line that is none says nothing, and counts."""
    for line in split_lines(pieces):
        if line.strip():
            yield _record(line)


def _record(line: bytes) -> ManifestRecord:
    try:
        value = _dict(json.loads(line))
    except (ValueError, RecursionError):
        value = {}
    given = value.get("recordId")
    body = _dict(value.get("modelInput"))
    blocks = [
        _dict(block) for turn in _list(body.get("messages")) for block in _list(_dict(turn).get("content"))
    ]
    media = [
        (kind, _dict(_dict(_dict(block.get(member)).get("source")).get("s3Location")).get("uri"))
        for block in blocks
        for member, kind in (("video", "video"), ("image", "photo"))
        if member in block
    ]
    kind, uri = media[0] if media else ("", "")
    asked = _dict(body.get("inferenceConfig"))
    return ManifestRecord(
        number=record_number(given) if isinstance(given, str) else None,
        kind=kind,
        uri=uri if isinstance(uri, str) else "",
        text="".join(text for block in blocks if isinstance(text := block.get("text"), str)),
        max_tokens=None if (tokens := _number(asked.get("maxTokens"))) is None else int(tokens),
        temperature=_number(asked.get("temperature")),
    )


def _number(value: Any) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS
    return value if known else None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
