"""What the product asks of the world outside: small protocols that adapters fulfil."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from shotlog.domain.job_state import JobRequest, JobStatus


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """What a store knows about one object without reading it."""

    key: str
    size_bytes: int
    #: The store's own checksum or version of the content, without quotes; compare for equality only.
    etag: str
    modified_at: datetime


class BlobStore(Protocol):
    """Objects under keys: a local directory or an S3 bucket, with one behaviour.

    Keys are literal (never percent-encoded) and relative to the store's root. All methods raise
    ``Unavailable`` when the store cannot be reached and ``NotFound`` when a key that must exist
    does not. Everything is safe to call from several threads at once.
    """

    def put(self, key: str, data: bytes | Path, *, media_type: str = "application/octet-stream") -> BlobInfo:
        """Write an object whole, or not at all."""

    def put_stream(
        self, key: str, chunks: Iterable[bytes], *, media_type: str = "application/octet-stream"
    ) -> BlobInfo:
        """Write an object from *chunks* in flat memory, whole or not at all."""

    def get(self, key: str) -> bytes:
        """Read an object whole."""

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read *length* bytes from *start*; shorter only at the object's end."""

    def stream(self, key: str) -> Iterator[bytes]:
        """Read an object piece by piece in flat memory."""

    def download(self, key: str, path: Path) -> None:
        """Write an object to a local file, whole or not at all."""

    def head(self, key: str) -> BlobInfo | None:
        """Look an object up; None says that it does not exist, an error is never taken for that."""

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        """Yield every object whose key starts with *prefix*, in key order."""

    def copy(self, source: str, target: str) -> None:
        """Copy inside the store without moving the bytes through this process."""

    def delete(self, key: str) -> None:
        """Delete one object; deleting what is not there is fine."""

    def delete_prefix(self, prefix: str) -> int:
        """Delete all objects under *prefix*, which must end in ``/``, and return how many there were.

        Raises:
            Invalid: the prefix is empty or does not end in ``/`` (else ``job_001`` takes ``job_0010``).
        """

    def uri(self, key: str) -> str:
        """Return the ``s3://bucket/...`` URI by which a model provider reaches *key*."""


class Buckets(Protocol):
    """All buckets that a model provider can see, by name."""

    def bucket(self, name: str) -> BlobStore:
        """Return the bucket's objects, keys counted from the bucket's root.

        Raises:
            NotFound: there is no such bucket.
        """


@dataclass(frozen=True, slots=True)
class MediaInput:
    """One picture or video that a question is about, as a local file."""

    kind: str
    #: Bedrock's name of the format: ``mp4``, ``jpeg``, ``png``...
    format: str
    path: Path


@dataclass(frozen=True, slots=True)
class Question:
    """What a multimodal model is asked: the media, the words, and how long an answer may be."""

    model_id: str
    media: tuple[MediaInput, ...]
    text: str
    max_tokens: int = 5000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a multimodal model said, with the tokens that it took."""

    text: str
    stop_reason: str
    input_tokens: int
    output_tokens: int


class VisionModel(Protocol):
    """Something that looks at media and answers: the local engine, or an endpoint of the user's."""

    def answer(self, question: Question) -> Answer:
        """Answer one question; raises ``MediaRefused`` when the media cannot be opened."""


class BatchProvider(Protocol):
    """Someone who works through manifests: Bedrock, or the emulator that stands in for it.

    Besides what each method names, all raise ``Throttled`` and ``Unavailable`` (try again later) and
    ``Rejected`` (trying again will not help; the hint says how to mend it).
    """

    def create(self, request: JobRequest) -> str:
        """Ask for a job and return its ARN; asking twice with one client token gives the same job (R5).

        Raises:
            QuotaReached: all slots are taken; wait for one.
        """

    def get(self, arn: str) -> JobStatus:
        """Look one job up by its full ARN (rule R11).

        Raises:
            NotFound: the provider has no such job.
        """

    def list(self, *, name_contains: str = "", since: datetime | None = None) -> Iterator[JobStatus]:
        """Yield the jobs submitted after *since* whose name contains a text, the newest first."""

    def stop(self, arn: str) -> None:
        """Ask a job to stop; one that has ended already is left as it is."""


@dataclass(frozen=True, slots=True)
class OnDemandQuestion:
    """What one asset's model is asked outside a job: media by URI, then the words."""

    model_id: str
    kind: str
    #: Bedrock's name of the format: ``mp4``, ``jpeg``...
    format: str
    uri: str
    text: str
    max_tokens: int
    temperature: float = 0.0


class OnDemandModel(Protocol):
    """A multimodal model that answers at once."""

    def converse(self, question: OnDemandQuestion) -> Answer:
        """Ask about one asset; raises ``Throttled``, ``QuotaReached``, ``Unavailable`` or ``Rejected``."""
