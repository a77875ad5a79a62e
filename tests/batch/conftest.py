"""The two kinds of store, for what the batch library does in them."""

import pytest

from shotlog.blobs import open_store


@pytest.fixture(params=["local", "s3"])
def store(request, tmp_path):
    if request.param == "local":
        return open_store(f"file://{tmp_path / 'store'}")
    server, bucket = request.getfixturevalue("s3_server"), request.getfixturevalue("s3_bucket")
    return open_store(f"s3://{bucket}/library", s3_endpoint=server.endpoint)


@pytest.fixture
def local(tmp_path):
    return open_store(f"file://{tmp_path / 'local'}")


class Watched:
    """A store that counts the copies it is asked for and can be made to fail."""

    def __init__(self, store):
        self._store = store
        self.copies = []
        self.fail = {}

    def __getattr__(self, name):
        return getattr(self._store, name)

    def copy(self, source, target):
        self.copies.append(source)
        if source in self.fail:
            raise self.fail[source]
        self._store.copy(source, target)

    def head(self, key):
        if key in self.fail:
            raise self.fail[key]
        return self._store.head(key)


@pytest.fixture
def watched(local):
    return Watched(local)
