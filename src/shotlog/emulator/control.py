"""The control plane: create, get, list and stop batch jobs (facts §1)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.jobs import Job, JobFilter, JobTable, QuotaFull, TokenReused
from shotlog.emulator.lifecycle import Lifecycle
from shotlog.emulator.models import Catalogue, ModelReference
from shotlog.emulator.service_error import ServiceError
from shotlog.emulator.state import ACTIVE, TERMINAL
from shotlog.emulator.switchboard import Switchboard
from shotlog.emulator.texts import say
from shotlog.emulator.validation import input_shape, matches, require_valid

_SERVICE = "bedrock"
_DEFAULT_TIMEOUT_HOURS = 24  # R4
_DEFAULT_PAGE = 100
_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789"
_COUNTERS = ("totalRecordCount", "processedRecordCount", "successRecordCount", "errorRecordCount")


class ControlPlane:
    """The four operations on batch jobs; every refusal is a ``ServiceError``."""

    def __init__(
        self,
        *,
        config: EmulatorConfig,
        catalogue: Catalogue,
        switchboard: Switchboard,
        jobs: JobTable,
        lifecycle: Lifecycle,
    ) -> None:
        self._config = config
        self._catalogue = catalogue
        self._switchboard = switchboard
        self._jobs = jobs
        self._lifecycle = lifecycle
        #: Job id -> when its counters were last looked at, and what they said (R20).
        self._shown: dict[str, tuple[float, dict[str, int]]] = {}

    def create(self, request: Any) -> dict[str, Any]:
        """Make a job, or find the one that the same token made before, and return its ARN (R1, R5)."""
        shape = input_shape(_SERVICE, "CreateModelInvocationJob")
        require_valid(shape, request, unknown_members=not self._config.strict)
        self._check_role(request["roleArn"])
        reference = self._catalogue.find(request["modelId"])
        if not reference.card.batch:
            raise self._refuse("ValidationException", "not_batch")
        job = self._new_job(request, reference)
        try:
            limit = -1 if self._switchboard.faults.quota else self._config.max_active_jobs
            added = self._jobs.add(job, max_active=limit)
        except TokenReused as error:
            raise self._refuse("ConflictException", "token_conflict") from error
        except QuotaFull as error:
            raise self._refuse(
                "ServiceQuotaExceededException",
                "quota",
                model=job.model_id,
                limit=self._config.max_active_jobs,
            ) from error
        if added.seq and added.id == job.id and added.submitted_at == job.submitted_at:
            self._lifecycle.emit(added)
            self._lifecycle.follow(added)
        if self._switchboard.take("lost_create_answers"):
            raise self._refuse("InternalServerException", "internal")
        return {"jobArn": added.arn}

    def get(self, identifier: str) -> dict[str, Any]:
        """Return all about one job."""
        return self._described(self._find(identifier, "GetModelInvocationJob"))

    def list(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return one page of jobs, the newest first unless asked otherwise."""
        wanted: dict[str, Any] = dict(query)
        if (asked := wanted.get("maxResults", "")).isdigit():
            wanted["maxResults"] = int(asked[:9])
        require_valid(input_shape(_SERVICE, "ListModelInvocationJobs"), wanted)
        limit = wanted.get("maxResults", _DEFAULT_PAGE)
        jobs = self._jobs.page(self._filter(wanted), limit + 1)
        page: dict[str, Any] = {"invocationJobSummaries": [self._described(job) for job in jobs[:limit]]}
        if len(jobs) > limit:
            page["nextToken"] = base64.urlsafe_b64encode(f"job:{jobs[limit - 1].seq}".encode()).decode()
        return page

    def stop(self, identifier: str) -> None:
        """Ask a job to stop; what it has answered stays (R22). Stopping twice is fine."""
        job = self._find(identifier, "StopModelInvocationJob")
        while job.status in ACTIVE and self._lifecycle.move(job, "Stopping") is None:
            job = self._find(identifier, "StopModelInvocationJob")
        if job.status in TERMINAL:
            raise self._refuse(self._config.stop_ended_error, "job_ended", arn=job.arn, status=job.status)

    def _check_role(self, role: str) -> None:
        if self._switchboard.faults.deny_pass_role:
            raise self._refuse(
                "AccessDeniedException", "pass_role", account=self._config.account_id, role=role
            )
        if self._config.strict and f"::{self._config.account_id}:" not in role:
            raise self._refuse("AccessDeniedException", "cross_account_role")

    def _new_job(self, request: dict[str, Any], reference: ModelReference) -> Job:
        token = request.get("clientRequestToken") or str(uuid.uuid4())
        said = {name: value for name, value in request.items() if name != "clientRequestToken"}
        fingerprint = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        job_id = self._job_id(token)
        config = self._config
        now = time.time()
        hours = request.get("timeoutDurationInHours") or _DEFAULT_TIMEOUT_HOURS
        return Job(
            id=job_id,
            arn=f"arn:aws:bedrock:{config.region}:{config.account_id}:model-invocation-job/{job_id}",
            token=token,
            fingerprint=fingerprint,
            name=request["jobName"],
            model_id=reference.card.model_id,
            model_arn=reference.arn(config.region, config.account_id),
            request=request,
            submitted_at=now,
            expires_at=now + hours * config.hour_seconds,
        )

    def _job_id(self, token: str) -> str:
        """Return twelve letters and digits that depend on the seed and the token only."""
        digest = hashlib.sha256(f"{self._config.seed}/{self._config.account_id}/{token}".encode()).digest()
        return "".join(_DIGITS[byte % len(_DIGITS)] for byte in digest[:12])

    def _find(self, identifier: str, operation: str) -> Job:
        shape = input_shape(_SERVICE, operation).members["jobIdentifier"]
        bare = not identifier.startswith("arn:")
        if not matches(shape, identifier) or (bare and not self._config.bare_job_ids_allowed):
            raise self._refuse("ValidationException", "arn_invalid")  # R11
        config = self._config
        if not bare and identifier.split(":")[3] != config.region:
            raise self._refuse("ValidationException", "arn_region")
        job = self._jobs.get(identifier.rpartition("/")[2])
        if job is None or not (bare or job.arn == identifier):
            raise self._refuse("ResourceNotFoundException", "job_unknown", arn=identifier)
        return job

    def _filter(self, wanted: Mapping[str, Any]) -> JobFilter:
        return JobFilter(
            submitted_after=_seconds(wanted.get("submitTimeAfter")),
            submitted_before=_seconds(wanted.get("submitTimeBefore")),
            status=wanted.get("statusEquals"),
            name_contains=wanted.get("nameContains"),
            ascending=wanted.get("sortOrder") == "Ascending",
            after_seq=self._page_start(wanted.get("nextToken")),
        )

    def _page_start(self, token: str | None) -> int | None:
        if token is None:
            return None
        try:
            kind, _, number = base64.b64decode(token, altchars=b"-_", validate=True).decode().partition(":")
            if kind == "job":
                return int(number)
        except (binascii.Error, ValueError):
            pass
        raise self._refuse("ValidationException", "next_token")

    def _described(self, job: Job) -> dict[str, Any]:
        """Return a job as Get and List show it (R19)."""
        request = job.request
        owned = {"s3BucketOwner": self._config.account_id}
        ended = job.ended_at is not None
        shown = {
            "jobArn": job.arn,
            "jobName": job.name,
            "modelId": job.model_arn,
            "clientRequestToken": job.token,
            "roleArn": request["roleArn"],
            "status": job.status,
            "message": job.message if job.status == "Failed" else None,
            "submitTime": _timestamp(job.submitted_at),
            "lastModifiedTime": _timestamp(job.modified_at),
            "endTime": _timestamp(job.ended_at) if ended and job.ended_at else None,
            "inputDataConfig": {
                "s3InputDataConfig": owned | _given(request["inputDataConfig"]["s3InputDataConfig"])
            },
            "outputDataConfig": {
                "s3OutputDataConfig": owned | _given(request["outputDataConfig"]["s3OutputDataConfig"])
            },
            "vpcConfig": request.get("vpcConfig"),
            "timeoutDurationInHours": request.get("timeoutDurationInHours") or _DEFAULT_TIMEOUT_HOURS,
            "jobExpirationTime": _timestamp(job.expires_at),
            "modelInvocationType": job.api,
            **self._counters(job),
        }
        return _given(shown)

    def _counters(self, job: Job) -> dict[str, int]:
        """Return the job's counters as they were at most the configured lag ago (R20)."""
        looked_at, counters = self._shown.get(job.id, (job.submitted_at, dict.fromkeys(_COUNTERS, 0)))
        now = time.time()
        if now - looked_at >= self._config.counter_lag_s:
            values = (job.total, job.success + job.error, job.success, job.error)
            counters = dict(zip(_COUNTERS, values, strict=True))
            if self._config.counter_lag_s:
                self._shown[job.id] = (now, counters)
        return counters

    def _refuse(self, name: str, text: str, **values: object) -> ServiceError:
        return ServiceError(name, say(text, self._config.texts, **values))


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
