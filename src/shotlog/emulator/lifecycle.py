"""Take every job through its states, each in a thread of its own that ends with the job (R13, R21, R22)."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping

import structlog

from shotlog.domain.ports import Buckets
from shotlog.emulator.answer_table import AnswerTable
from shotlog.emulator.answers import Answerer
from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.dispatch import Dispatcher
from shotlog.emulator.events import EventTable
from shotlog.emulator.faults import Faults, draw
from shotlog.emulator.intake import Intake, JobRefused
from shotlog.emulator.jobs import Job, JobTable
from shotlog.emulator.models import Catalogue
from shotlog.emulator.output import OutputWriter
from shotlog.emulator.record_worker import RecordWorker
from shotlog.emulator.state import TERMINAL, may_follow
from shotlog.emulator.switchboard import Switchboard
from shotlog.emulator.texts import say
from shotlog.errors import AppError

_LOG = structlog.get_logger(__name__)
_ATTEMPTS = 3
_PAUSE_S = 1.0  # between two attempts at a step whose store did not answer


class Lifecycle:
    """Runs jobs from Submitted to their end, and from wherever an earlier process left them."""

    def __init__(
        self,
        *,
        config: EmulatorConfig,
        catalogue: Catalogue,
        switchboard: Switchboard,
        buckets: Buckets,
        jobs: JobTable,
        answers: AnswerTable,
        events: EventTable,
        answerer: Answerer,
    ) -> None:
        self._config = config
        self._catalogue = catalogue
        self._switchboard = switchboard
        self._buckets = buckets
        self._jobs = jobs
        self._answers = answers
        self._events = events
        self._answerer = answerer
        self._dispatcher = Dispatcher(
            buckets=buckets, jobs=jobs, answers=answers, switchboard=switchboard, config=config
        )
        self._output = OutputWriter(buckets, answers)
        self._running = threading.BoundedSemaphore(config.running_jobs)
        self._threads: list[threading.Thread] = []
        #: State -> what a job does in it; it leaves the state, or the emulator is closing.
        self._steps: Mapping[str, Callable[[Job], None]] = {
            "Submitted": self._submitted,
            "Validating": self._validating,
            "Scheduled": self._scheduled,
            "InProgress": self._resumed,
            "Stopping": self._stopping,
        }

    def follow(self, job: Job) -> None:
        """Start the thread that takes *job* to its end."""
        thread = threading.Thread(target=self._run, args=(job.id,), name=f"emulator-job-{job.id}")
        self._threads = [each for each in self._threads if each.is_alive()]
        self._threads.append(thread)
        thread.start()

    def resume(self) -> None:
        """Take up all jobs that an earlier process left unfinished."""
        self._answers.forget_ended()
        for job in self._jobs.unfinished():
            self.follow(job)

    def close(self) -> None:
        """Wait until every thread has put down what it has in hand; the switchboard must be closed."""
        for thread in self._threads:
            thread.join()
        self._dispatcher.close()

    def move(self, job: Job, status: str, message: str | None = None) -> Job | None:
        """Bring *job* into *status* and emit the event (R23); None when something else came first."""
        moved = self._jobs.move(job.id, status, at=time.time(), message=message)
        if moved is not None:
            self.emit(moved)
            self._switchboard.ring()
        return moved

    def emit(self, job: Job) -> None:
        """Emit the event of the job's state, unless it is to be lost."""
        if draw(self._config.seed, job.id, job.status, "event") >= self._switchboard.faults.lose_events:
            self._events.add(job)

    def _run(self, job_id: str) -> None:
        attempts = 0
        while not self._switchboard.closed:
            job = self._jobs.get(job_id)
            if job is None or job.status in TERMINAL:
                self._answers.forget(job_id)
                return
            try:
                self._steps[job.status](job)
            except JobRefused as error:
                self.move(job, "Failed", str(error))
            except AppError as error:
                attempts += 1
                _LOG.warning("job_step_failed", job=job_id, status=job.status, reason=error.message)
                if error.retryable and attempts < _ATTEMPTS:
                    self._switchboard.wait(lambda: False, at_most_s=_PAUSE_S)
                else:
                    self._give_up(job)
            except sqlite3.OperationalError as error:  # our own disk is full: the job waits for room
                _LOG.warning("job_waits", job=job_id, status=job.status, reason=str(error))
                self._switchboard.wait(lambda: False, at_most_s=_PAUSE_S)
            except Exception:  # noqa: BLE001 - a job that nobody follows would hang for ever
                _LOG.exception("job_broke", job=job_id, status=job.status)
                self._give_up(job)

    def _give_up(self, job: Job) -> None:
        status = "Failed" if may_follow(job.status, "Failed") else "Stopped"
        self.move(job, status, say("internal", self._config.texts))

    def _submitted(self, job: Job) -> None:
        if self._stay(job):
            self.move(job, "Validating")

    def _validating(self, job: Job) -> None:
        if not self._stay(job):
            return
        limit = self._config.max_job_bytes or self._catalogue.card(job.model_id).max_job_bytes
        intake = Intake(buckets=self._buckets, config=self._config, job=job, max_job_bytes=limit)
        self._answers.set_manifests(job.id, intake.manifests())
        self.move(job, "Scheduled")

    def _scheduled(self, job: Job) -> None:
        stayed = self._stay(job)
        faults = self._faults(job)
        never_begins = faults.end_as == "Expired" and not faults.partial_fraction
        if never_begins or _overdue(job):
            self.move(job, "Expired")
        elif stayed and self._take_slot(job):
            try:
                total = sum(each.records for each in self._answers.manifests(job.id))
                self._jobs.set_total(job.id, total)
                begun = self.move(job, "InProgress")
                if begun is not None:
                    self._work(begun)
            finally:
                self._free_slot()

    def _resumed(self, job: Job) -> None:
        """Go on with a job that was InProgress when an earlier process ended."""
        if self._take_slot(job):
            try:
                self._work(job)
            finally:
                self._free_slot()

    def _work(self, job: Job) -> None:
        """Answer the records, write the output, end the job."""
        faults = self._faults(job)
        if not faults.half_written:
            self._wait_while_stuck(job)
        part = faults.partial_fraction if faults.end_as else 1.0
        worker = RecordWorker(
            job=job,
            card=self._catalogue.card(job.model_id),
            answerer=self._answerer,
            config=self._config,
            switchboard=self._switchboard,
        )
        finished = self._dispatcher.run(job, worker, part)
        faults = self._faults(job)
        if faults.half_written:
            self._output.write_half(job)
            self._stay(job)
        now = self._jobs.get(job.id)
        if now is None or now.status != "InProgress" or self._switchboard.closed:
            return
        ending = faults.end_as or ("Completed" if finished else "PartiallyCompleted")
        if ending == "Stopped":
            self.move(now, "Stopping")
        elif ending == "Failed":
            self.move(now, "Failed", faults.failure_message or say("failed", self._config.texts))
        else:
            self._output.write(now, faults)
            self.move(now, ending)

    def _stopping(self, job: Job) -> None:
        self._stay(job)
        if self._switchboard.closed:
            return
        if job.total:  # it had begun: what is done stays and is billed (R22)
            self._output.write(job, self._faults(job))
        self.move(job, "Stopped")

    def _faults(self, job: Job) -> Faults:
        faults = self._switchboard.faults
        return faults if faults.meets(job.name) else Faults()

    def _left(self, job: Job) -> bool:
        """Say whether somebody took the job out of the state that we know it in."""
        now = self._jobs.get(job.id)
        return now is None or now.status != job.status

    def _stay(self, job: Job) -> bool:
        """Keep the job in its state for a while; False when it has left it or must."""
        if self._switchboard.wait(lambda: self._left(job), at_most_s=self._config.step_seconds):
            return False
        self._wait_while_stuck(job)
        return not (self._left(job) or self._switchboard.closed)

    def _wait_while_stuck(self, job: Job) -> None:
        self._switchboard.wait(
            lambda: self._faults(job).stuck_in != job.status or self._left(job) or _overdue(job)
        )

    def _take_slot(self, job: Job) -> bool:
        """Wait for one of the places in which jobs run; False when the job left its state meanwhile."""
        taken = False

        def ready() -> bool:
            nonlocal taken
            if self._left(job) or (job.status == "Scheduled" and _overdue(job)):
                return True
            taken = self._running.acquire(blocking=False)
            return taken

        self._switchboard.wait(ready)
        return taken

    def _free_slot(self) -> None:
        self._running.release()
        self._switchboard.ring()


def _overdue(job: Job) -> bool:
    return time.time() >= job.expires_at
