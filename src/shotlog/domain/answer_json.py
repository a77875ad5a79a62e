"""Find the JSON object in a model's answer: exactly where it is JSON, tolerantly and with flags where not.

Fences, prose around the object and byte-order marks are stepped over. An object that is valid JSON is
read exactly; any other goes to the tolerant reader. Nothing is lost in silence: ``lossy`` says so.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from shotlog.domain.tolerant_json import TolerantReader
from shotlog.errors import Unparsable

#: Longest answer that is looked at, in characters; models stop long before.
MAX_CHARS = 4_000_000

#: How many openers may be tried, so that garbage cannot take for ever.
_TRIES = 100

_OPENERS = re.compile(r"[{\[]")
_GOES_ON = re.compile(r"[\s}\]]{0,200},?\s{0,200}(?=\"\w{1,60}\"\s{0,20}:)")
_UNSTORABLE = re.compile("[\ud800-\udfff\x00]")
_UNSTORABLE_ESCAPE = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)|[\ud800-\udfff\x00]")
_PATH_HINT = re.compile(r"[A-Za-z]:\\[A-Za-z]")
_PATH_READ_AS_ESCAPES = re.compile(
    r"(?<![A-Za-z])[A-Za-z]:(?:[^\n]{0,200}[\b\f]|[\t\n\r][^\n]{0,200}\.\w{2,4}\b)"
)


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """The object that an answer holds, and how it was come by."""

    value: dict[str, Any]
    #: Something had to be mended or stepped over; nothing of the object is lost by that.
    repaired: bool = False
    #: Something of the object is lost, or was read by a guess.
    lossy: bool = False
    #: The text ended before the object did.
    cut: bool = False
    #: The top-level member that the text ended in; it may be there in part.
    cut_member: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """One candidate: a value, where it ends, and what was said on the way."""

    value: Any
    end: int
    repairs: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    cut: bool = False
    cut_member: str | None = None

    @property
    def exact(self) -> bool:
        return not (self.repairs or self.losses or self.cut)


def parse_answer(text: str, expected: Collection[str] = ()) -> ParsedAnswer:
    r"""Return the JSON object in *text*; *expected* names the members by which to tell it from other braces.

    Raises:
        Unparsable: there is no object, it is nested too deeply, or the text is beyond all measure.

    >>> parse_answer('Sure! ```json\n{"a": [1, 2,]}\n```').value
    {'a': [1, 2]}
    """
    if len(text) > MAX_CHARS:
        raise Unparsable(f"The answer is {len(text)} characters long.")
    found = _find(text, frozenset(expected))
    value, unwrapped = _unwrap(found.value, expected)
    if value is None:
        raise Unparsable("The answer holds JSON, but no object.")
    if unwrapped:
        found.repairs.append(unwrapped)
    if "\\" in text or "\0" in text or not text.isascii():
        value = _with_text_checked(text, value, found)
    return ParsedAnswer(
        value,
        repaired=bool(found.repairs),
        lossy=bool(found.losses) or found.cut,
        cut=found.cut,
        cut_member=found.cut_member,
        notes=tuple(dict.fromkeys([*found.repairs, *found.losses])),
    )


def _find(text: str, expected: frozenset[str]) -> _Found:
    """Return the best candidate: the first that has an expected member, else the first that has anything."""
    fallback: _Found | None = None
    at, budget = 0, 2 * len(text) + 10_000
    for _ in range(_TRIES):
        opener = _OPENERS.search(text, at)
        if opener is None:
            break
        at = opener.start() + 1
        found = _exact(text, opener.start())
        if found is None and budget > 0:
            found = _tolerant(text, opener.start())
            budget -= found.end - opener.start()
        if found is None:
            continue
        if _fits(found.value, expected):
            return _with_rest(text, opener.start(), found, expected)
        if _better(found, fallback):
            fallback = found
        if found.exact:
            at = found.end
    if fallback is None:
        raise Unparsable("The answer holds no JSON object.")
    if not fallback.value and not fallback.exact:
        raise Unparsable("The answer holds no JSON object that can be read.")
    return fallback


def _fits(value: Any, expected: frozenset[str]) -> bool:
    if isinstance(value, list):
        return any(isinstance(item, dict) and _fits(item, expected) for item in value)
    return bool(value) and (not expected or not expected.isdisjoint(value))


def _better(found: _Found, fallback: _Found | None) -> bool:
    if fallback is None:
        return True
    return (bool(found.value), found.exact) > (bool(fallback.value), fallback.exact)


def _with_rest(text: str, start: int, found: _Found, expected: frozenset[str]) -> _Found:
    """Note what stands around the object, and join a second object that adds other members."""
    if text[:start].strip("\ufeff \t\r\n") or text[found.end :].strip("\ufeff \t\r\n"):
        found.repairs.append("text around the object")
    if not isinstance(found.value, dict) or found.cut:
        return found
    if goes_on := _GOES_ON.match(text, found.end):
        rest = _tolerant("{" + text[goes_on.end() :], 0)
        found.repairs.append("a closing bracket too many")
        found.losses.extend(rest.losses)
        found.cut, found.cut_member = rest.cut, rest.cut_member
        _join(found, rest.value)
        return found
    at = found.end
    for _ in range(_TRIES):
        opener = text.find("{", at)
        if opener < 0:
            break
        more = _exact(text, opener)
        at = opener + 1 if more is None else more.end
        if more is None or not isinstance(more.value, dict) or not _fits(more.value, expected):
            continue
        found.repairs.append("several objects")
        _join(found, more.value)
    return found


def _join(found: _Found, more: dict[str, Any]) -> None:
    """Add members to the object; one that is there already stays, and that is a loss."""
    for key, value in more.items():
        if found.value.setdefault(key, value) != value:
            found.losses.append(f"{key[:40]!r} came twice")


def _exact(text: str, at: int) -> _Found | None:
    """Read valid JSON at *at*; None when it is not valid."""
    notes: list[str] = []
    losses: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            losses.extend(f"{key[:40]!r} came twice" for key, value in items if found[key] != value)
        return found

    def constant(_: str) -> None:
        notes.append("a number that is none")

    def number(digits: str) -> float | None:
        value = float(digits)
        if math.isfinite(value):
            return value
        notes.append("a number that is none")
        return None

    decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_constant=constant, parse_float=number)
    try:
        value, end = decoder.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None
    return _Found(value, end, notes, losses)


def _tolerant(text: str, at: int) -> _Found:
    reader = TolerantReader(text, at)
    value = reader.read()
    return _Found(value, reader.at, list(reader.repairs), list(reader.losses), reader.cut, reader.cut_member)


def _unwrap(value: Any, expected: Collection[str]) -> tuple[dict[str, Any] | None, str]:
    """Return the object inside lists and wrappers, and what had to be taken off."""
    names = frozenset(expected)
    if isinstance(value, dict):
        if names and value and names.isdisjoint(value):
            inner = [item for item in value.values() if isinstance(item, dict) and not names.isdisjoint(item)]
            if len(inner) == 1:
                return inner[0], "an object around the object"
        return value, ""
    objects: list[dict[str, Any]] = [item for item in value if isinstance(item, dict)]
    if len(names) == 1 and len(objects) == len(value) and not any(names & item.keys() for item in objects):
        return {next(iter(names)): value}, "a bare list"
    if objects and len(objects) == len(value) and sum(map(len, objects)) == len(set().union(*objects)):
        return {key: item for entry in objects for key, item in entry.items()}, "a list around the object"
    return None, ""


def _with_text_checked(text: str, value: dict[str, Any], found: _Found) -> dict[str, Any]:
    """Replace NUL and lone surrogates, which nothing can store, by U+FFFD, and note suspicious escapes."""
    if _PATH_HINT.search(text) and _any_text(value, _PATH_READ_AS_ESCAPES):
        found.losses.append("a path with backslashes was read as escapes")
    if not (_UNSTORABLE_ESCAPE.search(text) and _any_text(value, _UNSTORABLE)):
        return value
    found.losses.append("a broken character")
    return {_UNSTORABLE.sub("\ufffd", key): _clean(item) for key, item in value.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_UNSTORABLE.sub("\ufffd", key): _clean(item) for key, item in value.items()}
    return value


def _any_text(value: Any, pattern: re.Pattern[str]) -> bool:
    if isinstance(value, str):
        return pattern.search(value) is not None
    if isinstance(value, dict):
        return any(pattern.search(key) or _any_text(item, pattern) for key, item in value.items())
    return isinstance(value, list) and any(_any_text(item, pattern) for item in value)
