"""Feed the records of a job to a pool of threads, a few at a time, so that memory stays flat."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from shotlog.domain.ports import Buckets
from shotlog.emulator.answer_table import AnswerTable, Manifest
from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.jobs import Job, JobTable
from shotlog.emulator.lines import split_lines
from shotlog.emulator.location import input_location
from shotlog.emulator.record_worker import RecordPlace, RecordWorker
from shotlog.emulator.switchboard import Switchboard


class Dispatcher:
    """Answers jobs record by record; what an earlier process answered is not asked again."""

    def __init__(
        self,
        *,
        buckets: Buckets,
        jobs: JobTable,
        answers: AnswerTable,
        switchboard: Switchboard,
        config: EmulatorConfig,
    ) -> None:
        self._buckets = buckets
        self._jobs = jobs
        self._answers = answers
        self._switchboard = switchboard
        self._config = config
        self._pool = ThreadPoolExecutor(config.concurrency, thread_name_prefix="emulator-record")

    def close(self) -> None:
        """End the threads after the records that they have in hand."""
        self._pool.shutdown(cancel_futures=True)

    def run(self, job: Job, worker: RecordWorker, part: float) -> bool:
        """Answer *part* of the job's records, spread evenly; False when it was stopped before the end.

        Raises:
            AppError: the input cannot be read any more.
            sqlite3.Error: an answer cannot be stored.
        """
        in_flight = 2 * self._config.concurrency
        slots = threading.Semaphore(in_flight)
        failures: list[BaseException] = []

        def done(future: Future[None]) -> None:
            if not future.cancelled() and (error := future.exception()):
                failures.append(error)
            slots.release()

        finished = True
        try:
            for place, line in self._open_lines(job, part):
                slots.acquire()
                if failures or self._interrupted(job):
                    slots.release()
                    finished = False
                    break
                self._pool.submit(self._answer, job, worker, place, line).add_done_callback(done)
        finally:
            for _ in range(in_flight):
                slots.acquire()
        if failures:
            raise failures[0]
        return finished

    def _answer(self, job: Job, worker: RecordWorker, place: RecordPlace, line: bytes) -> None:
        answered = worker.work(place, line)
        if answered is not None:
            self._answers.add(job.id, answered)

    def _interrupted(self, job: Job) -> bool:
        now = self._jobs.get(job.id)
        stopped = now is None or now.status != "InProgress"
        return stopped or self._switchboard.closed or time.time() >= job.expires_at

    def _open_lines(self, job: Job, part: float) -> Iterator[tuple[RecordPlace, bytes]]:
        """Yield the records that are still to be answered."""
        record = 0
        for manifest in self._answers.manifests(job.id):
            answered = self._answers.answered(job.id, manifest.number)
            for number, line in enumerate(self._lines(job, manifest), 1):
                if not line.strip():
                    continue
                wanted = int((record + 1) * part) > int(record * part)
                record += 1
                if wanted and number not in answered:
                    yield RecordPlace(manifest.number, number), line

    def _lines(self, job: Job, manifest: Manifest) -> Iterator[bytes]:
        store = self._buckets.bucket(input_location(job.input_uri).bucket)
        return split_lines(store.stream(manifest.key), self._config.max_line_bytes)
