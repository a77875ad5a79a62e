"""Everything that can be made to go wrong, as one value that configuration or the admin API sets."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Rate = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
JobEnd = Literal["Failed", "PartiallyCompleted", "Expired", "Stopped"]
Stage = Literal["Submitted", "Validating", "Scheduled", "InProgress", "Stopping"]
RecordFault = Literal["drop", "error", "truncate", "fence", "chatty", "refuse", "malformed"]
_EXCLUSIVE: tuple[RecordFault, ...] = ("drop", "error", "truncate", "fence", "chatty", "refuse", "malformed")


class Faults(BaseModel):
    """Faults in force. Rates are shares of all records, drawn from the seed, the job and the record's place.

    At most one of the seven record faults meets a record, so their rates add up to 1 at the most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Faults of jobs and records meet only jobs whose name contains this; empty: all.
    job_name_contains: str = ""
    #: So many of the next Creates answer ``ThrottlingException`` (R10).
    throttle_creates: Count = 0
    #: So many of the next Gets, Lists and Stops answer ``ThrottlingException``.
    throttle_reads: Count = 0
    #: So many of the next InvokeModels and Converses answer ``ThrottlingException``.
    throttle_invocations: Count = 0
    #: So many of the next requests of any kind answer ``InternalServerException``.
    internal_errors: Count = 0
    #: So many of the next Creates make their job and then answer ``InternalServerException`` all the same.
    lost_create_answers: Count = 0
    #: Every Create answers ``ServiceQuotaExceededException`` (R9).
    quota: bool = False
    #: Every Create answers ``AccessDeniedException`` for want of ``iam:PassRole`` (R12).
    deny_pass_role: bool = False
    #: Jobs stay in this state until the fault is lifted (R13, R21).
    stuck_in: Stage | None = None
    #: Jobs end so instead of Completed (R21, R38, R39).
    end_as: JobEnd | None = None
    #: The ``message`` of a job that ``end_as`` makes fail.
    failure_message: str = ""
    #: Share of the records that such a job has answered by its end; an Expired job of 0 never begins.
    partial_fraction: Rate = 0.5
    #: ``manifest.json.out`` is not written (R40).
    no_manifest: bool = False
    #: The manifest names cache tokens too (R40).
    manifest_cache_fields: bool = False
    #: While a job is InProgress its output objects exist and stop in the middle of a line (R41).
    half_written: bool = False
    #: Output stands in input order; otherwise it is shuffled (R34).
    keep_order: bool = False
    #: Share of successes that carry ``"error": null`` (R35).
    null_error: Rate = 0.5
    #: Share of answers with a raw U+2028 and U+0085 in place of a space (R37).
    line_separators: Rate = 0.0
    #: Share of state changes without an event (R23).
    lose_events: Rate = 0.0
    #: The record is neither answered nor in the output (R39).
    drop: Rate = 0.0
    #: The record is a retryable error.
    error: Rate = 0.0
    #: The answer stops in the middle with ``max_tokens`` (R44).
    truncate: Rate = 0.0
    #: The answer stands in a code fence (R44).
    fence: Rate = 0.0
    #: The answer stands between two sentences of prose (R44).
    chatty: Rate = 0.0
    #: The answer is ``content_filtered`` (R44).
    refuse: Rate = 0.0
    #: The answer is ``malformed_model_output`` (R44).
    malformed: Rate = 0.0
    #: Seconds that each record takes on top of its answer.
    delay_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0

    @model_validator(mode="after")
    def _rates_fit(self) -> Faults:
        if sum(getattr(self, name) for name in _EXCLUSIVE) > 1 + 1e-9:
            raise ValueError(f"The rates of {', '.join(_EXCLUSIVE)} add up to more than 1.")
        return self

    def meets(self, job_name: str) -> bool:
        """Say whether the faults of jobs and records apply to a job of this name."""
        return self.job_name_contains in job_name

    def record_fault(self, chance: float) -> RecordFault | None:
        """Return the record fault that falls on *chance*, a number in [0, 1)."""
        edge = 0.0
        for name in _EXCLUSIVE:
            edge += getattr(self, name)
            if chance < edge:
                return name
        return None


def draw(*parts: object) -> float:
    """Return a number in [0, 1) that depends on *parts* only: the same after a restart."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:7], "big") / (1 << 56)
