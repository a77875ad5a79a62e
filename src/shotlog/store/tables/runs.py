"""What was asked of a model: recipes, runs, the jobs of their chunks, records, raw results, and money."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shotlog.store.tables.columns import Base, Big, HostileName, HostileText, Key


class RecipeRow(Base):
    """One immutable version of a recipe, as it was used."""

    __tablename__ = "recipes"

    id: Mapped[Key]
    digest: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(index=True)
    version: Mapped[str]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class RunRow(Base):
    """One recipe version over one fixed selection."""

    __tablename__ = "runs"

    id: Mapped[Key]
    state: Mapped[str] = mapped_column(index=True)
    mode: Mapped[str]
    engine: Mapped[str]
    model: Mapped[str]
    #: What the provider is asked for: the model's id, an inference profile, or an ARN.
    invocation_id: Mapped[str]
    tail: Mapped[str]
    recipe_id: Mapped[int] = mapped_column(ForeignKey("recipes.id"))
    #: What was selected, normalised, so that the same request finds its unfinished run again.
    selection: Mapped[str]
    planned: Mapped[int]
    budget_microusd: Mapped[Big | None]
    #: Money range in micro-dollars: low, likely, high; NULL when a price is unknown.
    estimate: Mapped[dict[str, Any] | None]
    reason: Mapped[str | None] = mapped_column(HostileText)
    #: The run whose unsuccessful records this one asks again.
    retry_of: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))
    created_at: Mapped[datetime]
    chunked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class BatchJobRow(Base):
    """A chunk of a run and the provider's job for it; the intent is stored before the job is asked for."""

    __tablename__ = "batch_jobs"
    __table_args__ = (
        UniqueConstraint("run_id", "chunk_index"),
        CheckConstraint("records_planned > 0", name="records_planned"),
    )

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    parent_batch_id: Mapped[str] = mapped_column(index=True)
    chunk_index: Mapped[int]
    total_chunks: Mapped[int]
    s3_folder: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(index=True)
    model: Mapped[str] = mapped_column(index=True)
    records_planned: Mapped[int]
    bytes_planned: Mapped[Big]
    client_token: Mapped[str] = mapped_column(unique=True)
    job_name: Mapped[str] = mapped_column(unique=True)
    job_arn: Mapped[str | None] = mapped_column(unique=True)
    provider_state: Mapped[str | None]
    message: Mapped[str | None] = mapped_column(HostileText)
    processed_records: Mapped[int | None]
    #: Lines of the output that name no record of ours; always reported, never dropped silently.
    unmatched_records: Mapped[int] = mapped_column(default=0)
    intended_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    collected_at: Mapped[datetime | None]
    cleanup_completed_at: Mapped[datetime | None]
    #: Made from a job that the library did not know: its output is joined by ``RecordRow.alias``.
    adopted: Mapped[bool] = mapped_column(default=False)


class RecordRow(Base):
    """One asset in one run: where it was sent, and how it ended; no outcome means that it is still open."""

    __tablename__ = "records"
    __table_args__ = (
        UniqueConstraint("run_id", "asset_id"),
        Index("ix_records_job_id_outcome", "job_id", "outcome"),
        Index("ix_records_run_id_outcome", "run_id", "outcome"),
        Index(
            "ix_records_open",
            "run_id",
            "id",
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
        Index("ix_records_asset_id", "asset_id"),
    )

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    asset_id: Mapped[int] = mapped_column(ForeignKey("assets.id"))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("batch_jobs.id"))
    #: The content that was asked about: a file that changes is asked about again.
    fingerprint: Mapped[str]
    #: The number that the manifest of an adopted job calls it by; everywhere else that is the id.
    alias: Mapped[Big | None]
    #: Where the chunk's folder holds the copy of the proxy; stored before the job is asked for.
    media_key: Mapped[str | None]
    #: Longest answer, where a retry asks for more than the recipe does.
    max_tokens: Mapped[int | None]
    #: Temperature, where a retry asks with another than the recipe does.
    temperature: Mapped[float | None]
    outcome: Mapped[str | None]
    code: Mapped[str | None] = mapped_column(HostileName)
    message: Mapped[str | None] = mapped_column(HostileText)
    retryable: Mapped[bool | None]
    stop_reason: Mapped[str | None] = mapped_column(HostileName)
    input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    finished_at: Mapped[datetime | None]


class ResultRow(Base):
    """What came back for a record, word for word."""

    __tablename__ = "results"

    record_id: Mapped[int] = mapped_column(ForeignKey("records.id"), primary_key=True)
    raw_text: Mapped[str] = mapped_column(HostileText)
    received_at: Mapped[datetime]


class LedgerRow(Base):
    """Money that one record cost, booked once; NULL when the price is unknown."""

    __tablename__ = "ledger"

    record_id: Mapped[int] = mapped_column(ForeignKey("records.id"), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)
    mode: Mapped[str]
    model: Mapped[str]
    input_tokens: Mapped[int]
    output_tokens: Mapped[int]
    amount_microusd: Mapped[Big | None]
    booked_at: Mapped[datetime]
