"""The database: an engine with the right pragmas, short transactions, and its migrations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from shotlog.errors import Conflict, Invalid, Unavailable
from shotlog.store.tables.columns import json_text

_BUSY_TIMEOUT_MS = 30_000
_MIGRATIONS = Path(__file__).parent / "migrations"
#: Held until the end of the transaction. Any number will do that nobody else uses.
_LOCK_SCHEMA = f"SELECT pg_advisory_xact_lock({int.from_bytes(b'schema', 'big')})"


class Database:
    """One database, SQLite or PostgreSQL, and the transactions on it.

    Args:
        url: a SQLAlchemy URL; ``postgresql://`` means psycopg 3.
    """

    def __init__(self, url: str) -> None:
        self.url = _normalised(url)
        self.engine = _make_engine(self.url)

    @property
    def is_sqlite(self) -> bool:
        """Tell whether one process at a time should work on this database."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a short write transaction, committed at the end of the block.

        Raises:
            Conflict: a uniqueness rule was broken.
            Unavailable: the database is locked, full or gone.
        """
        with _translated(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            if self.is_sqlite:
                session.connection().exec_driver_sql("BEGIN IMMEDIATE")
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a read transaction; nothing is ever written by it."""
        with _translated(), Session(self.engine) as session:
            if self.is_sqlite:
                session.connection().exec_driver_sql("BEGIN")
            yield session
            session.rollback()

    def connect(self) -> sa.Connection:
        """Open a connection that commits by itself, for whoever needs one for long.

        Raises:
            Unavailable: the database cannot be reached.
        """
        with _translated():
            return self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def upgrade(self) -> None:
        """Bring the schema to this release, whole or not at all; does nothing when it is there.

        Of processes that start at once one does it, and the others wait.
        """
        with _translated(), self.engine.connect() as connection:
            config = _alembic(connection)
            newest = ScriptDirectory.from_config(config).get_current_head()
            if MigrationContext.configure(connection).get_current_revision() == newest:
                return
            # Alembic stays inside this transaction; left alone, it would write SQLite's tables one by one.
            connection.exec_driver_sql("BEGIN IMMEDIATE" if self.is_sqlite else _LOCK_SCHEMA)
            command.upgrade(config, "head")
            connection.commit()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _normalised(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise Invalid(f"Not a database URL: {error}.", hint="Set SHOTLOG_DATABASE_URL.") from error
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        raise Invalid(
            f"{parsed.get_backend_name()} is not supported.", hint="Use sqlite:/// or postgresql:// URLs."
        )
    return parsed


def _make_engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(
            url, pool_size=20, max_overflow=20, pool_pre_ping=True, json_serializer=json_text
        )
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        url,
        pool_size=20,
        max_overflow=20,
        connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000},
        json_serializer=json_text,
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    """Transactions begin where we say (``isolation_level``), foreign keys hold, readers never wait."""
    del record
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "cache_size=-32768",
        "wal_autocheckpoint=4000",
        f"busy_timeout={_BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _alembic(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise Conflict(f"The database refused it: {error.orig}.") from error
    except OperationalError as error:
        raise Unavailable(
            f"The database cannot be used: {error.orig}.",
            hint="Check that it is reachable, not locked by another program, and that the disk is not full.",
        ) from error
