"""How an emulator behaves: limits, pace and identity; the faults have a value of their own."""

from __future__ import annotations

import os
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shotlog.emulator.faults import Faults

_MIB = 1 << 20
Limit = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class EmulatorConfig(BaseModel):
    """One emulator's settings; the defaults are the service's own published limits (facts §2)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account_id: Annotated[str, Field(pattern=r"^[0-9]{12}$")] = "123456789012"
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,20}$")] = "us-east-1"
    #: Everything that looks random is drawn from it: job ids, shuffling, faults.
    seed: int = 0
    #: Take the harsher reading of all that the sources leave open: unsigned requests, unknown
    #: request members, roles of other accounts, blank manifest lines, repeated record ids, tools in
    #: InvokeModel records and ``'()*!`` in prompt URIs are refused.
    strict: bool = False

    min_records: Limit = 100
    max_records_per_file: Limit = 100_000
    max_records_per_job: Limit = 100_000
    max_file_bytes: Limit = 1 << 30
    #: Everything under the input prefix (R17); None: by model.
    max_job_bytes: Limit | None = None
    #: One manifest line: the largest inline payload and room around it.
    max_line_bytes: Limit = 64 * _MIB
    max_active_jobs: Limit = 100
    #: Creates a second; None: no limit (R10).
    create_rate_per_s: Annotated[float, Field(gt=0)] | None = None
    max_media_bytes: Limit = 1 << 30
    max_images: Limit = 1_000
    max_images_bytes: Limit = 2 << 30
    #: Base64 text of all inline media of one request (R29).
    max_inline_bytes: Limit = 25_000_000
    max_request_bytes: Limit = 48 * _MIB

    #: How long a job stays in each of Submitted, Validating, Scheduled and Stopping.
    step_seconds: Seconds = 0.2
    #: Length of an hour of ``timeoutDurationInHours``: shorten it to see jobs expire (R21).
    hour_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 3600
    #: Counters of Get and List are up to this old (R20).
    counter_lag_s: Seconds = 0
    #: Records answered at once, over all jobs.
    concurrency: Limit = Field(default_factory=lambda: os.cpu_count() or 1)
    #: Jobs InProgress at once; the others wait in Scheduled.
    running_jobs: Limit = 10

    #: Get and Stop take the bare job id too (R11).
    bare_job_ids_allowed: bool = False
    #: What Stop answers for a job that has ended (R22).
    stop_ended_error: Literal["ConflictException", "ValidationException"] = "ConflictException"
    #: InvokeModel records must name ``schemaVersion``, which tells them from Converse records (R31).
    schema_version_required: bool = True
    #: Outputs of manifests in sub-folders keep the sub-folders (open question 5).
    nested_output: bool = True
    #: Ids of application inference profiles -> model ids.
    application_profiles: dict[str, str] = {}
    #: Model id -> most frames of a video, in place of the table's (R42).
    max_frames: dict[str, int] = {}
    #: Text name -> text, in place of those in ``texts``.
    texts: dict[str, str] = {}

    #: Faults in force from the start.
    faults: Faults = Faults()
