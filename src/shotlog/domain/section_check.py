"""Check one section of an answer against its shape, dropping only what is wrong in it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shotlog.domain.sections import SHAPES

#: How often a section is checked again after its wrong places were dropped, before it is given up.
_ROUNDS = 5

#: Most problems of one section that are put into words.
_MOST_SAID = 10


def check_section(name: str, value: Any) -> tuple[Any, list[str], bool]:
    """Return the section as JSON-ready values, what was wrong with it, and whether something was dropped.

    A wrong list item is dropped alone, a wrong field falls back to its default; None says that nothing
    could be kept. Members that are null count as absent.
    """
    adapter = _adapter(name)
    try:
        return adapter.dump_python(adapter.validate_python(value), mode="json"), [], False
    except ValidationError:
        return _mended(name, _without_nulls(value))


def _mended(name: str, value: Any) -> tuple[Any, list[str], bool]:
    """Check *value* again and again without what was wrong in it; *value* is changed."""
    adapter = _adapter(name)
    problems: list[str] = []
    dropped = False
    for _ in range(_ROUNDS):
        try:
            checked = adapter.validate_python(value)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False, include_input=False)
            said = [f"{_where(name, fault['loc'])}: {fault['msg'][:200]}" for fault in faults]
            problems = [*problems, *said][:_MOST_SAID]
            dropped = dropped or any(fault["type"] != "literal_error" for fault in faults)
            if not _drop(value, faults):
                return None, problems, True
        else:
            return adapter.dump_python(checked, mode="json"), problems, dropped
    return None, problems, True


def is_empty(name: str, value: Any) -> bool:
    """Tell whether a checked section says nothing at all."""
    return not value or value == _nothing(name)


@functools.cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(SHAPES[name])


@functools.cache
def _nothing(name: str) -> Any:
    adapter = _adapter(name)
    try:
        return adapter.dump_python(adapter.validate_python({}), mode="json")
    except ValidationError:
        return []


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value if item is not None]
    return value


def _drop(value: Any, faults: Sequence[Any]) -> bool:
    """Take every wrong place out of *value*, and tell whether there was any to take out."""
    targets: dict[tuple[int, Any], tuple[Any, Any]] = {}
    for fault in faults:
        place = _place(value, fault["loc"], keep_item=fault["type"] == "literal_error")
        if place is None:
            return False
        targets[id(place[0]), place[1]] = place
    fields = [place for place in targets.values() if isinstance(place[0], dict)]
    items = [place for place in targets.values() if isinstance(place[0], list)]
    for holder, step in [*fields, *sorted(items, key=lambda place: place[1], reverse=True)]:
        del holder[step]
    return True


def _place(value: Any, path: Sequence[Any], *, keep_item: bool) -> tuple[Any, Any] | None:
    """Return the innermost list item on *path*, or else the field it ends in, as holder and key.

    With *keep_item* it is the field in any case, which then takes its default.
    """
    walked: list[tuple[Any, Any]] = []
    at = value
    for step in path:
        inside = step in at if isinstance(at, dict) else isinstance(at, list) and step in range(len(at))
        if not inside:
            break
        walked.append((at, step))
        at = at[step]
    items = [place for place in walked if isinstance(place[0], list)]
    if not walked:
        return None
    return walked[-1] if keep_item or not items else items[-1]


def _where(name: str, loc: Sequence[Any]) -> str:
    return ".".join([name, *(str(step) for step in loc)])[:200]
