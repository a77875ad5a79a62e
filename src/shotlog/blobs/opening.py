"""Open the object store that a setting names."""

from __future__ import annotations

from pathlib import Path

from shotlog.blobs.buckets import DirectoryBuckets, S3Buckets
from shotlog.blobs.directory import DirectoryBlobs
from shotlog.blobs.s3 import S3Blobs
from shotlog.domain.ports import BlobStore, Buckets
from shotlog.errors import Invalid

_HINT = "Use file:///a/directory or s3://bucket/prefix."


def open_store(url: str, *, s3_endpoint: str = "", region: str = "us-east-1") -> BlobStore:
    """Return the store at *url*: ``file:///dir`` (made if missing) or ``s3://bucket/prefix``.

    Paths and prefixes are taken literally, never percent-decoded. *s3_endpoint* names an S3 server
    that is not AWS; credentials come from where boto3 finds them.

    Raises:
        Invalid: *url* is neither.
        Rejected: there are no credentials, or the directory cannot be made.
    """
    scheme, rest = _split(url)
    if scheme == "file":
        return DirectoryBlobs(Path(rest), create=True)
    bucket, _, prefix = rest.partition("/")
    return S3Blobs(bucket, prefix.strip("/"), endpoint=s3_endpoint, region=region)


def open_buckets(url: str, *, s3_endpoint: str = "", region: str = "us-east-1") -> Buckets:
    """Return all buckets that stand beside the store at *url*, as a model provider sees them.

    Raises:
        Invalid: *url* is neither ``file:///dir`` nor ``s3://bucket``.
    """
    scheme, rest = _split(url)
    if scheme == "file":
        return DirectoryBuckets(Path(rest))
    return S3Buckets(endpoint=s3_endpoint, region=region)


def _split(url: str) -> tuple[str, str]:
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("file", "s3"):
        raise Invalid(f"{url!r} is not a store.", hint=_HINT)
    if scheme == "file" and not Path(rest).is_absolute():
        raise Invalid(f"{url!r} does not name an absolute directory.", hint=_HINT)
    if scheme == "s3" and not rest.partition("/")[0]:
        raise Invalid(f"{url!r} does not name a bucket.", hint=_HINT)
    return scheme, rest
