"""Create the library."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


KEY_TYPE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PATH_TYPE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON_TYPE = sa.JSON().with_variant(JSONB(), "postgresql")

# Words are indexed folded (no case, no diacritics), so both databases split and match alike. On SQLite what
# is added is indexed in bulk by whoever adds it: a trigger for each row takes six times as long.
FULL_TEXT = {
    "sqlite": (
        """CREATE VIRTUAL TABLE segment_words USING fts5(
            folded, content='segments', content_rowid='id',
            tokenize='unicode61 remove_diacritics 2', prefix='2 3'
        )""",
        """CREATE TRIGGER segments_removed AFTER DELETE ON segments BEGIN
            INSERT INTO segment_words(segment_words, rowid, folded) VALUES ('delete', old.id, old.folded);
        END""",
        """CREATE TRIGGER segments_changed AFTER UPDATE OF folded ON segments BEGIN
            INSERT INTO segment_words(segment_words, rowid, folded) VALUES ('delete', old.id, old.folded);
            INSERT INTO segment_words(rowid, folded) VALUES (new.id, new.folded);
        END""",
    ),
    "postgresql": (
        """ALTER TABLE segments ADD COLUMN words tsvector
            GENERATED ALWAYS AS (to_tsvector('simple', folded)) STORED""",
        "CREATE INDEX ix_segments_words ON segments USING gin (words)",
    ),
}


def upgrade() -> None:
    """Create every table, and the full-text index of this database."""
    op.create_table(
        "imports",
        sa.Column("id", KEY_TYPE, nullable=False),
        sa.Column("paths", JSON_TYPE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("renditions", sa.Boolean(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("problems", JSON_TYPE, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_table(
        "library",
        sa.Column("id", KEY_TYPE, nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library")),
    )
    op.create_table(
        "recipes",
        sa.Column("id", KEY_TYPE, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("body", JSON_TYPE, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipes")),
        sa.UniqueConstraint("digest", name=op.f("uq_recipes_digest")),
    )
    with op.batch_alter_table("recipes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recipes_name"), ["name"], unique=False)

    op.create_table(
        "sources",
        sa.Column("id", KEY_TYPE, nullable=False),
        sa.Column("path", PATH_TYPE, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("path", name=op.f("uq_sources_path")),
    )
    op.create_table(
        "assets",
        sa.Column("id", KEY_TYPE, nullable=False),
        sa.Column("source_id", KEY_TYPE, nullable=False),
        sa.Column("import_id", KEY_TYPE, nullable=True),
        sa.Column("path", PATH_TYPE, nullable=False),
        sa.Column("folder", PATH_TYPE, nullable=False),
        sa.Column("name", PATH_TYPE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.Column("failure_reason", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("format", sa.String(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("fps", sa.Double(), nullable=True),
        sa.Column("rotation", sa.Integer(), nullable=True),
        sa.Column("video_codec", sa.String(), nullable=True),
        sa.Column("audio_codec", sa.String(), nullable=True),
        sa.Column("has_audio", sa.Boolean(), nullable=True),
        sa.Column("pixel_format", sa.String(), nullable=True),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("altitude_m", sa.Double(), nullable=True),
        sa.Column("camera_make", sa.Text(), nullable=True),
        sa.Column("camera_model", sa.Text(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("probed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("analysed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_assets_import_id")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_assets_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
        sa.UniqueConstraint("path", name=op.f("uq_assets_path")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("assets", schema=None) as batch_op:
        batch_op.create_index("ix_assets_analysed_id", ["analysed_at", "id"], unique=False)
        batch_op.create_index(
            "ix_assets_captured_at",
            ["captured_at"],
            unique=False,
            sqlite_where=sa.text("captured_at IS NOT NULL"),
            postgresql_where=sa.text("captured_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_assets_fingerprint",
            ["fingerprint"],
            unique=False,
            sqlite_where=sa.text("fingerprint IS NOT NULL"),
            postgresql_where=sa.text("fingerprint IS NOT NULL"),
        )
        batch_op.create_index("ix_assets_folder_name", ["folder", "name"], unique=False)
        batch_op.create_index("ix_assets_import_id_state", ["import_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_assets_source_id"), ["source_id"], unique=False)
        batch_op.create_index("ix_assets_state_id", ["state", "id"], unique=False)

    op.create_table(
        "runs",
        sa.Column("id", KEY_TYPE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("invocation_id", sa.String(), nullable=False),
        sa.Column("tail", sa.String(), nullable=False),
        sa.Column("recipe_id", KEY_TYPE, nullable=False),
        sa.Column("selection", sa.String(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("budget_microusd", sa.BigInteger(), nullable=True),
        sa.Column("estimate", JSON_TYPE, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("retry_of", KEY_TYPE, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chunked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["recipe_id"], ["recipes.id"], name=op.f("fk_runs_recipe_id")),
        sa.ForeignKeyConstraint(["retry_of"], ["runs.id"], name=op.f("fk_runs_retry_of")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_runs_state"), ["state"], unique=False)

    op.create_table(
        "batch_jobs",
        sa.Column("id", KEY_TYPE, nullable=False),
        sa.Column("run_id", KEY_TYPE, nullable=False),
        sa.Column("parent_batch_id", sa.String(), nullable=False),
        sa.Column("chunk_index", sa.Integer(), nullable=False),
        sa.Column("total_chunks", sa.Integer(), nullable=False),
        sa.Column("s3_folder", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("records_planned", sa.Integer(), nullable=False),
        sa.Column("bytes_planned", sa.BigInteger(), nullable=False),
        sa.Column("client_token", sa.String(), nullable=False),
        sa.Column("job_name", sa.String(), nullable=False),
        sa.Column("job_arn", sa.String(), nullable=True),
        sa.Column("provider_state", sa.String(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("processed_records", sa.Integer(), nullable=True),
        sa.Column("unmatched_records", sa.Integer(), nullable=False),
        sa.Column("intended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleanup_completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("adopted", sa.Boolean(), nullable=False),
        sa.CheckConstraint("records_planned > 0", name=op.f("ck_batch_jobs_records_planned")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_batch_jobs_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_jobs")),
        sa.UniqueConstraint("client_token", name=op.f("uq_batch_jobs_client_token")),
        sa.UniqueConstraint("job_arn", name=op.f("uq_batch_jobs_job_arn")),
        sa.UniqueConstraint("job_name", name=op.f("uq_batch_jobs_job_name")),
        sa.UniqueConstraint("run_id", "chunk_index", name=op.f("uq_batch_jobs_run_id_chunk_index")),
        sa.UniqueConstraint("s3_folder", name=op.f("uq_batch_jobs_s3_folder")),
    )
    with op.batch_alter_table("batch_jobs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_jobs_model"), ["model"], unique=False)
        batch_op.create_index(batch_op.f("ix_batch_jobs_parent_batch_id"), ["parent_batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_batch_jobs_state"), ["state"], unique=False)

    op.create_table(
        "renditions",
        sa.Column("id", KEY_TYPE, nullable=False),
        sa.Column("asset_id", KEY_TYPE, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("store_key", sa.String(), nullable=True),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name=op.f("fk_renditions_asset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renditions")),
        sa.UniqueConstraint("asset_id", "kind", name=op.f("uq_renditions_asset_id_kind")),
    )
    op.create_table(
        "work_items",
        sa.Column("id", KEY_TYPE, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("asset_id", KEY_TYPE, nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name=op.f("fk_work_items_asset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_items")),
        sa.UniqueConstraint("kind", "asset_id", name=op.f("uq_work_items_kind_asset_id")),
    )
    with op.batch_alter_table("work_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_work_items_asset_id"), ["asset_id"], unique=False)
        batch_op.create_index(
            "ix_work_items_kind_leased_until_id", ["kind", "leased_until", "id"], unique=False
        )

    op.create_table(
        "records",
        sa.Column("id", KEY_TYPE, nullable=False),
        sa.Column("run_id", KEY_TYPE, nullable=False),
        sa.Column("asset_id", KEY_TYPE, nullable=False),
        sa.Column("job_id", KEY_TYPE, nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("alias", sa.BigInteger(), nullable=True),
        sa.Column("media_key", sa.String(), nullable=True),
        sa.Column("max_tokens", sa.Integer(), nullable=True),
        sa.Column("temperature", sa.Double(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("retryable", sa.Boolean(), nullable=True),
        sa.Column("stop_reason", sa.String(), nullable=True),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_records_asset_id")),
        sa.ForeignKeyConstraint(["job_id"], ["batch_jobs.id"], name=op.f("fk_records_job_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_records_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
        sa.UniqueConstraint("run_id", "asset_id", name=op.f("uq_records_run_id_asset_id")),
    )
    with op.batch_alter_table("records", schema=None) as batch_op:
        batch_op.create_index("ix_records_asset_id", ["asset_id"], unique=False)
        batch_op.create_index("ix_records_job_id_outcome", ["job_id", "outcome"], unique=False)
        batch_op.create_index(
            "ix_records_open",
            ["run_id", "id"],
            unique=False,
            sqlite_where=sa.text("outcome IS NULL"),
            postgresql_where=sa.text("outcome IS NULL"),
        )
        batch_op.create_index("ix_records_run_id_outcome", ["run_id", "outcome"], unique=False)

    op.create_table(
        "annotations",
        sa.Column("id", KEY_TYPE, nullable=False),
        sa.Column("asset_id", KEY_TYPE, nullable=False),
        sa.Column("record_id", KEY_TYPE, nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("body", JSON_TYPE, nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name=op.f("fk_annotations_asset_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_annotations_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotations")),
        sa.UniqueConstraint("record_id", "section", name=op.f("uq_annotations_record_id_section")),
    )
    with op.batch_alter_table("annotations", schema=None) as batch_op:
        batch_op.create_index(
            "ix_annotations_asset_id_section_current", ["asset_id", "section", "current"], unique=False
        )

    op.create_table(
        "ledger",
        sa.Column("record_id", KEY_TYPE, nullable=False),
        sa.Column("run_id", KEY_TYPE, nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("amount_microusd", sa.BigInteger(), nullable=True),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_ledger_record_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_ledger_run_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_ledger")),
    )
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_run_id"), ["run_id"], unique=False)

    op.create_table(
        "results",
        sa.Column("record_id", KEY_TYPE, nullable=False),
        sa.Column("raw_text", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_results_record_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_results")),
    )
    op.create_table(
        "segments",
        sa.Column("id", KEY_TYPE, nullable=False),
        sa.Column("asset_id", KEY_TYPE, nullable=False),
        sa.Column("annotation_id", KEY_TYPE, nullable=True),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=True),
        sa.Column("end_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["annotation_id"], ["annotations.id"], name=op.f("fk_segments_annotation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name=op.f("fk_segments_asset_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
    )
    with op.batch_alter_table("segments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_segments_annotation_id"), ["annotation_id"], unique=False)
        batch_op.create_index("ix_segments_asset_id_start_ms", ["asset_id", "start_ms"], unique=False)

    for statement in FULL_TEXT[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: migrations only go forward; a backup is the way back."""
    raise NotImplementedError("Restore a backup instead.")
