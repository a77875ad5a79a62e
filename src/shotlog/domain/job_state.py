"""A provider's batch job: its ten states as a table, what is asked for, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ProviderState(StrEnum):
    """The provider's own words for where a job stands (rules R13, R14).

    >>> ProviderState.EXPIRED.terminal, ProviderState.EXPIRED.may_have_output
    (True, True)
    """

    SUBMITTED = "Submitted"
    VALIDATING = "Validating"
    SCHEDULED = "Scheduled"
    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    PARTIALLY_COMPLETED = "PartiallyCompleted"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    EXPIRED = "Expired"

    @property
    def terminal(self) -> bool:
        """Tell whether nothing can follow."""
        return not TRANSITIONS[self]

    @property
    def holds_a_slot(self) -> bool:
        """Tell whether the job counts against the quota of active jobs (rule R9)."""
        return self in (self.SUBMITTED, self.VALIDATING, self.SCHEDULED, self.IN_PROGRESS, self.STOPPING)

    @property
    def can_be_stopped(self) -> bool:
        """Tell whether asking the provider to stop the job makes sense."""
        return ProviderState.STOPPING in TRANSITIONS[self]

    @property
    def may_have_output(self) -> bool:
        """Tell whether results may lie in the output folder, to be read once the state is terminal.

        Every terminal state may: even Expired and Failed jobs have been seen with some (rules R21, R39).
        """
        return self.terminal

    def can_become(self, later: ProviderState) -> bool:
        """Tell whether *later* can be seen after this state; states in between may have been missed."""
        reached, todo = {self}, [self]
        while todo:
            fresh = TRANSITIONS[todo.pop()] - reached
            reached |= fresh
            todo.extend(fresh)
        return later in reached


def _states(words: str) -> frozenset[ProviderState]:
    return frozenset(ProviderState(word) for word in words.split())


#: What directly follows what. A running job may also expire when its time is over (facts 1.5).
TRANSITIONS: dict[ProviderState, frozenset[ProviderState]] = {
    ProviderState.SUBMITTED: _states("Validating Stopping Failed"),
    ProviderState.VALIDATING: _states("Scheduled Stopping Failed"),
    ProviderState.SCHEDULED: _states("InProgress Stopping Expired Failed"),
    ProviderState.IN_PROGRESS: _states("Completed PartiallyCompleted Failed Stopping Expired"),
    ProviderState.STOPPING: _states("Stopped Completed PartiallyCompleted Failed"),
    ProviderState.COMPLETED: frozenset(),
    ProviderState.PARTIALLY_COMPLETED: frozenset(),
    ProviderState.FAILED: frozenset(),
    ProviderState.STOPPED: frozenset(),
    ProviderState.EXPIRED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What one batch job is asked for with. Both URIs name folders and end in ``/``."""

    #: Legal and unique: ``manifest.job_name`` makes it.
    name: str
    #: Derived from the chunk, so that a repeat returns the same job (rule R5).
    client_token: str
    #: As ``Catalog.invocation_id`` resolved it.
    model_id: str
    role_arn: str
    input_uri: str
    output_uri: str
    timeout_hours: int = 24
    tags: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class JobStatus:
    """What the provider says about one job; unknown is None."""

    arn: str
    name: str
    model_id: str
    state: ProviderState
    input_uri: str
    output_uri: str
    client_token: str | None = None
    #: Why it failed; empty otherwise.
    message: str = ""
    submitted_at: datetime | None = None
    updated_at: datetime | None = None
    #: Not to be trusted on an expired job (facts 1.4).
    ended_at: datetime | None = None
    expires_at: datetime | None = None
    #: Counters lag by up to a minute and prove nothing about the output (rule R20).
    total_records: int | None = None
    processed_records: int | None = None
    success_records: int | None = None
    error_records: int | None = None

    @property
    def job_id(self) -> str:
        """Return the last part of the ARN, which names the output's sub-folder (rule R33)."""
        return self.arn.rpartition("/")[2]
