"""Match words with each database's own full-text index: FTS5 on SQLite, tsvector on PostgreSQL.

What a person typed never reaches an index as syntax: a match is built only from words that
``domain.words`` has cut, which hold letters, digits and vowel signs, each quoted once more here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shotlog.domain.query_tree import Words

_SEGMENTS = sa.table(
    "segments",
    sa.column("id", sa.BigInteger()),
    sa.column("asset_id", sa.BigInteger()),
    sa.column("field", sa.Text()),
    sa.column("text", sa.Text()),
    sa.column("start_ms", sa.BigInteger()),
    sa.column("end_ms", sa.BigInteger()),
    sa.column("words"),  # PostgreSQL's tsvector
)
_INDEX = sa.table(
    "segment_words",
    sa.column("rowid", sa.BigInteger()),
    sa.column("segment_words", sa.Text()),  # what FTS5 matches on: the table itself
    sa.column("rank", sa.Float()),  # bm25, the smaller the better
)


@dataclass(frozen=True, slots=True)
class Match:
    """Segments that contain any of some words, as the parts of a query."""

    #: The segments' columns: id, asset_id, field, text, start_ms, end_ms.
    segments: sa.FromClause
    source: sa.FromClause
    condition: sa.ColumnElement[bool]
    #: Grows with how well a segment matches; comparable only within one query.
    score: sa.ColumnElement[float]
    #: An order that the index gives for nothing, newest first; empty where there is none.
    cheap_order: tuple[sa.ColumnElement[int], ...] = ()


def matching(session: Session, leaves: Sequence[Words]) -> Match:
    """Return the segments that contain any of *leaves*, whose ``fields`` must be alike."""
    match = _MATCHERS[session.get_bind().dialect.name](leaves)
    fields = sorted(leaves[0].fields)
    if not fields:
        return match
    within = sa.and_(match.condition, match.segments.c.field.in_(fields))
    return Match(match.segments, match.source, within, match.score, match.cheap_order)


@contextmanager
def indexing(session: Session) -> Iterator[None]:
    """Index the segments that are added inside, all at once; PostgreSQL does so by itself.

    The transaction must be the only writer, as ``Database.write`` makes it on SQLite.
    """
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    last = session.scalar(sa.text("SELECT coalesce(max(id), 0) FROM segments"))
    yield
    session.flush()
    session.execute(
        sa.text("INSERT INTO segment_words(rowid, folded) SELECT id, folded FROM segments WHERE id > :last"),
        {"last": last},
    )


def assets_with(session: Session, leaf: Words) -> sa.Select[tuple[int]]:
    """Select the ids of the assets that contain *leaf* in some segment."""
    match = matching(session, [leaf])
    return sa.select(match.segments.c.asset_id).select_from(match.source).where(match.condition)


def _sqlite(leaves: Sequence[Words]) -> Match:
    segments, index = _SEGMENTS.alias(), _INDEX.alias()
    wanted = " OR ".join(f'"{" ".join(leaf.words)}"{" *" if leaf.prefix else ""}' for leaf in leaves)
    return Match(
        segments,
        index.join(segments, segments.c.id == index.c.rowid),
        index.c.segment_words.bool_op("MATCH")(wanted),
        -index.c.rank,
        (index.c.rowid.desc(),),
    )


def _postgresql(leaves: Sequence[Words]) -> Match:
    segments = _SEGMENTS.alias()
    wanted = sa.func.to_tsquery(sa.literal_column("'simple'"), " | ".join(map(_tsquery, leaves)))
    return Match(
        segments,
        segments,
        segments.c.words.bool_op("@@")(wanted),
        sa.cast(sa.func.ts_rank(segments.c.words, wanted, 1), sa.Double()),
    )


def _tsquery(leaf: Words) -> str:
    words = [f"'{word}'" for word in leaf.words]
    return f"({' <-> '.join(words)}{':*' if leaf.prefix else ''})"


_MATCHERS: dict[str, Callable[[Sequence[Words]], Match]] = {"sqlite": _sqlite, "postgresql": _postgresql}
