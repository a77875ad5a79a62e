"""Buckets that were found once, so that thousands of records do not look for theirs each time."""

from __future__ import annotations

import threading

from shotlog.domain.ports import BlobStore, Buckets


class KnownBuckets:
    """Remembers the buckets that *buckets* found; one that was not found is looked for again."""

    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets
        self._known: dict[str, BlobStore] = {}
        self._lock = threading.Lock()

    def bucket(self, name: str) -> BlobStore:
        """Return the objects of bucket *name*; raises what the buckets behind it raise."""
        with self._lock:
            found = self._known.get(name)
        if found is None:
            found = self._buckets.bucket(name)
            with self._lock:
                self._known[name] = found
        return found
