"""The emulator's memory: one SQLite file, so that a restarted emulator knows what the last one did."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shotlog.errors import Conflict, Unavailable

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    arn TEXT NOT NULL UNIQUE,
    token TEXT NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    name TEXT NOT NULL,
    model_id TEXT NOT NULL,
    model_arn TEXT NOT NULL,
    request TEXT NOT NULL,
    status TEXT NOT NULL,
    message TEXT,
    submitted_at REAL NOT NULL,
    modified_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    ended_at REAL,
    total INTEGER NOT NULL DEFAULT 0,
    success INTEGER NOT NULL DEFAULT 0,
    error INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status, model_id);
CREATE TABLE IF NOT EXISTS manifests (
    job_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    records INTEGER NOT NULL,
    PRIMARY KEY (job_id, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    job_id TEXT NOT NULL,
    manifest INTEGER NOT NULL,
    line INTEGER NOT NULL,
    position INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (job_id, manifest, line)
);
CREATE INDEX IF NOT EXISTS answers_in_order ON answers (job_id, manifest, position, line);
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    body TEXT NOT NULL
);
"""


class StateFile:
    """One connection to the state, safe to use from many threads: whoever has it has it alone.

    Args:
        path: the SQLite file; None keeps the state in memory, where it ends with the process.

    Raises:
        Conflict: another process serves from the same file.
        Unavailable: the file cannot be opened.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path or ":memory:", isolation_level=None, check_same_thread=False, timeout=1
            )
            self._connection.row_factory = sqlite3.Row
            try:
                # A second emulator on the same state would run every job a second time.
                self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = NORMAL")
                self._connection.executescript(_SCHEMA)
            except sqlite3.Error:
                self._connection.close()
                raise
        except (sqlite3.Error, OSError) as error:
            if "locked" in str(error):
                raise Conflict(
                    f"Another emulator is using {path}.", hint="Stop it, or give this one a state of its own."
                ) from error
            raise Unavailable(f"The emulator's state cannot be opened: {error}.") from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for one transaction, committed at the end and rolled back on an error."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
