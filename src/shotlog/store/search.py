"""Find moments: the segments that made an asset match a search, best first, grouped by asset.

A search for very common words looks at its newest ``MOST_CANDIDATES`` matching segments only, so
that a page costs the same in a library of any size; what it does find is never outside the filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shotlog.domain.query_tree import Query, Words
from shotlog.store.conditions import matches
from shotlog.store.full_text import assets_with, matching
from shotlog.store.tables.findings import SegmentRow
from shotlog.store.tables.library import AssetRow

#: Matching segments that a search ranks, and the most that its total can say.
MOST_CANDIDATES = 10_000
#: Moments shown of one asset.
MOST_PER_ASSET = 5
#: How much a word counts by where it stands; 1 for the fields that are not named.
WEIGHTS = {
    "text": 1.6,
    "chapter": 1.5,
    "name": 1.2,
    "highlight": 1.3,
    "object": 1.2,
    "folder": 0.5,
    "look": 0.5,
}


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of moments ends: the last one's asset score, asset, and place within the asset."""

    best: float
    asset_id: int
    place: int


@dataclass(frozen=True, slots=True)
class Moment:
    """One place where a search matched; without words it is the asset as a whole, with no field or text."""

    asset_id: int
    name: str
    path: str
    field: str | None
    text: str
    start_ms: int | None
    end_ms: int | None
    score: float
    position: Position


def moments(
    session: Session,
    query: Query,
    *,
    paths: Sequence[str] = (),
    after: Position | None = None,
    limit: int = 100,
) -> tuple[list[Moment], int]:
    """Return a page of moments after a position, and how many there are in all (capped)."""
    kept = _kept(session, query, paths)
    page = sa.select(kept)
    if after is not None:
        page = page.where(_follows(kept, after))
    order = (kept.c.best.desc(), kept.c.asset_id, kept.c.place)
    page_rows = page.order_by(*order).limit(limit).subquery()
    rows = session.execute(
        sa.select(
            page_rows, AssetRow.name, AssetRow.path, SegmentRow.field, SegmentRow.text,
            SegmentRow.start_ms, SegmentRow.end_ms,
        )
        .join(AssetRow, AssetRow.id == page_rows.c.asset_id)
        .outerjoin(SegmentRow, SegmentRow.id == page_rows.c.id)
        .order_by(page_rows.c.best.desc(), page_rows.c.asset_id, page_rows.c.place)
    ).all()  # fmt: skip
    found = [
        Moment(
            row.asset_id, row.name, row.path, row.field, row.text or "", row.start_ms, row.end_ms,
            row.score, Position(row.best, row.asset_id, row.place),
        )
        for row in rows
    ]  # fmt: skip
    if found or after is None:
        return found, rows[0].total if rows else 0
    return [], session.scalar(sa.select(sa.func.count()).select_from(kept)) or 0


def _kept(session: Session, query: Query, paths: Sequence[str]) -> sa.Subquery:
    """Select the best moments of every asset: id, asset_id, score, best, place, total."""
    found = _found(session, query, paths)
    in_asset = sa.func.row_number().over(
        partition_by=found.c.asset_id,
        order_by=(found.c.score.desc(), found.c.start_ms.nulls_last(), found.c.id),
    )
    best = sa.func.max(found.c.score).over(partition_by=found.c.asset_id)
    ranked = sa.select(
        found.c.id, found.c.asset_id, found.c.score, best.label("best"), in_asset.label("place")
    ).subquery()
    return (
        sa.select(ranked, sa.func.count().over().label("total"))
        .where(ranked.c.place <= MOST_PER_ASSET)
        .subquery()
    )


def _found(session: Session, query: Query, paths: Sequence[str]) -> sa.CTE:
    """Select every candidate once: id, asset_id, start_ms, score."""
    by_fields: dict[frozenset[str], list[Words]] = {}
    for leaf in query.wanted:
        by_fields.setdefault(leaf.fields, []).append(leaf)
    beyond = matches(session, query.beyond_words(), paths)
    branches = [_with_words(session, leaves, beyond) for leaves in by_fields.values()]
    if not query.needs_words:
        branches.append(_without_words(session, query, matches(session, query, paths)))
    if len(branches) == 1:
        return branches[0].cte("found")
    every = sa.union_all(*(sa.select(branch.subquery()) for branch in branches)).subquery()
    return (
        sa.select(
            every.c.id,
            every.c.asset_id,
            sa.func.max(every.c.start_ms).label("start_ms"),
            sa.func.max(every.c.score).label("score"),
        )
        .group_by(every.c.asset_id, every.c.id)
        .cte("found")
    )


def _with_words(
    session: Session, leaves: Sequence[Words], condition: sa.ColumnElement[bool]
) -> sa.Select[tuple[int, int, int | None, float]]:
    match = matching(session, leaves)
    segments = match.segments.c
    weight = sa.case(WEIGHTS, value=segments.field, else_=1.0)
    return (
        sa.select(
            segments.id,
            segments.asset_id,
            segments.start_ms,
            sa.type_coerce(match.score * weight, sa.Double()).label("score"),
        )
        .select_from(match.source.join(AssetRow, AssetRow.id == segments.asset_id))
        .where(match.condition, condition)
        .order_by(*match.cheap_order)
        .limit(MOST_CANDIDATES)
    )


def _without_words(session: Session, query: Query, condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Select assets that match although they contain none of the words."""
    nothing: Any = sa.null().cast(sa.BigInteger())
    wordless = sa.and_(condition, *(AssetRow.id.not_in(assets_with(session, leaf)) for leaf in query.wanted))
    return (
        sa.select(
            nothing.label("id"),
            AssetRow.id.label("asset_id"),
            nothing.label("start_ms"),
            sa.literal(0.0, sa.Double()).label("score"),
        )
        .where(wordless)
        .order_by(AssetRow.id)
        .limit(MOST_CANDIDATES)
    )


def _follows(kept: sa.Subquery, after: Position) -> sa.ColumnElement[bool]:
    same_score = kept.c.best == after.best
    same_asset = sa.and_(same_score, kept.c.asset_id == after.asset_id)
    return sa.or_(
        kept.c.best < after.best,
        sa.and_(same_score, kept.c.asset_id > after.asset_id),
        sa.and_(same_asset, kept.c.place > after.place),
    )
