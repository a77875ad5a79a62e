"""Read what an ended job wrote, and leave no record of its chunk without an outcome."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from shotlog.domain.clock import Clock
from shotlog.domain.job_state import ProviderState
from shotlog.domain.manifest import record_number
from shotlog.domain.model import Mode
from shotlog.domain.outcome import Outcome
from shotlog.domain.ports import BlobStore
from shotlog.domain.run import BatchJob
from shotlog.domain.state import ChunkState
from shotlog.inference.output import (
    OUTPUT_SUFFIX,
    TOTALS_NAME,
    JobTotals,
    OutputRecord,
    read_records,
    read_totals,
)
from shotlog.services.applying import apply
from shotlog.services.judging import Judgement, failure, judge
from shotlog.services.submitting import output_folder
from shotlog.services.terms import RunTerms
from shotlog.store import jobs, records
from shotlog.store.database import Database
from shotlog.store.records import Ending, Subject

_AT_ONCE = 1000

#: What a record without a line means, by how its job ended; None: the provider does not know the job.
_ABSENT: dict[str | None, Ending] = {
    None: Ending(
        0, Outcome.MISSING, "job_lost", "The provider does not know the job any more.", retryable=True
    ),
    ProviderState.COMPLETED: Ending(
        0, Outcome.MISSING, "no_line", "The job completed without a line for it.", retryable=True
    ),
    ProviderState.PARTIALLY_COMPLETED: Ending(
        0, Outcome.MISSING, "job_out_of_time", "The job ran out of time before it.", retryable=True
    ),
    ProviderState.EXPIRED: Ending(
        0, Outcome.MISSING, "job_expired", "The job expired before it.", retryable=True
    ),
    ProviderState.STOPPED: Ending(
        0, Outcome.MISSING, "job_stopped", "The job was stopped before it.", retryable=True
    ),
    ProviderState.FAILED: Ending(0, Outcome.FAILED, "job_failed", "The job failed.", retryable=True),
}

_log = structlog.get_logger(__name__)


@dataclass
class _Tally:
    lines: int = 0
    #: Lines that name no record of the chunk, or cannot be read.
    unmatched: int = 0
    totals: JobTotals | None = None


class Collector:
    """Collects from every terminal state, partial ones too; doing it again changes nothing (R34, R39)."""

    def __init__(self, database: Database, clock: Clock, store: Callable[[], BlobStore]) -> None:
        self._database = database
        self._clock = clock
        self._store = store

    def collect(self, job_id: int, terms: RunTerms) -> None:
        """Give every record of an ended job its outcome; does nothing when that is done.

        Lines are joined by their record id in any order; those that name no record of the chunk are
        counted and reported. What has no line then is missing, or failed with the job.
        """
        with self._database.read() as session:
            job = jobs.get(session, job_id)
        if job.state != ChunkState.ENDED:
            return
        tally = self._read(job, terms)
        self._close_absent(job)
        notes = (unknown_lines(job.unmatched_records) if job.adopted else "", _disagreement(tally))
        with self._database.write() as session:
            jobs.advance(
                session,
                job_id,
                ChunkState.COLLECTED,
                unmatched_records=max(tally.unmatched, job.unmatched_records),
                collected_at=self._clock(),
                message="; ".join(filter(None, (job.message, *notes))) or None,
            )

    def _read(self, job: BatchJob, terms: RunTerms) -> _Tally:
        tally, store = _Tally(), self._store()
        number = (job.job_arn or "").rpartition("/")[2]
        for info in store.list(f"{output_folder(job)}/{number}/"):
            if info.key.endswith(OUTPUT_SUFFIX):
                lines = read_records(store.stream(info.key))
                while some := list(itertools.islice(lines, _AT_ONCE)):
                    self._take(some, job, terms, tally)
            elif info.key.endswith(f"/{TOTALS_NAME}"):
                tally.totals = read_totals(store.get(info.key))
        return tally

    def _take(self, lines: Sequence[OutputRecord], job: BatchJob, terms: RunTerms, tally: _Tally) -> None:
        tally.lines += len(lines)
        numbered = [(record_number(line.record_id), line) for line in lines]
        with self._database.read() as session:
            ids = [number for number, _ in numbered if number is not None]
            find = records.adopted_subjects if job.adopted else records.subjects
            subjects = find(session, ids, job_id=job.id)
        matched: dict[int, OutputRecord] = {}
        for number, line in numbered:
            if number is None or number not in subjects:
                tally.unmatched += 1
                _log.warning("unmatched_line", job=job.job_arn, record=line.record_id, defect=line.defect)
            elif number not in matched or matched[number].answer is None:
                matched[number] = line
        judgements = [_judged(subjects[number], line, terms) for number, line in matched.items()]
        with self._database.write() as session:
            apply(session, judgements, terms, Mode.BATCH, self._clock())

    def _close_absent(self, job: BatchJob) -> None:
        like = _ABSENT.get(job.provider_state, _ABSENT[None])
        message = job.message or like.message
        with self._database.read() as session:
            left = records.open_of_job(session, job.id)
        for start in range(0, len(left), _AT_ONCE):
            endings = [
                Ending(record.id, like.outcome, like.code, message, retryable=like.retryable)
                for record in left[start : start + _AT_ONCE]
            ]
            with self._database.write() as session:
                records.close(session, endings, self._clock())


def _judged(subject: Subject, line: OutputRecord, terms: RunTerms) -> Judgement:
    if line.answer is not None:
        return judge(subject, line.answer, terms, Mode.BATCH, counted=line.has_usage)
    raw = line.raw_line.decode("utf-8", "replace")
    if line.error is None:
        ending = Ending(
            subject.record_id, Outcome.UNPARSABLE, "no_record", line.defect, retryable=True, raw_text=raw
        )
        return Judgement(ending, None)
    error = line.error
    retryable = (
        error.retryable if error.retryable is not None else error.code[:1] == "5" or error.code == "429"
    )
    return Judgement(
        failure(subject.record_id, error.code, error.message, retryable=retryable, raw_text=raw), None
    )


def unknown_lines(count: int) -> str:
    """Return what is to be said of an adopted job that asks about files that the library does not know."""
    return f"Lines of its manifest that name no file of this library: {count}." if count else ""


def _disagreement(tally: _Tally) -> str:
    """Return what is to be said where the provider's own totals and its output do not agree (rule R40)."""
    counted = tally.totals.processed if tally.totals else None
    if counted is None or counted == tally.lines:
        return ""
    return f"The provider counts {counted} records in its output, which has {tally.lines} lines."
