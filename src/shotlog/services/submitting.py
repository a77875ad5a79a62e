"""Ask the provider for a chunk's job: the intent first, once for each chunk, when there is a slot."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from shotlog.domain.clock import Clock
from shotlog.domain.job_state import JobRequest, ProviderState
from shotlog.domain.money import divide
from shotlog.domain.ports import BatchProvider, BlobStore
from shotlog.domain.run import BatchJob
from shotlog.domain.state import ChunkState, RunState
from shotlog.errors import Interrupted, QuotaReached, Throttled
from shotlog.services.judging import failure
from shotlog.services.terms import RunTerms
from shotlog.store import jobs, records, runs
from shotlog.store.database import Database

_log = structlog.get_logger(__name__)

#: Chunks that nobody was asked about yet.
_NOT_ASKED = (ChunkState.PLANNED, ChunkState.STAGED)
#: Chunks whose money is spoken for, but not yet booked record by record.
_RESERVED = (ChunkState.SUBMITTING, ChunkState.SUBMITTED, ChunkState.ENDED)


class Submitter:
    """Turns staged chunks into running jobs.

    Args:
        role_arn: the role that the provider reads and writes the store with.
        slot_seconds: pause before looking for a free slot again.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        store: Callable[[], BlobStore],
        provider: Callable[[], BatchProvider],
        *,
        role_arn: str,
        slot_seconds: float,
    ) -> None:
        self._database = database
        self._clock = clock
        self._store = store
        self._provider = provider
        self._role_arn = role_arn
        self._slot_seconds = slot_seconds
        self._one_at_a_time = threading.Lock()

    def submit(self, job_id: int, terms: RunTerms, *, stop: threading.Event) -> None:
        """Submit one chunk; a repeat asks with the same token and gets the same job (rules R5, R9, R10).

        A throttled request and a full quota are no failures: the chunk waits for a slot, and is asked for
        again as long as it takes. What the provider refuses is raised, and the intent stands: once the
        cause is mended, the same request is made again.

        Raises:
            Interrupted: *stop* was set first; the chunk stays due.
            Rejected, Unavailable: the provider said so.
        """
        job = self._intend(job_id)
        while job.state == ChunkState.SUBMITTING:
            with self._one_at_a_time:
                if self._cancelling(job):
                    job = self._withdraw(job)
                elif self._slot_is_free(job, terms.card.max_active_jobs):
                    job = self._ask(job, terms)
            if job.state == ChunkState.SUBMITTING and stop.wait(self._slot_seconds):
                raise Interrupted

    def _intend(self, job_id: int) -> BatchJob:
        with self._database.write() as session:
            job = jobs.get(session, job_id)
            if job.state in _NOT_ASKED and runs.get(session, job.run_id).cancelling:
                return self._fail(session, job, "cancelled", "The run was cancelled before it was asked.")
            if job.state != ChunkState.STAGED:
                return job
            if _breaks_budget(session, job):
                return self._fail(session, job, "over_budget", "The run's budget has no room for it.")
            return jobs.advance(session, job_id, ChunkState.SUBMITTING, intended_at=self._clock())

    def _fail(self, session: Session, job: BatchJob, code: str, message: str) -> BatchJob:
        """Fail a chunk that gets no job, and every record of it that is still open."""
        now = self._clock()
        endings = [
            failure(record.id, code, message, retryable=True)
            for record in records.open_of_job(session, job.id)
        ]
        records.close(session, endings, now)
        return jobs.advance(session, job.id, ChunkState.FAILED, message=message, ended_at=now)

    def _slot_is_free(self, job: BatchJob, slots: int) -> bool:
        with self._database.read() as session:
            return jobs.active(session, job.model) < slots

    def _cancelling(self, job: BatchJob) -> bool:
        with self._database.read() as session:
            return runs.get(session, job.run_id).cancelling

    def _withdraw(self, job: BatchJob) -> BatchJob:
        """Find out whether an intent became a job, which is then to be stopped; else it never will."""
        found = self._provider().list(name_contains=job.job_name)
        arn = next((status.arn for status in found if status.name == job.job_name), None)
        if arn is not None:
            return self._submitted(job, arn)
        with self._database.write() as session:
            return self._fail(session, job, "cancelled", "The run was cancelled before it was asked.")

    def _ask(self, job: BatchJob, terms: RunTerms) -> BatchJob:
        store = self._store()
        request = JobRequest(
            name=job.job_name,
            client_token=job.client_token,
            model_id=terms.run.invocation_id,
            role_arn=self._role_arn,
            input_uri=f"{store.uri(job.s3_folder)}/",
            output_uri=f"{store.uri(output_folder(job))}/",
        )
        try:
            arn = self._provider().create(request)
        except (QuotaReached, Throttled) as error:
            _log.info("waiting_for_slot", job=job.job_name, reason=error.message)
            return job
        _log.info("job_submitted", job=job.job_name, arn=arn, records=job.records_planned)
        return self._submitted(job, arn)

    def _submitted(self, job: BatchJob, arn: str) -> BatchJob:
        now = self._clock()
        with self._database.write() as session:
            if runs.get(session, job.run_id).state == RunState.PLANNED:
                runs.advance(session, job.run_id, RunState.RUNNING, now)
            return jobs.advance(
                session,
                job.id,
                ChunkState.SUBMITTED,
                job_arn=arn,
                provider_state=ProviderState.SUBMITTED,
                submitted_at=now,
            )


def output_folder(job: BatchJob) -> str:
    """Return where the provider writes a chunk's results: outside its input folder (rules R24, R33)."""
    return f"nova/batch/output/{job.s3_folder}"


def _breaks_budget(session: Session, job: BatchJob) -> bool:
    """Tell whether a chunk's likely cost, on top of what is booked and reserved, is more than the ceiling."""
    run = runs.get(session, job.run_id)
    if run.budget_microusd is None or not run.estimate or not run.planned:
        return False
    booked, _ = runs.actual_cost(session, run.id)
    reserved = sum(other.records_planned for other in jobs.in_state(session, run.id, *_RESERVED))
    expected = divide(run.estimate["likely"] * (reserved + job.records_planned), run.planned)
    return (booked or 0) + expected > run.budget_microusd
