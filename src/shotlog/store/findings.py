"""Queries over annotations and segments: what is written once a result is good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shotlog.domain.words import index_text
from shotlog.store import full_text
from shotlog.store.tables.columns import table_of
from shotlog.store.tables.findings import AnnotationRow, SegmentRow
from shotlog.store.tables.library import AssetRow

#: The tables themselves: rows by the thousand need no objects.
_ANNOTATIONS, _SEGMENTS = table_of(AnnotationRow), table_of(SegmentRow)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one good record says about its asset, ready to store."""

    asset_id: int
    record_id: int
    engine: str
    #: Section name -> its validated body.
    sections: Mapping[str, Any]
    #: Section name -> (field, text, start_ms, end_ms) of its findable pieces.
    segments: Mapping[str, Sequence[tuple[str, str, int | None, int | None]]]


def apply(session: Session, findings: Sequence[Finding], now: datetime) -> None:
    """Store findings as the current ones; older annotations of the same section become history.

    Where a later record has spoken about a section already, because its answer came first, the finding is
    history at once. *findings* are of different assets.
    """
    if not findings:
        return
    overtaken = _retire(session, findings)
    pieces = [(finding, section, body) for finding in findings for section, body in finding.sections.items()]
    session.execute(
        sa.insert(_ANNOTATIONS),
        [
            {
                "asset_id": finding.asset_id,
                "record_id": finding.record_id,
                "section": section,
                "engine": finding.engine,
                "body": body,
                "current": (finding.asset_id, section) not in overtaken,
                "created_at": now,
            }
            for finding, section, body in pieces
        ],
    )
    ids = _ids(session, [finding.record_id for finding in findings])
    _add_segments(
        session,
        [
            (finding.asset_id, ids[finding.record_id, section], *segment)
            for finding, section, _ in pieces
            if (finding.asset_id, section) not in overtaken
            for segment in finding.segments.get(section, ())
        ],
    )
    session.execute(
        sa.update(AssetRow)
        .where(AssetRow.id.in_([finding.asset_id for finding in findings]))
        .values(analysed_at=now)
        .execution_options(synchronize_session=False)
    )


def replace(session: Session, asset_id: int, record_id: int, finding: Finding | None, now: datetime) -> None:
    """Put what a record says now in place of what it said; None: it says nothing any more."""
    session.execute(sa.delete(AnnotationRow).where(AnnotationRow.record_id == record_id))
    if finding is not None:
        apply(session, [finding], now)
        return
    newest = sa.select(sa.func.max(AnnotationRow.created_at)).where(
        AnnotationRow.asset_id == asset_id, AnnotationRow.current
    )
    session.execute(
        sa.update(AssetRow)
        .where(AssetRow.id == asset_id)
        .values(analysed_at=newest.scalar_subquery())
        .execution_options(synchronize_session=False)
    )


def replace_names(
    session: Session, asset_id: int, segments: Sequence[tuple[str, str, int | None, int | None]]
) -> None:
    """Store the words of a file's own name, in place of older ones."""
    session.execute(
        sa.delete(SegmentRow).where(SegmentRow.asset_id == asset_id, SegmentRow.annotation_id.is_(None))
    )
    _add_segments(session, [(asset_id, None, *segment) for segment in segments])


def _retire(session: Session, findings: Sequence[Finding]) -> set[tuple[int, str]]:
    """Make older annotations history; return what (asset, section) a later record has spoken about."""
    records = {finding.asset_id: finding.record_id for finding in findings}
    wanted = {(finding.asset_id, section) for finding in findings for section in finding.sections}
    rows = session.execute(
        sa.select(
            AnnotationRow.id, AnnotationRow.asset_id, AnnotationRow.section, AnnotationRow.record_id
        ).where(AnnotationRow.asset_id.in_(list(records)), AnnotationRow.current)
    )
    old, overtaken = [], set()
    for id_, asset_id, section, record_id in rows:
        if (asset_id, section) not in wanted:
            continue
        if record_id > records[asset_id]:
            overtaken.add((asset_id, section))
        else:
            old.append(id_)
    if old:
        session.execute(sa.delete(SegmentRow).where(SegmentRow.annotation_id.in_(old)))
        session.execute(sa.update(AnnotationRow).where(AnnotationRow.id.in_(old)).values(current=False))
    return overtaken


def _ids(session: Session, record_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """Return the annotations of some records by record and section."""
    rows = session.execute(
        sa.select(AnnotationRow.record_id, AnnotationRow.section, AnnotationRow.id).where(
            AnnotationRow.record_id.in_(record_ids)
        )
    )
    return {(record_id, section): id_ for record_id, section, id_ in rows}


def _add_segments(
    session: Session, segments: Sequence[tuple[int, int | None, str, str, int | None, int | None]]
) -> None:
    if not segments:
        return
    with full_text.indexing(session):
        session.execute(
            sa.insert(_SEGMENTS),
            [
                {
                    "asset_id": asset_id,
                    "annotation_id": annotation_id,
                    "field": field,
                    "text": text,
                    "folded": index_text(field, text),
                    "start_ms": start_ms,
                    "end_ms": end_ms,
                }
                for asset_id, annotation_id, field, text, start_ms, end_ms in segments
            ],
        )
