"""What happens when: imports, runs and chunks as durable workflows, and the rule by which they are due.

Every step looks at the state first and does nothing when its part is done, so a workflow may be begun
again from its start at any time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from shotlog.errors import AppError, Conflict, Interrupted
from shotlog.services.adopting import Adopter
from shotlog.services.collecting import Collector
from shotlog.services.following import Follower
from shotlog.services.on_demand import OnDemandAsker
from shotlog.services.planning import Planner
from shotlog.services.preparing import Preparer
from shotlog.services.scanning import Scanner
from shotlog.services.staging import Stager
from shotlog.services.submitting import Submitter
from shotlog.services.terms import RunTerms, TermsBook
from shotlog.store import imports, jobs, runs
from shotlog.store.database import Database
from shotlog.tasks.engine import MOST_WORKFLOWS, Workflow, step

#: Chunks whose folders are filled at once; each copies many objects at a time.
_STAGED_AT_ONCE = 2
#: Chunks that are worked on at once: all slots of a provider, and room left for imports and runs.
_CHUNKS_UNDER_WAY = MOST_WORKFLOWS // 2
_LOOK_SECONDS = 0.2

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Services:
    """The services whose steps the workflows put in order."""

    database: Database
    scanner: Scanner
    preparer: Preparer
    terms: TermsBook
    planner: Planner
    stager: Stager
    submitter: Submitter
    follower: Follower
    collector: Collector
    asker: OnDemandAsker
    adopter: Adopter
    #: Look for unknown jobs also where no run is unfinished.
    adopts_always: bool


class Workflows:
    """The workflows of one working process.

    Args:
        stop: set when the process ends; every long step then raises ``Interrupted``.
        wake: rings when something has become due.
    """

    def __init__(self, services: Services, *, stop: threading.Event, wake: Callable[[], None]) -> None:
        self._services = services
        self._stop = stop
        self._wake = wake
        self._staging = threading.BoundedSemaphore(_STAGED_AT_ONCE)
        self._adopting = threading.Lock()
        self._adopted = False
        self._adoption = time.time_ns() // 1_000_000  # each process's adoption has a name of its own

    def table(self) -> dict[str, Workflow]:
        """Return each workflow by its name."""
        return {"import": self._import, "adopt": self._adopt, "run": self._run, "chunk": self._chunk}

    def due(self) -> list[tuple[str, int]]:
        """Return everything that the library's state says is to be done: the one rule of what is due."""
        with self._services.database.read() as session:
            importing = imports.open_imports(session)
            unfinished = runs.unfinished(session)
            # What an import is about to find is what an unknown job may ask about.
            adopting = not (self._adopted or importing) and (unfinished or self._services.adopts_always)
            return [
                *(("import", id_) for id_ in importing),
                *((("adopt", self._adoption),) if adopting else ()),
                *(("run", run.id) for run in unfinished),
                *(("chunk", id_) for id_ in jobs.due(session, limit=_CHUNKS_UNDER_WAY)),
            ]

    def _import(self, import_id: int) -> None:
        services = self._services
        step("scan", services.scanner.scan, import_id)
        step("probe", services.preparer.probe_due, import_id, stop=self._stop)
        step("render", services.preparer.render_import, import_id, stop=self._stop)

    def _adopt(self, key: int) -> None:
        """Adopt jobs that the library does not know, once in this process; trouble stops no other work."""
        del key
        with self._adopting:
            if self._adopted:
                return
            try:
                self._services.adopter.adopt_unknown(self._stop)
            except AppError as error:
                _log.warning("jobs_not_adopted", reason=error.message, hint=error.hint)
            if self._stop.is_set():
                raise Interrupted  # or what was not looked at would be planned again
            self._adopted = True
        self._wake()

    def _run(self, run_id: int) -> None:
        services = self._services
        terms = services.terms.of_run(run_id)
        step("render", services.preparer.render_run, run_id, stop=self._stop)
        self._adopt(run_id)  # what an unknown job asks about must not be planned again
        step("cut", services.planner.cut, terms)
        self._wake()
        step("tail", self._ask_tail, terms)
        step("jobs", self._await_jobs, run_id)
        step("rest", self._ask_tail, terms)
        step("finish", self._finish, run_id)

    def _chunk(self, job_id: int) -> None:
        services = self._services
        with services.database.read() as session:
            run_id = jobs.get(session, job_id).run_id
        self._adopt(run_id)
        terms = services.terms.of_run(run_id)
        step("stage", self._stage, job_id, terms)
        step("submit", services.submitter.submit, job_id, terms, stop=self._stop)
        step("follow", services.follower.follow, job_id, stop=self._stop)
        step("collect", services.collector.collect, job_id, terms)
        self._wake()

    def _stage(self, job_id: int, terms: RunTerms) -> None:
        with self._staging:
            if self._stop.is_set():
                raise Interrupted
            self._services.stager.stage(job_id, terms)

    def _ask_tail(self, terms: RunTerms) -> None:
        """Settle what belongs to no chunk: everything on demand, or what fills no job."""
        self._services.planner.settle_tail(terms)
        self._services.asker.ask(terms, stop=self._stop)

    def _await_jobs(self, run_id: int) -> None:
        while True:
            with self._services.database.read() as session:
                if not jobs.open_in_run(session, run_id):
                    return
            if self._stop.wait(_LOOK_SECONDS):
                raise Interrupted

    def _finish(self, run_id: int) -> None:
        if not self._services.planner.finish(run_id):
            raise Conflict(f"run_{run_id} has records without an outcome.")
