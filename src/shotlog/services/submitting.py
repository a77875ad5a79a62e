"""Ask the provider for a chunk's job: the intent first, once for each chunk, when there is a slot."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from shotlog.domain.clock import Clock
from shotlog.domain.job_state import JobRequest, ProviderState
from shotlog.domain.model import ModelCard
from shotlog.domain.ports import BatchProvider, BlobStore
from shotlog.domain.run import BatchJob
from shotlog.domain.state import ChunkState, RunState
from shotlog.errors import Interrupted, QuotaReached, Throttled, Unavailable
from shotlog.services.budget import breaks_budget
from shotlog.services.judging import failure
from shotlog.services.terms import RunTerms
from shotlog.store import jobs, records, runs
from shotlog.store.database import Database

_log = structlog.get_logger(__name__)

#: Chunks that nobody was asked about yet.
_NOT_ASKED = (ChunkState.PLANNED, ChunkState.STAGED)
#: Codes of the records of a chunk that failed before it was asked for.
_CANCELLED, _OVER_BUDGET = "cancelled", "over_budget"
NEVER_ASKED = (_CANCELLED, _OVER_BUDGET)


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

        An intent that an earlier try left looks for its job first, and asks only where there is none. A
        throttled request and a full quota are no failures: the chunk waits for a slot, and is asked for
        again as long as it takes. What the provider refuses is raised, and the intent stands: once the
        cause is mended, the same request is made again.

        Raises:
            Interrupted: *stop* was set first; the chunk stays due.
            Rejected, Unavailable: the provider said so.
        """
        sought = not self._is_intended(job_id)
        job = self._intend(job_id)
        while job.state == ChunkState.SUBMITTING:
            with self._one_at_a_time:
                if not sought or self._cancelling(job):
                    job, sought = self._seek(job)
                if sought and job.state == ChunkState.SUBMITTING and self._slot_is_free(job, terms.card):
                    job = self._ask(job, terms)
            if job.state == ChunkState.SUBMITTING and stop.wait(self._slot_seconds):
                raise Interrupted

    def _is_intended(self, job_id: int) -> bool:
        with self._database.read() as session:
            return jobs.get(session, job_id).state == ChunkState.SUBMITTING

    def _intend(self, job_id: int) -> BatchJob:
        with self._database.write() as session:
            job = jobs.get(session, job_id)
            runs.lock(session, job.run_id)
            if job.state in _NOT_ASKED and runs.get(session, job.run_id).cancelling:
                return self._fail(session, job, _CANCELLED, "The run was cancelled before it was asked.")
            if job.state != ChunkState.STAGED:
                return job
            if breaks_budget(session, job.run_id, job.records_planned):
                return self._fail(session, job, _OVER_BUDGET, "The run's budget has no room for it.")
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

    def _slot_is_free(self, job: BatchJob, card: ModelCard) -> bool:
        with self._database.read() as session:
            return jobs.active(session, job.model) < card.max_active_jobs

    def _cancelling(self, job: BatchJob) -> bool:
        with self._database.read() as session:
            return runs.get(session, job.run_id).cancelling

    def _seek(self, job: BatchJob) -> tuple[BatchJob, bool]:
        """Find out whether an intent became a job, and say whether that is known now.

        The job of a run that is being cancelled is then to be stopped; where there is none, none will be.
        """
        try:
            found = self._provider().list(name_contains=job.job_name)
            arn = next((status.arn for status in found if status.name == job.job_name), None)
        except (Throttled, Unavailable) as error:
            _log.info("waiting_to_look_for_job", job=job.job_name, reason=error.message)
            return job, False
        if arn is not None:
            _log.info("job_found", job=job.job_name, arn=arn, records=job.records_planned)
            return self._submitted(job, arn), True
        if not self._cancelling(job):
            return job, True
        with self._database.write() as session:
            return self._fail(session, job, _CANCELLED, "The run was cancelled before it was asked."), True

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
    return output_folder_of(job.s3_folder)


def output_folder_of(s3_folder: str) -> str:
    """Return the same for a folder of which no chunk is known."""
    return f"nova/batch/output/{s3_folder}"
