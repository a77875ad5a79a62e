"""What kind of database this is, and whether its schema is this release's."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from shotlog.errors import Unavailable
from shotlog.store.database import Database

_MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    """What was seen of one database, which nothing was written to."""

    #: Such as ``SQLite 3.46.1``.
    product: str
    #: The schema's revision; None when it was never made.
    revision: str | None
    #: The revision of this release.
    wanted: str
    #: Whether this release knows the schema's revision: a later release's is not known.
    known: bool
    #: SQLite's journal mode, ``wal`` where readers never wait; empty for PostgreSQL.
    journal: str


def look(database: Database) -> DatabaseHealth:
    """Look at *database* without changing it.

    Raises:
        Unavailable: it cannot be opened, or the file is no database.
    """
    scripts = ScriptDirectory(str(_MIGRATIONS))
    try:
        with database.read() as session:
            connection = session.connection()
            revision = MigrationContext.configure(connection).get_current_revision()
            version = ".".join(str(part) for part in connection.dialect.server_version_info or ())
            journal = str(session.scalar(sa.text("PRAGMA journal_mode"))) if database.is_sqlite else ""
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        raise Unavailable(
            f"The database cannot be read: {getattr(error, 'orig', None) or error}.",
            hint="Check SHOTLOG_DATABASE_URL; a damaged database is mended from a backup.",
        ) from error
    return DatabaseHealth(
        product=f"{'SQLite' if database.is_sqlite else 'PostgreSQL'} {version}".strip(),
        revision=revision,
        wanted=scripts.get_current_head() or "",
        known=revision is None or revision in {script.revision for script in scripts.walk_revisions()},
        journal=journal,
    )
