"""The JSON schema of an answer, as small as a prompt needs it."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter

from shotlog.domain.sections import SHAPES

#: Words of pydantic's schemas that cost tokens and tell a model nothing that it would heed.
_NOISE = frozenset(
    {"title", "default", "description", "$defs", "additionalProperties", "type", "properties"}
    | {"minimum", "maximum", "ge", "le"}
)


def answer_schema(sections: Iterable[str]) -> dict[str, Any]:
    """Return one object schema whose top-level properties are *sections*, with nothing by reference.

    >>> answer_schema(["summary"])["properties"]["summary"]["properties"]["text"]
    {'type': 'string'}
    """
    names = list(sections)
    return {"type": "object", "properties": {name: _section(name) for name in names}, "required": names}


def compact_json(value: Any) -> str:
    """Write JSON without spaces, keys in the order given.

    >>> compact_json({"a": [1, "é"]})
    '{"a":[1,"é"]}'
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@functools.cache
def _section(name: str) -> dict[str, Any]:
    schema = TypeAdapter(SHAPES[name]).json_schema()
    trimmed = _trim(schema, schema.get("$defs", {}))
    return dict(trimmed)


def _trim(node: Any, definitions: dict[str, Any]) -> Any:
    """Put definitions in place of references, and leave out noise and the choice of null."""
    if isinstance(node, list):
        return [_trim(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _trim(definitions[node["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in node:
        choices = [choice for choice in node["anyOf"] if choice.get("type") != "null"]
        if len(choices) == 1:
            return _trim(choices[0], definitions)
    if "enum" in node:
        return {"enum": node["enum"]}
    trimmed: dict[str, Any] = {"type": node["type"]} if "type" in node else {}
    if "properties" in node:
        trimmed["properties"] = {
            name: _trim(value, definitions) for name, value in node["properties"].items()
        }
    return trimmed | {key: _trim(value, definitions) for key, value in node.items() if key not in _NOISE}
