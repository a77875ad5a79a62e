"""Follow a job to its end: the only component that writes what the provider says about it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from shotlog.domain.clock import Clock
from shotlog.domain.job_state import JobStatus
from shotlog.domain.ports import BatchProvider
from shotlog.domain.state import ChunkState
from shotlog.errors import Interrupted, NotFound, Throttled, Unavailable
from shotlog.store import jobs, runs
from shotlog.store.database import Database

_log = structlog.get_logger(__name__)


class Follower:
    """Looks at running jobs, never more often than every *poll_seconds*, and never after their end."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        provider: Callable[[], BatchProvider],
        *,
        poll_seconds: float,
    ) -> None:
        self._database = database
        self._clock = clock
        self._provider = provider
        self._poll_seconds = poll_seconds

    def follow(self, job_id: int, *, stop: threading.Event) -> None:
        """Return when the job has ended.

        Raises:
            Interrupted: *stop* was set first; the job goes on, and so does following it later.
        """
        while not self.look(job_id):
            if stop.wait(self._poll_seconds):
                raise Interrupted

    def look(self, job_id: int) -> bool:
        """Look once, write what is new, and say whether there is nothing left to follow.

        A provider that cannot be reached is asked again later; it says nothing about the job. A job that
        the provider does not know (any more) has ended: what it wrote may still be there to be collected.
        The job of a run that is being cancelled is stopped; what it has done by then is kept (rule R22).
        """
        with self._database.read() as session:
            job = jobs.get(session, job_id)
            cancelling = runs.get(session, job.run_id).cancelling
        if job.state != ChunkState.SUBMITTED or job.job_arn is None:
            return True
        try:
            status = self._provider().get(job.job_arn)
            if cancelling and status.state.can_be_stopped:
                self._provider().stop(job.job_arn)
        except (Throttled, Unavailable) as error:
            _log.warning("job_not_seen", job=job.job_arn, reason=error.message)
            return False
        except NotFound as error:
            self._end(job_id, None, error.message)
            return True
        self._write(job_id, status)
        return status.state.terminal

    def _write(self, job_id: int, status: JobStatus) -> None:
        if status.state.terminal:
            self._end(job_id, status, status.message or None)
            return
        with self._database.write() as session:
            jobs.advance(
                session,
                job_id,
                ChunkState.SUBMITTED,
                provider_state=status.state,
                processed_records=status.processed_records,
                checked_at=self._clock(),
            )

    def _end(self, job_id: int, status: JobStatus | None, message: str | None) -> None:
        now = self._clock()
        _log.info("job_ended", job=job_id, state=status.state if status else "unknown", message=message)
        with self._database.write() as session:
            jobs.advance(
                session,
                job_id,
                ChunkState.ENDED,
                provider_state=status.state if status else None,
                processed_records=status.processed_records if status else None,
                message=message,
                checked_at=now,
                ended_at=now,
            )
