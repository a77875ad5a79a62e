"""A backup of a library's database, as an owner makes and restores one, on each kind of database."""

import sqlalchemy as sa

from shotlog.store.tables import findings, library, runs
from shotlog.store.tables.columns import Base

assert findings, library
assert runs


class Backup:
    """Everything that stands in a database now; ``restore`` makes it all that stands there."""

    def __init__(self, database):
        self._database = database
        with database.engine.connect() as connection:
            self._rows = {
                table: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
                for table in Base.metadata.sorted_tables
            }

    def restore(self):
        """Go back, numbers included: what is written next gets the ids again that were forgotten."""
        with self._database.engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(sa.delete(table))
            for table, rows in self._rows.items():
                if rows:
                    connection.execute(sa.insert(table), rows)
            for table in self._rows:
                self._recount(connection, table)

    def _recount(self, connection, table):
        if (
            self._database.is_sqlite
            or not isinstance(table.c[0].type, sa.BigInteger)
            or table.c[0].foreign_keys
        ):
            return
        column = table.c[0].name
        sequence = f"pg_get_serial_sequence('{table.name}', '{column}')"
        highest = f"(SELECT max({column}) FROM {table.name})"
        connection.execute(
            sa.text(f"SELECT setval({sequence}, coalesce({highest}, 1), {highest} IS NOT NULL)")
        )
