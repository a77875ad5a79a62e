"""What a directory store and an S3 store have in common: reading and writing through obstore."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import obstore
from obstore.store import ObjectStore

from shotlog.blobs.failures import translated
from shotlog.blobs.feeding import fed
from shotlog.blobs.keys import check_key
from shotlog.domain.ports import BlobInfo
from shotlog.errors import Invalid, NotFound

#: Bytes of an upload that are held before it becomes one of several parts.
_PART_BYTES = 8 << 20
#: Parts of one streamed upload in flight, so that a manifest of any length takes 32 MiB.
_PARTS_IN_FLIGHT = 3
#: Least size of the pieces that a download comes in.
_PIECE_BYTES = 1 << 20


class ObjectBlobs(ABC):
    """Reads and writes objects of one obstore store; the two kinds of store add what differs."""

    def __init__(self, store: ObjectStore, root: str = "") -> None:
        self._store = store
        #: What stands before every key of ours: empty, or ends in ``/``.
        self._root = root

    @abstractmethod
    def head(self, key: str) -> BlobInfo | None:
        """Look an object up; None says that it does not exist."""

    def put(self, key: str, data: bytes | Path, *, media_type: str = "application/octet-stream") -> BlobInfo:
        """Write an object whole, or not at all; large files go up in parts."""
        target = self._target(key)
        if isinstance(data, Path):
            try:
                size = data.stat().st_size
            except OSError as error:
                raise NotFound(f"Cannot read the local file {data.name!r}: {error.strerror}.") from error
        else:
            size = len(data)
        with translated(f"write {key!r}"):
            result = obstore.put(
                self._store,
                target,
                data,
                attributes=self._attributes(media_type),
                chunk_size=_PART_BYTES,
                max_concurrency=_PARTS_IN_FLIGHT,
            )
        return self._written(key, size, result["e_tag"])

    def put_stream(
        self, key: str, chunks: Iterable[bytes], *, media_type: str = "application/octet-stream"
    ) -> BlobInfo:
        """Write an object from *chunks* in flat memory, whole or not at all.

        What *chunks* raises comes through as it is, and nothing is written then.
        """
        target = self._target(key)
        source = _Counted(chunks)
        first = source.take(_PART_BYTES)
        if len(first) < _PART_BYTES:
            return self.put(key, first, media_type=media_type)
        try:
            with fed(source) as rest, translated(f"write {key!r}"):
                result = obstore.put(
                    self._store,
                    target,
                    chain([first], rest),
                    attributes=self._attributes(media_type),
                    chunk_size=_PART_BYTES,
                    max_concurrency=_PARTS_IN_FLIGHT,
                )
        except Exception:
            if source.failure is not None:
                raise source.failure from None
            raise
        return self._written(key, source.size, result["e_tag"])

    def get(self, key: str) -> bytes:
        """Read an object whole."""
        target = self._target(key)
        with translated(f"read {key!r}"):
            return bytes(obstore.get(self._store, target).bytes())

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Read *length* bytes from *start*; shorter only at the object's end."""
        if start < 0 or length < 0:
            raise Invalid("A range starts at 0 or later and has 0 bytes or more.")
        target = self._target(key)
        info = self.head(key)
        if info is None:
            raise NotFound(f"Cannot read {key!r}: there is no such object.")
        end = min(start + length, info.size_bytes)
        if start >= end:
            return b""
        with translated(f"read {key!r}"):
            return bytes(obstore.get_range(self._store, target, start=start, end=end))

    def stream(self, key: str) -> Iterator[bytes]:
        """Read an object piece by piece in flat memory."""
        target = self._target(key)
        with translated(f"read {key!r}"):
            pieces = iter(obstore.get(self._store, target).stream(min_chunk_size=_PIECE_BYTES))
        return self._pieces(key, pieces)

    def download(self, key: str, path: Path) -> None:
        """Write an object to a local file, whole or not at all; its folder must exist."""
        pieces = self.stream(key)
        partial = path.parent / f".{secrets.token_hex(8)}.part"
        try:
            with partial.open("xb") as file:
                for piece in pieces:
                    file.write(piece)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def copy(self, source: str, target: str) -> None:
        """Copy inside the store without moving the bytes through this process."""
        from_, to = self._target(source), self._target(target)
        if source == target:
            if self.head(source) is None:
                raise NotFound(f"Cannot copy {source!r}: there is no such object.")
            return
        with translated(f"copy {source!r} to {target!r}"):
            obstore.copy(self._store, from_, to)

    def _pieces(self, key: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        while True:
            with translated(f"read {key!r}"):
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece

    def _target(self, key: str) -> str:
        """Return the checked key as obstore's store knows it."""
        return self._root + check_key(key)

    def _attributes(self, media_type: str) -> dict[str, str] | None:
        """Return what is stored beside the bytes."""
        return {"Content-Type": media_type}

    @abstractmethod
    def _written(self, key: str, size: int, etag: str | None) -> BlobInfo:
        """Return what is known of an object that was just written."""


class _Counted(Iterator[bytes]):
    """Chunks of a caller, counted; keeps what they raise apart from what the store raises."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.size = 0
        self.failure: BaseException | None = None

    def __next__(self) -> bytes:
        try:
            chunk = next(self._chunks)
        except StopIteration:
            raise
        except BaseException as error:
            self.failure = error
            raise
        self.size += len(chunk)
        return bytes(chunk)

    def take(self, least: int) -> bytes:
        """Return chunks until they are *least* bytes together, or all that there are."""
        taken = bytearray()
        while len(taken) < least:
            chunk = next(self, None)
            if chunk is None:
                break
            taken += chunk
        return bytes(taken)
