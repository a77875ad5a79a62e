"""Count what matches a search by kind, analysis, camera and year, by the condition of the list itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shotlog.domain.query_tree import Query
from shotlog.store.conditions import analysed, matches
from shotlog.store.tables.library import AssetRow

_MOST_VALUES = 50


@dataclass(frozen=True, slots=True)
class Facets:
    """How many matching assets there are of each value, most first; None stands for unknown."""

    kind: dict[str | None, int]
    analysed: dict[bool, int]
    camera: dict[str | None, int]
    year: dict[int | None, int]


def count(session: Session, query: Query, *, paths: Sequence[str] = ()) -> Facets:
    """Return the counts of the assets that match."""
    condition = matches(session, query, paths)
    captured: sa.ColumnElement[Any] = sa.type_coerce(AssetRow.captured_at, sa.DateTime())
    if session.get_bind().dialect.name == "postgresql":
        captured = sa.func.timezone("UTC", AssetRow.captured_at)  # else the session's zone decides the year
    year = sa.extract("year", captured)
    known = _by(session, condition, analysed())
    years = _by(session, condition, year)
    return Facets(
        kind=_by(session, condition, AssetRow.kind),
        analysed={bool(value): number for value, number in known.items()},
        camera=_by(session, condition, AssetRow.camera_model),
        year={value if value is None else int(value): number for value, number in years.items()},
    )


def _by(session: Session, condition: sa.ColumnElement[bool], value: Any) -> dict[Any, int]:
    number = sa.func.count()
    labelled = value.label("value")
    rows = session.execute(
        sa.select(labelled, number)
        .select_from(AssetRow)
        .where(condition)
        .group_by(labelled)
        .order_by(number.desc(), labelled)
        .limit(_MOST_VALUES)
    )
    return {found: total for found, total in rows}  # noqa: C416 - rows are no pairs to dict()
