"""The schema: the models and the migrations agree, and the database itself keeps what belongs together."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from sample_library import NOW
from shotlog.errors import Conflict
from shotlog.store import tables  # noqa: F401 - the package that holds the models
from shotlog.store.tables import findings, library, runs
from shotlog.store.tables.columns import Base
from shotlog.store.tables.findings import AnnotationRow, SegmentRow
from shotlog.store.tables.library import AssetRow, RenditionRow


def rendition(asset_id):
    return RenditionRow(
        asset_id=asset_id,
        kind="proxy",
        path="p.mp4",
        media_type="video/mp4",
        size_bytes=1,
        sha256="",
        width=2,
        height=2,
        made_at=NOW,
    )


def of_the_models(thing, name, kind, reflected, compared):
    """Leave out the full-text index, which each database keeps in its own way."""
    return "words" not in (name or "")


def test_e01_the_migrations_make_the_schema_of_the_models(database):
    assert {module.Base for module in (findings, library, runs)} == {Base}
    with database.engine.connect() as connection:
        options = {"compare_type": True, "include_object": of_the_models}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_m07_nothing_refers_to_an_asset_that_there_is_not(database, library):
    with pytest.raises(Conflict), database.write() as session:
        session.add(rendition(404))
    with pytest.raises(Conflict), database.write() as session:
        library.segment(session, 404, "text", "boat")


def test_m07_an_asset_takes_what_was_found_with_it_and_leaves_no_orphans(database, library):
    kept, gone = library.asset("/films/kept.mp4"), library.asset("/films/gone.mp4")
    with database.write() as session:
        session.add_all([rendition(kept), rendition(gone)])
    with database.write() as session:
        session.execute(sa.delete(AssetRow).where(AssetRow.id == gone))

    with database.read() as session:
        for table in (RenditionRow, SegmentRow):
            assert set(session.scalars(sa.select(table.asset_id))) == {kept}


def test_m07_what_was_paid_for_holds_its_asset(database, library):
    asset = library.asset("/films/a.mp4")
    library.record(asset, "succeeded", sections={"summary": {"text": "a boat"}})
    with pytest.raises(Conflict), database.write() as session:
        session.execute(sa.delete(AssetRow).where(AssetRow.id == asset))
    with database.read() as session:
        assert session.scalars(sa.select(AnnotationRow.asset_id)).all() == [asset]
