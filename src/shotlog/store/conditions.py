"""What a search asks of assets, as one SQL condition that lists, counts, totals and facets share."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shotlog.domain.query_tree import (
    And,
    Between,
    Camera,
    Has,
    HasField,
    Is,
    Kind,
    Node,
    Not,
    Or,
    Query,
    Under,
    Words,
)
from shotlog.domain.state import AssetState
from shotlog.store.assets import covered_by
from shotlog.store.full_text import assets_with
from shotlog.store.tables.findings import SegmentRow
from shotlog.store.tables.library import AssetRow


def analysed() -> sa.ColumnElement[bool]:
    """Return the one condition for "analysed": a result of the asset succeeded or was salvaged."""
    return AssetRow.analysed_at.is_not(None)


def matches(session: Session, query: Query, paths: Sequence[str] = ()) -> sa.ColumnElement[bool]:
    """Return the condition that an asset matches *query* and lies at or under one of *paths*.

    Refused and missing assets match only a search that asks for them.
    """
    parts = [_condition(session, query.root)]
    if not query.asks_for("refused"):
        parts.append(AssetRow.state != AssetState.FAILED)
    if not query.asks_for("missing"):
        parts.append(AssetRow.missing_at.is_(None))
    if paths:
        parts.append(covered_by(paths))
    return sa.and_(*parts)


def _condition(session: Session, node: Node) -> sa.ColumnElement[bool]:  # noqa: C901, PLR0911 - a line a node
    match node:
        case And(parts):
            return sa.and_(sa.true(), *(_condition(session, part) for part in parts))
        case Or(parts):
            return sa.or_(sa.false(), *(_condition(session, part) for part in parts))
        case Not(part):
            known = sa.func.coalesce(_condition(session, part), sa.false(), type_=sa.Boolean())
            return sa.not_(known)
        case Words():
            return AssetRow.id.in_(assets_with(session, node))
        case HasField(field):
            return sa.exists().where(SegmentRow.asset_id == AssetRow.id, SegmentRow.field == field)
        case Between():
            return _between(node)
        case Under(path):
            return covered_by([path])
        case Camera(text):
            return _camera(text)
        case Kind(kind):
            return AssetRow.kind == kind
        case Has(what):
            return _POSSESSIONS[what]
        case Is(status):
            return _STATUSES[status]


def _between(node: Between) -> sa.ColumnElement[bool]:
    column = getattr(AssetRow, node.fact)
    bounds = [column.is_not(None)]
    if node.low is not None:
        bounds.append(column >= node.low)
    if node.high is not None:
        bounds.append(column < node.high)
    return sa.and_(*bounds)


def _camera(text: str) -> sa.ColumnElement[bool]:
    maker, model = (sa.func.coalesce(column, "") for column in (AssetRow.camera_make, AssetRow.camera_model))
    return (maker + " " + model).icontains(text, autoescape=True)


_POSSESSIONS: dict[str, sa.ColumnElement[bool]] = {
    "gps": sa.and_(AssetRow.latitude.is_not(None), AssetRow.longitude.is_not(None)),
    "audio": AssetRow.has_audio.is_(True),
}
_STATUSES: dict[str, sa.ColumnElement[bool]] = {
    "analysed": analysed(),
    "unanalysed": sa.not_(analysed()),
    "refused": AssetRow.state == AssetState.FAILED,
    "missing": AssetRow.missing_at.is_not(None),
    "new": AssetRow.state == AssetState.NEW,
    "ready": AssetRow.state == AssetState.READY,
}
