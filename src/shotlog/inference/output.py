"""Read what a batch job wrote: the records of ``.jsonl.out`` files, and the totals of ``manifest.json.out``.

Nothing here raises for what a line holds: a line that cannot be read is reported as such, with its bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shotlog.domain.ports import Answer

#: How output objects are named, by their last letters (rule R33).
OUTPUT_SUFFIX = ".jsonl.out"
#: Name of the object with the totals; it may be missing (rule R40).
TOTALS_NAME = "manifest.json.out"

#: Longest line that is read as a record: inline media of 25 MB, in base64, with room to spare.
_LINE_LIMIT = 64 << 20
_KEPT_OF_GARBAGE = 4096
#: The most that a counter can truly be, and that the library can hold.
_MOST_COUNTED = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class RecordError:
    """Why the provider could not answer one record."""

    code: str
    message: str
    retryable: bool | None
    expired: bool | None


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """One line of output. Exactly one of *answer*, *error* and *defect* says how it came out."""

    #: None when the line does not say.
    record_id: str | None
    #: Text, stop reason and tokens; empty and zero where the line is silent.
    answer: Answer | None
    error: RecordError | None
    #: Why the line is no record; empty when it is one.
    defect: str
    raw_line: bytes
    #: Whether the line says how many tokens it took; else the cost is unknown, not zero.
    has_usage: bool = False


@dataclass(frozen=True, slots=True)
class JobTotals:
    """What the provider counted; None where it did not say."""

    total: int | None
    processed: int | None
    success: int | None
    error: int | None
    input_tokens: int | None
    output_tokens: int | None


def read_records(pieces: Iterable[bytes]) -> Iterator[OutputRecord]:
    r"""Yield the records of one output object as it streams in, in flat memory.

    Lines end with ``\n`` alone: U+2028 and U+0085 stand raw inside texts (rule R37).
    """
    for line in split_lines(pieces):
        if line.strip():
            yield read_record(line)


def split_lines(pieces: Iterable[bytes], limit: int = _LINE_LIMIT) -> Iterator[bytes]:
    r"""Yield lines without their ``\n``, however the pieces were cut; the last may lack it.

    Of a line longer than *limit* only the beginning is kept, which reads as a defect.
    """
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        *ended, rest = piece.split(b"\n")
        for part in ended:
            yield _join(held, size, part, limit)
            held, size = [], 0
        size += len(rest)
        if rest and size <= limit:
            held.append(rest)
    if size:
        yield _join(held, size, b"", limit)


def _join(held: list[bytes], size: int, part: bytes, limit: int) -> bytes:
    if size + len(part) > limit:
        return b"".join([*held, part])[:_KEPT_OF_GARBAGE]
    return b"".join([*held, part]) if held else part


def read_record(line: bytes) -> OutputRecord:
    """Read one line, in the shape of InvokeModel or of Converse with its explicit nulls (rules R35, R36)."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return _defect(line, f"The line is no JSON: {str(error)[:200]}")
    if not isinstance(value, dict):
        return _defect(line, "The line is no JSON object.")
    given = value.get("recordId")
    record_id = given if isinstance(given, str) else None
    if value.get("error") is not None:
        return OutputRecord(record_id, None, _error(value["error"]), "", line)
    output = value.get("modelOutput")
    if not isinstance(output, dict):
        return _defect(line, "The record has neither output nor error.", record_id)
    counted = _count(_dict(output.get("usage")).get("inputTokens")) is not None
    return OutputRecord(record_id, read_answer(output), None, "", line, counted)


def read_answer(output: Mapping[str, Any]) -> Answer:
    """Return text, stop reason and tokens of a model's response; what is null or missing is empty or zero."""
    message = _dict(_dict(output.get("output")).get("message"))
    content = message.get("content")
    content = content if isinstance(content, list) else []
    texts = [block.get("text") for block in content if isinstance(block, dict)]
    usage = _dict(output.get("usage"))
    stop = output.get("stopReason")
    return Answer(
        text="".join(text for text in texts if isinstance(text, str)),
        stop_reason=stop if isinstance(stop, str) else "",
        input_tokens=_count(usage.get("inputTokens")) or 0,
        output_tokens=_count(usage.get("outputTokens")) or 0,
    )


def read_totals(data: bytes) -> JobTotals | None:
    """Read ``manifest.json.out``; None when it is not what it should be. It may have further members."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    return JobTotals(
        *(
            _count(value.get(name))
            for name in (
                "totalRecordCount",
                "processedRecordCount",
                "successRecordCount",
                "errorRecordCount",
                "inputTokenCount",
                "outputTokenCount",
            )
        )
    )


def _error(error: Any) -> RecordError:
    if not isinstance(error, dict):
        return RecordError("unknown", str(error)[:2000], None, None)
    code = error.get("errorCode")
    message = error.get("errorMessage")
    return RecordError(
        code=str(code)[:100] if code is not None else "unknown",
        message=str(message)[:2000] if message is not None else "",
        retryable=_flag(error.get("retryable")),
        expired=_flag(error.get("expired")),
    )


def _defect(line: bytes, why: str, record_id: str | None = None) -> OutputRecord:
    return OutputRecord(record_id, None, None, why, line)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _count(value: Any) -> int | None:
    counted = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_COUNTED
    return value if counted else None
