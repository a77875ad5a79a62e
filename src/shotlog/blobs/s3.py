"""Objects in an S3 bucket, below a prefix if one is given."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import obstore
from obstore.store import S3Store

from shotlog.blobs.failures import translated
from shotlog.blobs.keys import check_folder_prefix, check_key, check_prefix
from shotlog.blobs.object_blobs import ObjectBlobs
from shotlog.domain.ports import BlobInfo
from shotlog.errors import NotFound, Rejected

if TYPE_CHECKING:  # these exist in obstore's stubs only
    from obstore import ObjectMeta
    from obstore.auth.boto3 import Boto3CredentialProvider
    from obstore.store import ClientConfig, RetryConfig

#: Keys in one page of a listing, and in one request that deletes many.
_PAGE = 1000
_RETRIES: RetryConfig = {
    "max_retries": 4,
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=5), "base": 2},
    "retry_timeout": timedelta(seconds=90),
}


class S3Blobs(ObjectBlobs):
    """One bucket of one endpoint, with the credentials that boto3 finds.

    A listing in key order is what S3 promises; its directory buckets (S3 Express) do not.
    """

    def __init__(
        self, bucket: str, prefix: str = "", *, endpoint: str = "", region: str = "us-east-1"
    ) -> None:
        self._bucket = bucket
        self._bucket_seen = False
        root = f"{check_key(prefix)}/" if prefix else ""
        super().__init__(_connect(bucket, endpoint, region), root)

    def head(self, key: str) -> BlobInfo | None:
        """Look an object up; None says that it does not exist.

        A missing bucket answers like a missing object here, so the bucket itself is looked up once.
        """
        target = self._target(key)
        try:
            with translated(f"look up {key!r}"):
                info = self._info(obstore.head(self._store, target))
        except NotFound:
            self.check_bucket()
            return None
        self._bucket_seen = True
        return info

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        """Yield every object whose key starts with *prefix*, in key order."""
        start = self._root + check_prefix(prefix)
        folder = start.rpartition("/")[0]
        # obstore lists whole folders; what comes before and after the prefix inside one is left out here.
        pages = obstore.list(self._store, folder or None, chunk_size=_PAGE)
        while True:
            with translated(f"list {prefix!r}"):
                page = next(pages, None)
            if page is None:
                return
            self._bucket_seen = True
            for meta in page:
                if meta["path"].startswith(start):
                    yield self._info(meta)
                elif meta["path"] > start:
                    return

    def delete(self, key: str) -> None:
        """Delete one object; deleting what is not there is fine."""
        target = self._target(key)
        with translated(f"delete {key!r}"):
            obstore.delete(self._store, target)

    def delete_prefix(self, prefix: str) -> int:
        """Delete all objects under *prefix*, a thousand a request."""
        keys = (self._root + info.key for info in self.list(check_folder_prefix(prefix)))
        deleted = 0
        while page := list(islice(keys, _PAGE)):
            with translated(f"delete {prefix!r}"):
                obstore.delete(self._store, page)
            deleted += len(page)
        return deleted

    def uri(self, key: str) -> str:
        """Return the URI by which a model provider reaches *key*."""
        return f"s3://{self._bucket}/{self._target(key)}"

    def check_bucket(self) -> None:
        """Make sure, once, that the bucket is there.

        Raises:
            NotFound: it is not.
        """
        if not self._bucket_seen:
            with translated(f"find the bucket {self._bucket!r}"):
                next(obstore.list(self._store, "shotlog-looks-for-this-bucket", chunk_size=1), None)
            self._bucket_seen = True

    def _info(self, meta: ObjectMeta) -> BlobInfo:
        return BlobInfo(
            key=meta["path"].removeprefix(self._root),
            size_bytes=meta["size"],
            etag=(meta["e_tag"] or "").strip('"'),
            modified_at=meta["last_modified"],
        )

    def _written(self, key: str, size: int, etag: str | None) -> BlobInfo:
        # S3 does not answer with its own time, and asking for it would double the requests.
        self._bucket_seen = True
        return BlobInfo(key=key, size_bytes=size, etag=(etag or "").strip('"'), modified_at=datetime.now(UTC))


def _connect(bucket: str, endpoint: str, region: str) -> S3Store:
    credentials = _credentials()
    # The whole request may take long (a large upload over a slow line); a silent one may not.
    client: ClientConfig = {
        "timeout": timedelta(minutes=30),
        "connect_timeout": timedelta(seconds=5),
        "read_timeout": timedelta(seconds=60),
        "allow_http": endpoint.startswith("http://"),
    }
    with translated(f"open the bucket {bucket!r}"):
        if endpoint:
            return S3Store(
                bucket,
                endpoint=endpoint,
                region=region,
                credential_provider=credentials,
                client_options=client,
                retry_config=_RETRIES,
            )
        return S3Store(
            bucket,
            region=region,
            credential_provider=credentials,
            client_options=client,
            retry_config=_RETRIES,
        )


def _credentials() -> Boto3CredentialProvider:
    # boto3 takes longer to import than all the rest, and a directory store needs none of it.
    from botocore.exceptions import BotoCoreError
    from obstore.auth.boto3 import Boto3CredentialProvider

    try:
        return Boto3CredentialProvider()
    except (ValueError, BotoCoreError) as error:
        raise Rejected(
            f"There are no AWS credentials: {error}.",
            hint="Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        ) from error
