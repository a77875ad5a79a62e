"""Check requests against the service's own model, as botocore ships it (R2-R4).

botocore checks types, required members and minima in the client but neither patterns, enums nor maxima, so
those reach the server, which refuses them. Nothing here is copied from the model: shapes are read from it.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import botocore.loaders
import botocore.model

from shotlog.emulator.service_error import ServiceError

#: Patterns of the model that backtrack exponentially -> the same language in a linear form.
_EQUIVALENT = {
    r"[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}": r"[a-zA-Z0-9][a-zA-Z0-9+.\-]*",
}
_NUMBERS = {"integer": "Integer", "long": "Long", "float": "Float", "double": "Double"}
_SHOWN = 256  # characters of a refused value that its message repeats


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with a request."""

    path: str
    #: ``constraint``, ``type`` or ``unknown`` (a member that the model does not have).
    kind: str
    text: str


@functools.cache
def service_model(service: str) -> botocore.model.ServiceModel:
    """Return botocore's model of *service*: ``bedrock`` or ``bedrock-runtime``."""
    return botocore.model.ServiceModel(
        botocore.loaders.Loader().load_service_model(service, "service-2"), service
    )


def input_shape(service: str, operation: str) -> Any:
    """Return the shape of an operation's request."""
    return service_model(service).operation_model(operation).input_shape


def matches(shape: Any, value: str) -> bool:
    """Say whether *value* is a legal string of *shape*: its length first, then its whole pattern."""
    return not list(_check_string(shape, value, ""))


def check(shape: Any, value: Any, path: str = "") -> Iterator[Violation]:
    """Yield what is wrong with the decoded JSON *value*; blobs are base64 text, as in JSON."""
    checker = _CHECKERS.get(shape.type_name)
    if checker is not None:
        yield from checker(shape, value, path)


def require_valid(shape: Any, value: Any, *, unknown_members: bool = True) -> None:
    """Refuse *value* in the service's own words unless it is a legal *shape*.

    *unknown_members* lets members pass that the model does not have, as the service does for a request.

    Raises:
        ServiceError: ``SerializationException`` for a wrong JSON type, else ``ValidationException``.
    """
    found = [one for one in check(shape, value) if not (unknown_members and one.kind == "unknown")]
    wrong_type = next((one for one in found if one.kind == "type"), None)
    if wrong_type:
        raise ServiceError("SerializationException", wrong_type.text)
    if found:
        plural = "s" if len(found) > 1 else ""
        listed = "; ".join(one.text for one in found)
        raise ServiceError("ValidationException", f"{len(found)} validation error{plural} detected: {listed}")


def _constraint(path: str, value: Any, rule: str) -> Violation:
    shown = "" if value is None else f" '{str(value)[:_SHOWN]}'"
    return Violation(
        path, "constraint", f"Value{shown} at '{path}' failed to satisfy constraint: Member must {rule}"
    )


def _wrong_type(path: str, wanted: str) -> Violation:
    return Violation(path, "type", f"Value at '{path or '/'}' can not be converted to {wanted}")


def _check_length(shape: Any, length: int, value: Any, path: str) -> Iterator[Violation]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and length < low:
        yield _constraint(path, value, f"have length greater than or equal to {low}")
    if high is not None and length > high:
        yield _constraint(path, value, f"have length less than or equal to {high}")


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_EQUIVALENT.get(pattern, pattern), re.ASCII)


def _check_string(shape: Any, value: Any, path: str) -> Iterator[Violation]:
    if not isinstance(value, str):
        yield _wrong_type(path, "a String")
        return
    wrong = list(_check_length(shape, len(value), value, path))
    yield from wrong
    if shape.enum and value not in shape.enum:
        yield _constraint(path, value, f"satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not wrong and not _compiled(pattern).fullmatch(value):
        yield _constraint(path, value, f"satisfy regular expression pattern: {pattern}")


def _check_number(shape: Any, value: Any, path: str) -> Iterator[Violation]:
    whole = shape.type_name in {"integer", "long"}
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        yield _wrong_type(path, f"a {_NUMBERS[shape.type_name]}")
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield _constraint(path, value, f"have value greater than or equal to {low}")
    if high is not None and value > high:
        yield _constraint(path, value, f"have value less than or equal to {high}")


def _check_boolean(_shape: Any, value: Any, path: str) -> Iterator[Violation]:
    if not isinstance(value, bool):
        yield _wrong_type(path, "a Boolean")


def _check_blob(shape: Any, value: Any, path: str) -> Iterator[Violation]:
    try:
        raw = base64.b64decode(value, validate=True) if isinstance(value, str) else None
    except (binascii.Error, ValueError):
        raw = None
    if raw is None:
        yield _wrong_type(path, "a Blob")
    else:
        yield from _check_length(shape, len(raw), None, path)


def _check_timestamp(_shape: Any, value: Any, path: str) -> Iterator[Violation]:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        yield _wrong_type(path, "a Timestamp")


def _check_list(shape: Any, value: Any, path: str) -> Iterator[Violation]:
    if not isinstance(value, list):
        yield _wrong_type(path, "a List")
        return
    yield from _check_length(shape, len(value), None, path)
    for number, member in enumerate(value, 1):
        yield from check(shape.member, member, f"{path}.{number}.member")


def _check_map(shape: Any, value: Any, path: str) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield _wrong_type(path, "a Map")
        return
    yield from _check_length(shape, len(value), None, path)
    for key, member in value.items():
        yield from _check_string(shape.key, key, f"{path}.key")
        yield from check(shape.value, member, f"{path}.{key[:_SHOWN]}.value")


def _check_structure(shape: Any, value: Any, path: str) -> Iterator[Violation]:
    if shape.is_document_type:
        return
    if not isinstance(value, dict):
        yield _wrong_type(path, "a Structure")
        return
    given = {name: member for name, member in value.items() if member is not None}
    for name in shape.required_members:
        if name not in given:
            yield _constraint(_join(path, name), None, "not be null")
    if shape.is_tagged_union and len(given) != 1:
        yield _constraint(path, None, f"have exactly one of [{', '.join(shape.members)}]")
    for name, member in given.items():
        if name in shape.members:
            yield from check(shape.members[name], member, _join(path, name))
        else:
            unknown = _join(path, name[:_SHOWN])
            yield Violation(unknown, "unknown", f"{unknown}: Extra inputs are not permitted")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


_CHECKERS = {
    "string": _check_string,
    "character": _check_string,
    "integer": _check_number,
    "long": _check_number,
    "float": _check_number,
    "double": _check_number,
    "boolean": _check_boolean,
    "blob": _check_blob,
    "timestamp": _check_timestamp,
    "list": _check_list,
    "map": _check_map,
    "structure": _check_structure,
}
