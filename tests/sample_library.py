"""Put assets with known facts and findable words straight into a database."""

from datetime import UTC, datetime

import sqlalchemy as sa

from shotlog.domain.segments import name_segments
from shotlog.domain.words import index_text
from shotlog.store import full_text
from shotlog.store.tables.findings import AnnotationRow, SegmentRow
from shotlog.store.tables.library import AssetRow, SourceRow
from shotlog.store.tables.runs import RecipeRow, RecordRow, RunRow

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class SampleLibrary:
    """Fills one database; every method commits."""

    def __init__(self, database):
        self.database = database
        with database.write() as session:
            session.add(SourceRow(id=1, path="/films", added_at=NOW))

    def asset(self, path, *segments, names=True, **facts):
        """Add an asset; *segments* are (field, text) or (field, text, start_ms, end_ms)."""
        folder, _, name = path.rpartition("/")
        row = {"kind": "video", "state": "ready", "size_bytes": 1, "mtime_ns": 1, "added_at": NOW, **facts}
        with self.database.write() as session:
            asset = AssetRow(source_id=1, path=path, folder=folder, name=name, **row)
            session.add(asset)
            session.flush()
            found = [(piece.field, piece.text) for piece in name_segments(name, folder)] if names else []
            for field, text, *span in [*found, *segments]:
                self.segment(session, asset.id, field, text, *span)
            return asset.id

    @staticmethod
    def segment(session, asset_id, field, text, *span):
        """Add one segment as the store does; *span* is empty, or start and end in milliseconds."""
        start_ms, end_ms = span or (None, None)
        with full_text.indexing(session):
            session.add(
                SegmentRow(
                    asset_id=asset_id,
                    field=field,
                    text=text,
                    folded=index_text(field, text),
                    start_ms=start_ms,
                    end_ms=end_ms,
                )
            )

    def record(self, asset_id, outcome, *, sections=None, **values):
        """Add a run of one record with its annotations; older annotations of a section become history."""
        with self.database.write() as session:
            recipe = session.scalar(sa.select(RecipeRow))
            if recipe is None:
                recipe = RecipeRow(digest="d", name="combined", version="1", body={}, created_at=NOW)
                session.add(recipe)
                session.flush()
            run = RunRow(
                state="done",
                mode="batch",
                engine="local",
                model="local-1",
                invocation_id="local-1",
                tail="on-demand",
                recipe_id=recipe.id,
                selection="[]",
                planned=1,
                created_at=NOW,
            )
            session.add(run)
            session.flush()
            record = RecordRow(
                run_id=run.id, asset_id=asset_id, fingerprint="f", outcome=outcome, finished_at=NOW, **values
            )
            session.add(record)
            session.flush()
            for section, body in (sections or {}).items():
                session.execute(
                    sa.update(AnnotationRow)
                    .where(AnnotationRow.asset_id == asset_id, AnnotationRow.section == section)
                    .values(current=False)
                )
                session.add(
                    AnnotationRow(
                        asset_id=asset_id,
                        record_id=record.id,
                        section=section,
                        engine="local",
                        body=body,
                        current=True,
                        created_at=NOW,
                    )
                )
            return run.id, record.id
