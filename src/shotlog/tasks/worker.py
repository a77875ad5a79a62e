"""The working side of a process: whoever holds the work lock runs the engine and the sweeper."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

import sqlalchemy as sa

from shotlog.store import work
from shotlog.store.database import Database
from shotlog.tasks import garbage
from shotlog.tasks.engine import TaskEngine
from shotlog.tasks.sweeper import Sweeper
from shotlog.tasks.workflows import Services, Workflows


class WorkLock(Protocol):
    """A lock that is freed when its process dies, however it does."""

    def acquire(self) -> bool:
        """Take the lock if nobody has it, and say whether this process has it now."""

    def release(self) -> None:
        """Let another process take over."""


class Worker:
    """Works for the whole installation while it holds the lock: for its own command and everybody else's.

    Args:
        services: makes the services; called once this process works.
        engine_url: where the task engine keeps its state.
        version: of the product; see ``TaskEngine``.
        halt: ends what would keep steps waiting, such as media processes; called once *stop* is set.
    """

    def __init__(
        self,
        database: Database,
        lock: WorkLock,
        services: Callable[[], Services],
        *,
        engine_url: sa.URL,
        version: str,
        halt: Callable[[], None],
    ) -> None:
        self._database = database
        self._lock = lock
        self._services = services
        self._engine_url = engine_url
        self._version = version
        self._halt = halt
        self._stop = threading.Event()
        self._engine: TaskEngine | None = None
        self._sweeper: Sweeper | None = None

    @property
    def working(self) -> bool:
        """Tell whether this process is the one that works."""
        return self._sweeper is not None

    def start(self) -> bool:
        """Begin to work unless another process does, and say whether this one works now."""
        if self.working:
            return True
        if not self._lock.acquire():
            return False
        with self._database.write() as session:
            work.release_all(session)  # nobody else is at work, so every lease is a dead process's
        workflows = Workflows(self._services(), stop=self._stop, wake=self.wake)
        sweeper = Sweeper(workflows.due)
        self._engine = TaskEngine(
            url=self._engine_url,
            executor_id="worker",
            version=self._version,
            workflows=workflows.table(),
            ended=sweeper.ended,
        )
        self._sweeper = sweeper
        garbage.calm()
        self._engine.start()
        sweeper.start(self._engine.ensure)
        return True

    def wake(self) -> None:
        """Look at once for what has become due."""
        if self._sweeper is not None:
            self._sweeper.wake()

    def trouble(self, name: str, key: int) -> Exception | None:
        """Return what keeps a piece of work from being done here; None while it may still pass."""
        return self._sweeper.trouble(name, key) if self._sweeper is not None else None

    def close(self) -> None:
        """Put everything down where it stands, and let another process take over."""
        self._stop.set()
        if self._sweeper is not None:
            self._sweeper.close()
        self._halt()
        if self._engine is not None:
            self._engine.close()
        self._engine = self._sweeper = None
        self._lock.release()
