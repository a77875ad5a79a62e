"""Decide how a record ended, from what came back for it: the same for batch and on demand."""

from __future__ import annotations

from dataclasses import dataclass

from shotlog.domain.cost import actual_cost
from shotlog.domain.interpretation import Interpretation, interpret
from shotlog.domain.model import Mode
from shotlog.domain.outcome import Outcome
from shotlog.domain.ports import Answer
from shotlog.domain.segments import section_segments
from shotlog.services.terms import RunTerms
from shotlog.store.findings import Finding
from shotlog.store.records import Ending, Subject


@dataclass(frozen=True, slots=True)
class Judgement:
    """How one record ends, and what it says about its asset where it says anything."""

    ending: Ending
    finding: Finding | None


def judge(
    subject: Subject, answer: Answer, terms: RunTerms, mode: Mode, *, counted: bool = True
) -> Judgement:
    """Read one answer; never raises for what a model wrote.

    Without *counted* the provider did not say what the answer took, so its cost is unknown, not zero.
    """
    read = interpret(answer.text, answer.stop_reason, terms.recipe, subject.kind, subject.duration_ms)
    amount = None
    if counted:
        amount = actual_cost(terms.card, mode, terms.price_group, answer.input_tokens, answer.output_tokens)
    ending = Ending(
        record_id=subject.record_id,
        outcome=read.outcome,
        code=read.code or None,
        message=read.message or None,
        retryable=read.outcome.can_succeed_later,
        stop_reason=answer.stop_reason,
        input_tokens=answer.input_tokens if counted else None,
        output_tokens=answer.output_tokens if counted else None,
        raw_text=answer.text,
        answered=True,
        amount_microusd=amount,
    )
    return Judgement(ending, finding_of(subject, read, terms.run.engine))


def finding_of(subject: Subject, read: Interpretation, engine: str) -> Finding | None:
    """Return what a good answer says about its asset; nothing where the file has changed since."""
    if not read.outcome.analysed or not subject.unchanged:
        return None
    segments: dict[str, list[tuple[str, str, int | None, int | None]]] = {}
    for section, body in read.sections.items():
        pieces = section_segments(subject.kind, section, body)
        segments[section] = [(piece.field, piece.text, piece.start_ms, piece.end_ms) for piece in pieces]
    return Finding(
        asset_id=subject.asset_id,
        record_id=subject.record_id,
        engine=read.engine or engine,
        sections=read.sections,
        segments=segments,
    )


def failure(
    record_id: int, code: str, message: str, *, retryable: bool, raw_text: str | None = None
) -> Ending:
    """Return the ending of a record that nobody answered."""
    return Ending(record_id, Outcome.FAILED, code, message, retryable, raw_text=raw_text)
