"""Hold a classification against the user's taxonomy: one label for each dimension, no value of its own."""

from __future__ import annotations

from typing import Any

from shotlog.domain.recipe import UNKNOWN, Dimension
from shotlog.domain.sections import Label


def settle_labels(
    classification: dict[str, Any], dimensions: tuple[Dimension, ...]
) -> tuple[dict[str, Any], list[str]]:
    """Return one label for each dimension, in the taxonomy's order, and what had to be put right.

    A value outside the list becomes ``unknown`` with the reason; so does a dimension without an answer.
    Labels of other dimensions go. Without a taxonomy there are no labels.
    """
    given: dict[str, dict[str, Any]] = {}
    for label in classification.get("labels", []):
        given.setdefault(_fold(label["dimension"]), label)
    problems: list[str] = []
    labels = [
        _settle(dimension, given.pop(_fold(dimension.name), None), problems) for dimension in dimensions
    ]
    if given:
        strange = ", ".join(repr(label["dimension"][:40]) for label in list(given.values())[:5])
        problems.append(f"classification: no such dimension: {strange}")
    return {**classification, "labels": labels}, problems


def _settle(dimension: Dimension, label: dict[str, Any] | None, problems: list[str]) -> dict[str, Any]:
    if label is None:
        problems.append(f"classification: {dimension.name} was not answered")
        return _unknown(dimension, "not answered", None)
    value = label["value"]
    known = dimension.find(value)
    if known is not None:
        return {**label, "dimension": dimension.name, "value": known}
    if _fold(value) in (UNKNOWN, ""):
        return _unknown(dimension, label.get("unknown_reason") or "no reason given", label)
    problems.append(f"classification: {value[:60]!r} is no value of {dimension.name}")
    return _unknown(dimension, f"{value[:60]!r} is not in the taxonomy", label)


def _unknown(dimension: Dimension, reason: str, label: dict[str, Any] | None) -> dict[str, Any]:
    fresh = Label(dimension=dimension.name, unknown_reason=reason).model_dump(mode="json")
    if label is None:
        return fresh
    return {**label, **{key: fresh[key] for key in ("dimension", "value", "unknown_reason")}}


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())
