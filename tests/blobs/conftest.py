"""The two kinds of store, for tests that hold for both."""

import pytest

from shotlog.blobs import open_store


@pytest.fixture(params=["local", "s3"])
def kind(request) -> str:
    return request.param


@pytest.fixture
def store(kind, request, tmp_path):
    """A fresh, empty store; the bucket's is below a prefix, and other objects stand beside it."""
    if kind == "local":
        return open_store(f"file://{tmp_path / 'a store'}")
    server, bucket = request.getfixturevalue("s3_server"), request.getfixturevalue("s3_bucket")
    beside = open_store(f"s3://{bucket}", s3_endpoint=server.endpoint)
    beside.put("lib/not-ours.txt", b"1")
    beside.put("library-2/not-ours.txt", b"2")
    return open_store(f"s3://{bucket}/library", s3_endpoint=server.endpoint)
