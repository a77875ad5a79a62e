"""Run migrations on the connection that ``Database.upgrade`` hands over."""

from __future__ import annotations

from alembic import context

from shotlog.store import tables  # noqa: F401 - the package that holds the models
from shotlog.store.tables import findings, library, runs  # noqa: F401 - each registers its tables
from shotlog.store.tables.columns import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
