"""The one place that knows DBOS: durable workflows behind four verbs.

What is due is derived from our own state (``sweeper``), so a lost queue loses nothing: the engine only
remembers which steps of a workflow are done. Pitfalls that this module answers to: SQLite before 3.42
has no ``unixepoch``; DBOS sets no WAL; its default executor id would be shared by all processes.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

from shotlog.errors import External

_QUEUE = "work"
_POLL_SECONDS = 0.05
_ACTIVE = frozenset({"PENDING", "ENQUEUED", "DELAYED"})
#: How long workflows may take to put down what they have in hand.
_GRACE_SECONDS = 30.0
#: Workflows at once; a thread each, most of them waiting for a provider.
MOST_WORKFLOWS = 256

#: A durable workflow of ours: takes the id of what it works on.
Workflow = Callable[[int], None]
#: Told of each workflow that has ended here: its name, its key, and what it raised.
Ended = Callable[[str, int, Exception | None], None]


class TaskEngine:
    """Runs workflows in this process and survives it.

    Args:
        url: where the engine keeps its own state; apart from the library's on SQLite.
        executor_id: who this process is; the same for every process that holds the work lock in turn.
        version: workflows of another version are not resumed but started anew by the sweeper.
        workflows: name -> function; each takes one integer key.
        ended: told of each workflow that has ended in this process.
    """

    def __init__(
        self, *, url: sa.URL, executor_id: str, version: str, workflows: dict[str, Workflow], ended: Ended
    ) -> None:
        self._ended = ended
        self._version = version
        self._under_way: set[tuple[str, int]] = set()
        #: Ids of what has ended here: a full disk can keep the engine from writing that down.
        self._over: set[str] = set()
        self._running = 0
        self._sqlite: sa.Engine | None = None
        self._quiet = Condition()
        self._workflows = {name: self._watched(name, function) for name, function in workflows.items()}
        config = DBOSConfig(
            name="shotlog",
            system_database_url=url.render_as_string(hide_password=False),
            executor_id=executor_id,
            application_version=version,
            serializer=DBOSPortableJSONSerializer(),
            max_executor_threads=MOST_WORKFLOWS + 32,
            log_level="CRITICAL",
            console_log_level="CRITICAL",
            use_listen_notify=False,
            notification_listener_polling_interval_sec=_POLL_SECONDS,
        )
        if url.get_backend_name() == "sqlite":
            self._sqlite = config["system_database_engine"] = _sqlite_engine(url)
        DBOS(config=config)

    def start(self) -> None:
        """Launch, and resume what an earlier process left in the middle.

        Raises:
            External: the engine's database cannot be used.
        """
        with _translated():
            DBOS.launch()
            _open_queue()

    def ensure(self, name: str, key: int) -> None:
        """Start the workflow *name* for *key* unless it is under way.

        Raises:
            External: the engine's database cannot be used.
        """
        with self._quiet, _translated():
            if (name, key) in self._under_way:
                if not self._running:
                    _open_queue()  # why does nothing begin? DBOS tells nobody that it cannot write
                return
            workflow_id, active = self._latest(name, key)
            if not active:
                with SetWorkflowID(workflow_id):
                    DBOS.enqueue_workflow(_QUEUE, self._workflows[name], key)
            self._under_way.add((name, key))

    def close(self) -> None:
        """Stop; whatever is still under way after a while is taken up by the next process."""
        with self._quiet:
            self._quiet.wait_for(lambda: not self._running, timeout=_GRACE_SECONDS)
        # DBOS looks only every second whether a workflow is active: where none is, it need not look.
        timeout = 1 if self._running else 0
        time.sleep(_POLL_SECONDS)
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=timeout)
        if self._sqlite is not None:
            self._sqlite.dispose()  # DBOS leaves an engine that it was given as it is

    def _watched(self, name: str, function: Workflow) -> Workflow:
        def run(key: int) -> None:
            error: Exception | None = None
            with self._quiet:
                self._running += 1
            try:
                with _translated():
                    function(key)
            except Exception as raised:
                error = raised
                raise
            finally:
                self._ended(name, key, error)
                with self._quiet:
                    self._over.add(DBOS.workflow_id or "")
                    self._under_way.discard((name, key))
                    self._running -= 1
                    self._quiet.notify_all()

        return DBOS.workflow(name=name)(run)

    def _latest(self, name: str, key: int) -> tuple[str, bool]:
        # DBOS never resumes a workflow of another version: such a one must not pass for one under way.
        attempt = 0
        while True:
            workflow_id = f"{name}-{key}-{self._version}-{attempt}"
            status = DBOS.get_workflow_status(workflow_id)
            if status is None or (status.status in _ACTIVE and workflow_id not in self._over):
                return workflow_id, status is not None
            attempt += 1


def step(name: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    """Run one durable step of the current workflow: at least once, and not again once it is done."""

    def run() -> None:
        function(*arguments, **options)

    DBOS.run_step({"name": name}, run)


def engine_url(library: sa.URL, home: Path) -> sa.URL:
    """Return where the engine keeps its state: a file of its own in the home, or the library's server."""
    if library.get_backend_name() == "sqlite":
        return sa.URL.create("sqlite", database=str(home / "tasks.db"))
    return library


def _open_queue() -> None:
    """Write the queue's settings down; done again, it only shows whether the database takes anything."""
    DBOS.register_queue(
        _QUEUE,
        worker_concurrency=MOST_WORKFLOWS,
        polling_interval_sec=_POLL_SECONDS,
        on_conflict="always_update",
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as error:  # what the library's database raises is translated already
        raise External(
            f"The task engine's database cannot be used: {error.orig}.",
            hint="Check that it is reachable, and that the disk is not full; then start again.",
        ) from error


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": 30}, pool_size=20, max_overflow=300)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, record: object) -> None:
        del record
        connection.isolation_level = "IMMEDIATE"
        if sqlite3.sqlite_version_info < (3, 42):
            connection.create_function("unixepoch", -1, lambda *_: time.time())
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
