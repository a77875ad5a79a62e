"""A run and the jobs of its chunks, as the rest of the product sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shotlog.domain.asset import public_id
from shotlog.domain.state import RunState


@dataclass(frozen=True, slots=True)
class Run:
    """One recipe version over one fixed selection."""

    id: int
    state: str
    mode: str
    engine: str
    model: str
    invocation_id: str
    tail: str
    recipe: str
    recipe_digest: str
    selection: str
    planned: int
    budget_microusd: int | None
    estimate: dict[str, int] | None
    reason: str | None
    retry_of: int | None
    created_at: datetime
    chunked_at: datetime | None
    ended_at: datetime | None

    @property
    def public_id(self) -> str:
        """Return the id that people and programs see."""
        return public_id("run", self.id)

    @property
    def cancelling(self) -> bool:
        """Tell whether nothing more is to be asked."""
        return self.state == RunState.CANCELLING


@dataclass(frozen=True, slots=True)
class BatchJob:
    """A chunk of a run, and the provider's job for it once there is one."""

    id: int
    run_id: int
    parent_batch_id: str
    chunk_index: int
    total_chunks: int
    s3_folder: str
    state: str
    model: str
    records_planned: int
    bytes_planned: int
    client_token: str
    job_name: str
    job_arn: str | None
    provider_state: str | None
    message: str | None
    processed_records: int | None
    unmatched_records: int
    intended_at: datetime | None
    submitted_at: datetime | None
    checked_at: datetime | None
    ended_at: datetime | None
    collected_at: datetime | None
    cleanup_completed_at: datetime | None
    #: Made from a job that the library did not know; its records go by another number there.
    adopted: bool


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """A chunk as planning hands it to the store: which records, and how the job will be known."""

    chunk_index: int
    s3_folder: str
    first_record: int
    last_record: int
    records: int
    bytes: int
    client_token: str
    job_name: str
