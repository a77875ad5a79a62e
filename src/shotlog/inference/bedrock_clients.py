"""Make boto3 clients for Bedrock or for what stands in for it, and repeat calls that may be repeated."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast
from urllib.parse import urlsplit

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from shotlog.errors import Throttled, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_bedrock.client import BedrockClient
    from mypy_boto3_bedrock_runtime.client import BedrockRuntimeClient

_Result = TypeVar("_Result")

_CONNECT_TIMEOUT_S = 10
_CONTROL_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class BedrockConnection:
    """Where Bedrock is and how patient we are with it."""

    region: str
    #: Empty for AWS itself; else the emulator's address.
    endpoint_url: str = ""
    #: Explicit credentials, as the emulator takes any; empty for AWS's own chain.
    access_key: str = ""
    secret_key: str = ""
    #: A model may think for long: AWS advises an hour (facts 7.1).
    answer_timeout_s: float = 3600.0
    #: How often one call is tried, and the longest pause before each, in seconds (rule R10).
    attempts: int = 6
    pause_s: float = 2.0
    longest_pause_s: float = 60.0


class BedrockClients:
    """The two clients of one connection, made when they are first needed; safe to share between threads."""

    def __init__(self, connection: BedrockConnection) -> None:
        self.connection = connection
        self._lock = threading.Lock()
        self._made: dict[str, Any] = {}

    def control(self) -> BedrockClient:
        """Return the client that makes and watches jobs."""
        return cast("BedrockClient", self._client("bedrock", _CONTROL_TIMEOUT_S))

    def runtime(self) -> BedrockRuntimeClient:
        """Return the client that asks models at once."""
        timeout = self.connection.answer_timeout_s
        return cast("BedrockRuntimeClient", self._client("bedrock-runtime", timeout))

    def close(self) -> None:
        """Close the clients' connections."""
        with self._lock:
            for client in self._made.values():
                client.close()
            self._made.clear()

    def repeated(self, call: Callable[[], _Result], *, unreachable: bool = True) -> _Result:
        """Do *call*, and again after a growing, jittered pause when it is throttled or *unreachable*.

        Being unreachable is repeated only for reads and for what carries a client token: a call whose
        answer was lost may have been done. The last error is raised as it is; a reached quota is never
        waited for here, because that takes hours.
        """
        connection = self.connection
        again = (Throttled, Unavailable) if unreachable else (Throttled,)
        retrying = Retrying(
            retry=retry_if_exception_type(again),
            stop=stop_after_attempt(max(1, connection.attempts)),
            wait=wait_random_exponential(multiplier=connection.pause_s, max=connection.longest_pause_s),
            reraise=True,
        )
        return retrying(call)

    def _client(self, service: Literal["bedrock", "bedrock-runtime"], read_timeout: float) -> Any:
        import boto3
        from botocore.config import Config

        connection = self.connection
        host = urlsplit(connection.endpoint_url).hostname
        with self._lock:
            if service not in self._made:
                session = boto3.session.Session(
                    aws_access_key_id=connection.access_key or None,
                    aws_secret_access_key=connection.secret_key or None,
                    region_name=connection.region,
                )
                self._made[service] = session.client(
                    service,
                    endpoint_url=connection.endpoint_url or None,
                    config=Config(
                        connect_timeout=_CONNECT_TIMEOUT_S,
                        read_timeout=read_timeout,
                        # Repeats are ours, so that pauses and counts are known and tested in one place.
                        retries={"total_max_attempts": 1, "mode": "standard"},
                        max_pool_connections=50,
                        # A proxy of the environment cannot reach this machine's own loopback.
                        proxies={} if host in ("127.0.0.1", "localhost", "::1") else None,
                    ),
                )
            return self._made[service]
