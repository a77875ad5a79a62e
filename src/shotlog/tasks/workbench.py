"""Where a command gets work done: it writes what is wanted, and waits until the state says that it is done.

Whoever holds the work lock does the work, this process or another one. A command that only watches takes
over when the working process is gone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from types import TracebackType
from typing import Self

from shotlog.domain.run import Run
from shotlog.domain.state import IMPORT, RUN
from shotlog.services.estimating import Estimator
from shotlog.services.planning import Planner, RunRequest
from shotlog.services.progress import Progress, Watcher
from shotlog.services.scanning import Scanner
from shotlog.store import imports, jobs, runs
from shotlog.store.database import Database
from shotlog.tasks.worker import Worker

__all__ = ["Progress", "Workbench"]

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5


class Workbench:
    """Starts imports and runs and sees them through; left early, they stay due.

    Args:
        check: raises when the settings are such that nobody could be asked.
    """

    def __init__(
        self,
        database: Database,
        worker: Worker,
        scanner: Scanner,
        planner: Planner,
        estimator: Estimator,
        *,
        check: Callable[[], None],
    ) -> None:
        self._database = database
        self._worker = worker
        self._scanner = scanner
        self._planner = planner
        self._estimator = estimator
        self._check = check
        self._pause = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.close()

    def start_import(self, paths: Sequence[str], *, renditions: bool) -> int:
        """Write down that *paths* (absolute) are to be imported, and return the import's number."""
        return self._scanner.open_import(paths, renditions=renditions)

    def start_run(self, request: RunRequest) -> Run | None:
        """Write down that a model is to be asked, and at what cost; None when there is nothing to ask.

        The unfinished run of the same request is gone on with, in place of a new one.

        Raises:
            Invalid: the settings are such that nobody could be asked.
        """
        self._check()
        expected = self._estimator.estimate(request).total(request.mode)
        money = None if expected is None else asdict(expected)
        return self._planner.begin(replace(request, estimate=money))

    def unfinished_run(self, request: RunRequest) -> Run | None:
        """Return the run that ``start_run`` would go on with: it was estimated, and agreed to, before."""
        return self._planner.unfinished(request)

    def cancel_run(self, run_id: int) -> None:
        """Write down that nothing more is to be asked for a run; ``wait_for_run`` sees it through.

        Raises:
            NotFound: there is no such run.
            Conflict: it is over.
        """
        self._planner.cancel(run_id)

    def wait_for_import(self, import_id: int, watch: Callable[[Progress], None]) -> None:
        """Return when an import is done; *watch* is told how far it is.

        Raises:
            AppError: it cannot be done; it stays due.
        """

        def done() -> bool:
            with self._database.read() as session:
                return IMPORT.is_terminal(imports.get(session, import_id).state)

        watcher = Watcher(self._database)
        self._wait(
            done,
            lambda: watch(watcher.of_import(import_id)),
            lambda: self._worker.trouble("import", import_id),
        )

    def wait_for_run(self, run_id: int, watch: Callable[[Progress], None]) -> None:
        """Return when a run is over; *watch* is told how far it is.

        Raises:
            AppError: it cannot be done; it stays due, and jobs that run go on running.
        """

        def done() -> bool:
            with self._database.read() as session:
                return RUN.is_terminal(runs.get(session, run_id).state)

        watcher = Watcher(self._database)
        self._wait(done, lambda: watch(watcher.of_run(run_id)), lambda: self._trouble_of_run(run_id))

    def _wait(
        self, done: Callable[[], bool], look: Callable[[], None], trouble: Callable[[], Exception | None]
    ) -> None:
        pause = _SHORTEST_PAUSE
        self._worker.wake()
        while not done():
            self._worker.start()
            error = trouble()
            if error is not None:
                raise error
            look()
            self._pause.wait(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _trouble_of_run(self, run_id: int) -> Exception | None:
        error = self._worker.trouble("run", run_id)
        if error is not None:
            return error
        with self._database.read() as session:
            chunks = jobs.due_in_run(session, run_id)
        return next(filter(None, (self._worker.trouble("chunk", id_) for id_ in chunks)), None)
