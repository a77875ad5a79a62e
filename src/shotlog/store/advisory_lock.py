"""One working process per PostgreSQL library: a lock that the server frees when its holder dies."""

from __future__ import annotations

import sqlalchemy as sa

from shotlog.store.database import Database

#: Any number will do that nobody else uses: the letters "shotlog".
_KEY = int.from_bytes(b"shotlog", "big")


class AdvisoryLock:
    """A lock for as long as one connection lives."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sa.Connection | None = None

    def acquire(self) -> bool:
        """Take the lock if nobody has it, and say whether this process has it now."""
        if self._connection is not None:
            return True
        connection = self._database.connect()
        if connection.scalar(sa.select(sa.func.pg_try_advisory_lock(_KEY))):
            self._connection = connection
            return True
        connection.close()
        return False

    def release(self) -> None:
        """Let another process take over."""
        if self._connection is not None:
            self._connection.scalar(sa.select(sa.func.pg_advisory_unlock(_KEY)))
            self._connection.close()
            self._connection = None
