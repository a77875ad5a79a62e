"""Read JSON Lines as the service does: records end at a line feed and nowhere else (R37)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn


class LineTooLong(ValueError):
    """A line is longer than the longest one allowed."""


def split_lines(chunks: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    r"""Yield the lines of a byte stream without their line feeds; never holds more than one line.

    Raises:
        LineTooLong: a line has more than *max_bytes*; the lines before it have been yielded.

    >>> list(split_lines([b"a\nb", b"c\n\x85d"], 10))
    [b'a', b'bc', b'\x85d']
    """
    rest = bytearray()
    for chunk in chunks:
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            rest += chunk[start:end]
            if len(rest) > max_bytes:
                raise LineTooLong
            yield bytes(rest)
            rest.clear()
            start = end + 1
        rest += chunk[start:]
        if len(rest) > max_bytes:
            raise LineTooLong
    if rest:
        yield bytes(rest)


def decode(line: bytes) -> Any:
    """Return the JSON value of one line.

    Raises:
        ValueError: it is not JSON (NaN and Infinity are not), not UTF-8, or nested too deeply.
    """
    try:
        return json.loads(line.decode("utf-8"), parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def encode(value: Any) -> bytes:
    """Return *value* as one line with its line feed; U+2028 and its like stay as they are (R37)."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can name and UTF-8 cannot
        return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
