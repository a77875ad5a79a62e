"""What AWS says about an installation's access: who calls, where the bucket is, what the model allows.

Only reads, each bounded in time, for the doctor: nothing here creates, changes or costs anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.exceptions import HTTPClientError as BotoHTTPError

from shotlog.domain.job_state import JobStatus, ProviderState
from shotlog.errors import AppError, NotFound, Rejected, Unavailable
from shotlog.inference.bedrock_batch import BedrockBatch
from shotlog.inference.bedrock_clients import BedrockClients, BedrockConnection
from shotlog.inference.bedrock_errors import translated

_CONNECT_TIMEOUT_S = 5
_READ_TIMEOUT_S = 15
_PAGE = 100
_MOST_PAGES = 20
_NO_CREDENTIALS = "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls AWS with these credentials."""

    account: str
    arn: str


@dataclass(frozen=True, slots=True)
class Availability:
    """What stands between an account and a model, in AWS's words; empty where AWS says nothing."""

    authorization: str
    entitlement: str
    agreement: str
    region: str

    def missing(self) -> list[str]:
        """Return what AWS says no to."""
        wanted = {
            "authorization": (self.authorization, "AUTHORIZED"),
            "entitlement": (self.entitlement, "AVAILABLE"),
            "agreement": (self.agreement, "AVAILABLE"),
        }
        return [f"{name} {said}" for name, (said, good) in wanted.items() if said and said != good]


class AwsAccess:
    """AWS as the doctor asks it, with the credentials and the region of *connection*.

    Args:
        s3_endpoint: an S3 server that is not AWS; empty for AWS.
        sts_endpoint: where to ask who calls; empty for AWS.
    """

    def __init__(
        self, connection: BedrockConnection, *, s3_endpoint: str = "", sts_endpoint: str = ""
    ) -> None:
        # A run waits minutes for a busy service; a person who looks for what is wrong does not.
        self._connection = replace(connection, attempts=2, pause_s=0.5, longest_pause_s=2.0)
        self._clients = BedrockClients(self._connection)
        self._batch = BedrockBatch(self._clients)
        self._endpoints = {"s3": s3_endpoint, "sts": sts_endpoint}

    def close(self) -> None:
        """Close the connections to Bedrock."""
        self._clients.close()

    def identity(self) -> Identity:
        """Return who calls.

        Raises:
            Rejected: there are no credentials, or they are wrong or have expired.
            Unavailable: AWS cannot be reached.
        """
        with _translated("AWS cannot tell who calls"), self._client("sts") as client:
            said = client.get_caller_identity()
        return Identity(account=said["Account"], arn=said["Arn"])

    def bucket_region(self, bucket: str) -> str:
        """Return the region that a bucket is in; empty when that is not told.

        Raises:
            NotFound: there is no such bucket.
            Rejected, Unavailable: as for ``identity``.
        """
        with _translated(f"The bucket {bucket!r} cannot be looked up"), self._client("s3") as client:
            try:
                said = client.head_bucket(Bucket=bucket)["ResponseMetadata"]
            except ClientError as error:
                said = error.response.get("ResponseMetadata", {})
                # Whoever may not look inside is still told the region; the store's own check says the rest.
                if said.get("HTTPStatusCode") not in (301, 403):
                    raise
        return str(said.get("HTTPHeaders", {}).get("x-amz-bucket-region", ""))

    def profile_models(self, profile: str) -> tuple[str, ...]:
        """Return the ARNs of the models that an inference profile leads to, from this region.

        Raises:
            NotFound: this region has no such profile.
            Throttled, Unavailable, Rejected: see ``translated``.
        """

        def call() -> Any:
            with translated("look up the inference profile"):
                return self._clients.control().get_inference_profile(inferenceProfileIdentifier=profile)

        models = self._clients.repeated(call).get("models") or ()
        return tuple(model["modelArn"] for model in models if model.get("modelArn"))

    def availability(self, model_id: str) -> Availability:
        """Return what AWS says about this account's access to a foundation model.

        Raises:
            NotFound, Throttled, Unavailable, Rejected: see ``translated``.
        """

        def call() -> Any:
            with translated("look up the access to the model"):
                return self._clients.control().get_foundation_model_availability(modelId=model_id)

        said = self._clients.repeated(call)
        return Availability(
            authorization=said.get("authorizationStatus") or "",
            entitlement=said.get("entitlementAvailability") or "",
            agreement=(said.get("agreementAvailability") or {}).get("status") or "",
            region=said.get("regionAvailability") or "",
        )

    def newest_job(self) -> JobStatus | None:
        """Return the newest batch job, from one page of the list; None when there never was one."""
        return next(self._batch.list(), None)

    def active_models(self) -> list[str]:
        """Return the model of every job that holds a slot, by id or ARN."""
        found: list[str] = []
        for state in ProviderState:
            if state.holds_a_slot:
                found += (job["modelId"] for job in self._jobs(state))
        return found

    def _jobs(self, state: ProviderState) -> Iterator[dict[str, Any]]:
        arguments: dict[str, Any] = {"statusEquals": state.value, "maxResults": _PAGE}

        def call() -> Any:
            with translated("list the batch jobs"):
                return self._clients.control().list_model_invocation_jobs(**arguments)

        for _ in range(_MOST_PAGES):
            page = self._clients.repeated(call)
            yield from page.get("invocationJobSummaries") or ()
            if not page.get("nextToken"):
                return
            arguments["nextToken"] = page["nextToken"]

    @contextmanager
    def _client(self, service: Literal["s3", "sts"]) -> Iterator[Any]:
        import boto3
        from botocore.config import Config

        connection, endpoint = self._connection, self._endpoints[service]
        session = boto3.session.Session(
            aws_access_key_id=connection.access_key or None,
            aws_secret_access_key=connection.secret_key or None,
            region_name=connection.region,
        )
        local = urlsplit(endpoint).hostname in ("127.0.0.1", "localhost", "::1")
        client: Any = session.client(
            service,
            endpoint_url=endpoint or None,
            config=Config(
                connect_timeout=_CONNECT_TIMEOUT_S,
                read_timeout=_READ_TIMEOUT_S,
                retries={"total_max_attempts": 2, "mode": "standard"},
                # A proxy of the environment cannot reach this machine's own loopback.
                proxies={} if local else None,
            ),
        )
        try:
            yield client
        finally:
            client.close()


@contextmanager
def _translated(failed: str) -> Iterator[None]:
    """Translate botocore's errors about S3 and STS; *failed* says what did not work."""
    try:
        yield
    except ClientError as error:
        raise _client_error(error, failed) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise Rejected(f"{failed}: there are no AWS credentials.", hint=_NO_CREDENTIALS) from error
    except (BotoConnectionError, BotoHTTPError) as error:
        raise Unavailable(f"{failed}: {error}", hint="Check the network and AWS_REGION.") from error
    except BotoCoreError as error:
        hint = f"{_NO_CREDENTIALS} After a single sign-on that has run out, sign in again."
        raise Rejected(f"{failed}: {error}", hint=hint) from error


def _client_error(error: ClientError, failed: str) -> AppError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    said = str(error.response.get("Error", {}).get("Message", ""))[:500]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    text = f"{failed}: {said or code} ({code or status})"
    if status == 404:
        return NotFound(text, hint="Create it in your region, or name another in SHOTLOG_STORE.")
    if status == 429 or status >= 500:
        return Unavailable(text, hint="Try again in a moment.")
    return Rejected(text, hint="The AWS credentials are wrong, have expired, or may not do this.")
