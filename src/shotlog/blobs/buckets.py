"""All buckets that a model provider can see: of one S3 endpoint, or stood in for by one directory."""

from __future__ import annotations

import re
from pathlib import Path

from shotlog.blobs.directory import DirectoryBlobs
from shotlog.blobs.s3 import S3Blobs
from shotlog.domain.ports import BlobStore
from shotlog.errors import NotFound

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class DirectoryBuckets:
    """A directory that passes for every bucket, so that a store can be one without a bucket's name.

    ``s3://any/key`` is ``DIR/any/key`` where ``DIR/any`` is a directory, else ``DIR/key``.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def bucket(self, name: str) -> BlobStore:
        """Return the objects of bucket *name*."""
        _check(name)
        own = self._root / name
        if own.is_dir() and not own.is_symlink():
            return DirectoryBlobs(own, bucket=name)
        return DirectoryBlobs(self._root, bucket=name)


class S3Buckets:
    """The buckets of one S3 endpoint that the credentials reach."""

    def __init__(self, *, endpoint: str = "", region: str = "us-east-1") -> None:
        self._endpoint = endpoint
        self._region = region

    def bucket(self, name: str) -> BlobStore:
        """Return the objects of bucket *name*, once it is known to exist."""
        _check(name)
        blobs = S3Blobs(name, endpoint=self._endpoint, region=self._region)
        blobs.check_bucket()
        return blobs


def _check(name: str) -> None:
    if not _BUCKET_NAME.fullmatch(name):
        raise NotFound(f"{name!r} is not the name of a bucket.")
