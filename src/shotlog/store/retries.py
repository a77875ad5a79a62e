"""Queries behind a retry: what of a run is worth asking again, and how each record is asked then."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from shotlog.domain.interpretation import CUTS
from shotlog.domain.outcome import ANALYSED, RETRYABLE, Outcome
from shotlog.domain.state import AssetState
from shotlog.store.tables.library import AssetRow
from shotlog.store.tables.runs import RecordRow, RunRow

_FAILED = tuple(sorted(RETRYABLE - ANALYSED))
#: An answer that was cut off gets so many times the room.
_MORE_ROOM = 2
#: What could not be read would come back word for word at temperature 0.
_OTHER_WORDS = 0.3


@dataclass(frozen=True, slots=True)
class Retry:
    """Which run is asked again, and what its model allows."""

    run_id: int
    #: Ask the salvaged ones too, in the hope of whole answers.
    partial: bool
    #: Longest answer that the model gives: who was cut off there is cut off again.
    most_tokens: int
    #: Longest answer that the recipe asks for, by kind.
    recipe_tokens: tuple[tuple[str, int], ...]


def worth_asking(retry: Retry) -> sa.ColumnElement[bool]:
    """Return the condition that an asset's record in the run failed, can succeed, and was not asked since."""
    old, run = aliased(RecordRow), aliased(RunRow)
    outcomes = (*_FAILED, Outcome.PARTIAL) if retry.partial else _FAILED
    failed = sa.exists().where(
        old.asset_id == AssetRow.id,
        old.run_id == retry.run_id,
        old.outcome.in_(outcomes),
        old.retryable.is_(True),
        ~sa.and_(_was_cut(old), sa.func.coalesce(old.max_tokens, 0) >= retry.most_tokens),
    )
    later, later_run = aliased(RecordRow), aliased(RunRow)
    asked_since = (
        sa.select(later.id)
        .join(later_run, later_run.id == later.run_id)
        .join(run, sa.and_(run.recipe_id == later_run.recipe_id, run.model == later_run.model))
        .where(run.id == retry.run_id, later.asset_id == AssetRow.id, later_run.id > run.id)
    )
    return sa.and_(
        AssetRow.state == AssetState.READY, AssetRow.missing_at.is_(None), failed, ~asked_since.exists()
    )


def change(session: Session, run_id: int, retry: Retry) -> None:
    """Tell the records of the new run how they are asked: more room for the cut, other words for garbage."""
    old = aliased(RecordRow)
    mine = RecordRow.run_id == run_id
    for kind, tokens in retry.recipe_tokens:
        before = (
            sa.select(sa.func.coalesce(old.max_tokens, tokens))
            .where(old.run_id == retry.run_id, old.asset_id == RecordRow.asset_id)
            .scalar_subquery()
        )
        cut = sa.select(old.asset_id).where(old.run_id == retry.run_id, _was_cut(old))
        of_kind = sa.select(AssetRow.id).where(AssetRow.kind == kind)
        session.execute(
            sa.update(RecordRow)
            .where(mine, RecordRow.asset_id.in_(cut), RecordRow.asset_id.in_(of_kind))
            .values(
                max_tokens=sa.case(
                    (before * _MORE_ROOM > retry.most_tokens, retry.most_tokens), else_=before * _MORE_ROOM
                )
            )
            .execution_options(synchronize_session=False)
        )
    garbage = sa.select(old.asset_id).where(old.run_id == retry.run_id, old.outcome == Outcome.UNPARSABLE)
    session.execute(
        sa.update(RecordRow)
        .where(mine, RecordRow.asset_id.in_(garbage))
        .values(temperature=_OTHER_WORDS)
        .execution_options(synchronize_session=False)
    )


def _was_cut(record: type[RecordRow]) -> sa.ColumnElement[bool]:
    return sa.and_(
        record.outcome.in_((Outcome.TRUNCATED, Outcome.PARTIAL)), record.stop_reason.in_(sorted(CUTS))
    )
