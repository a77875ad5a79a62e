"""A model request as plain values, whichever API's body it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shotlog.emulator.service_error import ServiceError

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MediaSource:
    """One photo or video of a request: an object in a bucket, or its bytes in the request itself."""

    #: ``video`` or ``photo``.
    kind: str
    #: Bedrock's name of the format: ``mp4``, ``jpeg``...
    format: str
    uri: str | None = None
    #: Base64 text.
    inline: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a request asks of a model."""

    text: str
    media: tuple[MediaSource, ...] = ()
    max_tokens: int | None = None
    stop_sequences: tuple[str, ...] = ()


class RecordRefused(Exception):
    """One request cannot be answered: an error record in a batch, an error response on demand."""

    def __init__(self, message: str, *, code: int = 400, retryable: bool = False) -> None:
        super().__init__(message)
        self.message = message
        #: ``errorCode`` of the record.
        self.code = code
        self.retryable = retryable

    def as_service_error(self) -> ServiceError:
        """Return the response that says the same on demand."""
        name = {400: "ValidationException", 429: "ThrottlingException", 503: "ServiceUnavailableException"}
        return ServiceError(name.get(self.code, "InternalServerException"), self.message)
