"""The one place that knows DBOS: durable workflows behind four verbs.

What is due is derived from our own state (``sweeper``), so a lost queue loses nothing: the engine only
remembers which steps of a workflow are done. Pitfalls that this module answers to: SQLite before 3.42
has no ``unixepoch``; DBOS sets no WAL; its default executor id would be shared by all processes.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

_QUEUE = "work"
_POLL_SECONDS = 0.1
_ACTIVE = frozenset({"PENDING", "ENQUEUED", "DELAYED"})

#: A durable workflow of ours: takes the id of what it works on.
Workflow = Callable[[int], None]


class TaskEngine:
    """Runs workflows in this process and survives it.

    Args:
        url: where the engine keeps its own state; apart from the library's on SQLite.
        executor_id: who this process is; the same for every process that holds the home's lock in turn.
        version: workflows of another version are not resumed but started anew by the sweeper.
        workflows: name -> function; each takes one integer key.
    """

    def __init__(self, *, url: sa.URL, executor_id: str, version: str, workflows: dict[str, Workflow]) -> None:
        self._workflows = {name: DBOS.workflow(name=name)(function) for name, function in workflows.items()}
        config = DBOSConfig(
            name="shotlog",
            system_database_url=url.render_as_string(hide_password=False),
            executor_id=executor_id,
            application_version=version,
            serializer=DBOSPortableJSONSerializer(),
            log_level="CRITICAL",
            console_log_level="CRITICAL",
            use_listen_notify=False,
            notification_listener_polling_interval_sec=_POLL_SECONDS,
        )
        if url.get_backend_name() == "sqlite":
            config["system_database_engine"] = _sqlite_engine(url)
        DBOS(config=config)

    def start(self) -> None:
        """Launch, and resume what an earlier process left in the middle."""
        DBOS.launch()
        DBOS.register_queue(
            _QUEUE, worker_concurrency=256, polling_interval_sec=_POLL_SECONDS, on_conflict="always_update"
        )

    def ensure(self, name: str, key: int) -> str:
        """Start the workflow *name* for *key* unless it is under way; return its id."""
        workflow_id, active = self._latest(name, key)
        if not active:
            with SetWorkflowID(workflow_id):
                DBOS.enqueue_workflow(_QUEUE, self._workflows[name], key)
        return workflow_id

    def active(self, name: str, key: int) -> bool:
        """Tell whether the workflow *name* for *key* is under way."""
        return self._latest(name, key)[1]

    def close(self) -> None:
        """Stop; whatever is still under way is resumed by the next process."""
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=30)

    @staticmethod
    def _latest(name: str, key: int) -> tuple[str, bool]:
        attempt = 0
        while True:
            workflow_id = f"{name}-{key}-{attempt}"
            status = DBOS.get_workflow_status(workflow_id)
            if status is None or status.status in _ACTIVE:
                return workflow_id, status is not None
            attempt += 1


def step(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Run one durable step of the current workflow: at least once, and not again once it is done."""
    return DBOS.run_step({"name": name}, function, *arguments)


def wait_for(name: str, workflow_ids: list[str]) -> None:
    """Wait inside a workflow until others have ended, however they did."""

    def poll() -> None:
        pending = set(workflow_ids)
        while pending:
            for workflow_id in list(pending):
                status = DBOS.get_workflow_status(workflow_id)
                if status is None or status.status not in _ACTIVE:
                    pending.discard(workflow_id)
            if pending:
                time.sleep(_POLL_SECONDS)

    step(name, poll)


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": 30}, pool_size=20, max_overflow=50)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, record: object) -> None:
        del record
        connection.isolation_level = "IMMEDIATE"
        if sqlite3.sqlite_version_info < (3, 42):
            connection.create_function("unixepoch", -1, lambda *_: time.time())
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
