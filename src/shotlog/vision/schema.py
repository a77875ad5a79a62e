"""The emptiest value that fits a JSON schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_DEPTH = 12
_EMPTY: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "null": None}


def empty_value(schema: Any, root: dict[str, Any], depth: int = 0) -> Any:
    """Return an empty value for *schema*; references are looked up in *root*.

    >>> empty_value({"type": "array", "items": {"type": "string"}}, {})
    []
    >>> empty_value({"type": "object", "required": ["a"], "properties": {"a": {"enum": ["x", "y"]}}}, {})
    {'a': 'x'}
    """
    if not isinstance(schema, dict) or depth > _DEPTH:
        return None
    if isinstance(schema.get("$ref"), str):
        return empty_value(_referred(schema["$ref"], root), root, depth + 1)
    given = [*_given(schema)]
    if given:
        return given[0]
    parts = [part for word in ("anyOf", "oneOf", "allOf") for part in _parts(schema, word)]
    kinds = schema_types(schema, root)
    if "null" in kinds:
        return None
    if parts:
        return empty_value(parts[0], root, depth + 1)
    return _empty_of(kinds[0] if kinds else "object", schema, root, depth)


def _given(schema: dict[str, Any]) -> Iterator[Any]:
    """Yield the values that the schema itself offers."""
    for word in ("default", "const"):
        if word in schema:
            yield schema[word]
    yield from _parts(schema, "enum")


def _parts(schema: dict[str, Any], word: str) -> list[Any]:
    parts = schema.get(word)
    return parts if isinstance(parts, list) else []


def _empty_of(kind: str, schema: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    if kind == "array":
        return _empty_array(schema, root, depth)
    if kind == "object":
        return _empty_object(schema, root, depth)
    least = schema.get("minimum")
    if kind in {"integer", "number"} and isinstance(least, int | float):
        return max(0, least)
    return _EMPTY.get(kind)


def schema_types(schema: Any, root: dict[str, Any], depth: int = 0) -> list[str]:
    """Return the JSON types that *schema* names, through references and alternatives."""
    if not isinstance(schema, dict) or depth > _DEPTH:
        return []
    if isinstance(schema.get("$ref"), str):
        return schema_types(_referred(schema["$ref"], root), root, depth + 1)
    named = schema.get("type")
    kinds = [named] if isinstance(named, str) else list(named) if isinstance(named, list) else []
    for word in ("anyOf", "oneOf"):
        kinds += [kind for part in _parts(schema, word) for kind in schema_types(part, root, depth + 1)]
    return [kind for kind in kinds if isinstance(kind, str)]


def _empty_array(schema: dict[str, Any], root: dict[str, Any], depth: int) -> list[Any]:
    least = schema.get("minItems", 0)
    count = min(least, 8) if isinstance(least, int) else 0
    return [empty_value(schema.get("items"), root, depth + 1) for _ in range(count)]


def _empty_object(schema: dict[str, Any], root: dict[str, Any], depth: int) -> dict[str, Any]:
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict) or not isinstance(required, list):
        return {}
    names = [name for name in required if isinstance(name, str) and name in properties]
    return {name: empty_value(properties[name], root, depth + 1) for name in names}


def _referred(reference: str, root: dict[str, Any]) -> Any:
    value: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        value = value.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(value, dict) else None
    return value
