"""Batch jobs on Bedrock: create, look up, list, stop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from shotlog.domain.job_state import JobRequest, JobStatus, ProviderState
from shotlog.errors import Rejected
from shotlog.inference.bedrock_clients import BedrockClients
from shotlog.inference.bedrock_errors import translated
from shotlog.inference.request_checks import check_job_arn, check_job_request

_PAGE = 100


class BedrockBatch:
    """Bedrock's control plane as a ``BatchProvider``; the emulator is one by its endpoint."""

    def __init__(self, clients: BedrockClients) -> None:
        self._clients = clients

    def create(self, request: JobRequest) -> str:
        """Ask for a job and return its ARN; safe to repeat, because the request carries its token (R5).

        Only documented members are sent, and only those that are needed.

        Raises:
            Invalid: the service would refuse a name, URI or limit; nothing was sent.
            QuotaReached: all slots are taken; wait for one.
            Throttled, Unavailable, Rejected: see ``translated``.
        """
        check_job_request(request)
        arguments: dict[str, Any] = {
            "jobName": request.name,
            "clientRequestToken": request.client_token,
            "roleArn": request.role_arn,
            "modelId": request.model_id,
            "inputDataConfig": {"s3InputDataConfig": {"s3Uri": request.input_uri, "s3InputFormat": "JSONL"}},
            "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": request.output_uri}},
            "timeoutDurationInHours": request.timeout_hours,
        }
        if request.tags:
            arguments["tags"] = [{"key": key, "value": value} for key, value in request.tags.items()]

        def call() -> str:
            with translated("create the batch job"):
                return self._clients.control().create_model_invocation_job(**arguments)["jobArn"]

        return self._clients.repeated(call)

    def get(self, arn: str) -> JobStatus:
        """Look one job up by its full ARN.

        Raises:
            Invalid: it is no full ARN (rule R11).
            NotFound, Throttled, Unavailable, Rejected: see ``translated``.
        """
        check_job_arn(arn)

        def call() -> Mapping[str, Any]:
            with translated("look up the batch job"):
                return self._clients.control().get_model_invocation_job(jobIdentifier=arn)

        return _status(self._clients.repeated(call))

    def list(self, *, name_contains: str = "", since: datetime | None = None) -> Iterator[JobStatus]:
        """Yield the jobs submitted after *since* whose name contains a text, the newest first."""
        arguments: dict[str, Any] = {
            "maxResults": _PAGE,
            "sortBy": "CreationTime",
            "sortOrder": "Descending",
        }
        if name_contains:
            arguments["nameContains"] = name_contains
        if since is not None:
            arguments["submitTimeAfter"] = since

        def call() -> Mapping[str, Any]:
            with translated("list the batch jobs"):
                return self._clients.control().list_model_invocation_jobs(**arguments)

        while True:
            page = self._clients.repeated(call)
            for summary in page.get("invocationJobSummaries") or ():
                yield _status(summary)
            if not page.get("nextToken"):
                return
            arguments["nextToken"] = page["nextToken"]

    def stop(self, arn: str) -> None:
        """Ask a job to stop; one that has ended, or is stopping already, is left as it is (rule R22).

        Raises:
            Invalid, NotFound, Throttled, Unavailable, Rejected: as for ``get``.
        """
        check_job_arn(arn)

        def call() -> None:
            with translated("stop the batch job"):
                self._clients.control().stop_model_invocation_job(jobIdentifier=arn)

        try:
            self._clients.repeated(call)
        except Rejected:
            state = self.get(arn).state
            if not (state.terminal or state is ProviderState.STOPPING):
                raise


def _status(value: Mapping[str, Any]) -> JobStatus:
    said = str(value.get("status") or ProviderState.SUBMITTED)
    try:
        state = ProviderState(said)
    except ValueError as error:
        raise Rejected(
            f"Bedrock says that a job is {said!r}, which no version of its interface that we know has.",
            hint="Look for a newer Shotlog.",
        ) from error
    source = (value.get("inputDataConfig") or {}).get("s3InputDataConfig") or {}
    target = (value.get("outputDataConfig") or {}).get("s3OutputDataConfig") or {}
    return JobStatus(
        arn=value["jobArn"],
        name=value.get("jobName") or "",
        model_id=value.get("modelId") or "",
        state=state,
        input_uri=source.get("s3Uri") or "",
        output_uri=target.get("s3Uri") or "",
        client_token=value.get("clientRequestToken"),
        message=value.get("message") or "",
        submitted_at=_utc(value.get("submitTime")),
        updated_at=_utc(value.get("lastModifiedTime")),
        ended_at=_utc(value.get("endTime")),
        expires_at=_utc(value.get("jobExpirationTime")),
        total_records=value.get("totalRecordCount"),
        processed_records=value.get("processedRecordCount"),
        success_records=value.get("successRecordCount"),
        error_records=value.get("errorRecordCount"),
    )


def _utc(time: datetime | None) -> datetime | None:
    """Return botocore's time, which has the zone of this machine, in UTC."""
    return None if time is None else time.astimezone(UTC)
