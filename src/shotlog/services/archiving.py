"""Keep compressed copies of raw outputs, proven to hold what the originals do."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from shotlog.domain.ports import BlobInfo, BlobStore
from shotlog.errors import Unavailable

#: zlib's number for gzip's own format. Its header has no name and no time, so that equal bytes stay equal.
_GZIP = 31
#: What is unpacked at once: a few bytes can stand for gigabytes.
_PIECE_BYTES = 1 << 20


class _Sum:
    """Length and SHA-256 of bytes that pass by."""

    def __init__(self) -> None:
        self._length = 0
        self._sha256 = hashlib.sha256()

    def add(self, piece: bytes) -> None:
        self._length += len(piece)
        self._sha256.update(piece)

    @property
    def value(self) -> tuple[int, bytes]:
        return self._length, self._sha256.digest()


def archive(store: BlobStore, original: BlobInfo, target: str) -> None:
    """Keep *original*, compressed, at *target*, in flat memory; a good copy that is there already stays.

    When this returns, what lies at *target* has been read back and holds the bytes of the original.

    Raises:
        Unavailable: the copy or the original does not read as it was written, or this machine has no room.
    """
    kept = _unpacked(store, target)
    if kept is not None and kept == _whole(store, original):
        return
    try:
        # By way of a file: a store cannot be read from inside the writing of it.
        with TemporaryDirectory(prefix="shotlog-", ignore_cleanup_errors=True) as folder:
            packed = Path(folder) / "packed.gz"
            written = _pack(store, original, packed)
            store.put(target, packed, media_type="application/gzip")
    except OSError as error:
        raise Unavailable(
            f"An archive cannot be made on this machine: {error.strerror}.",
            hint="See that there is room where it keeps temporary files (TMPDIR).",
        ) from error
    if _unpacked(store, target) != written:
        raise Unavailable(
            f"The archive {target!r} does not read back as what was written.",
            hint="Its original was kept; clean up again.",
        )


def _pack(store: BlobStore, original: BlobInfo, path: Path) -> tuple[int, bytes]:
    squeeze, seen = zlib.compressobj(wbits=_GZIP), _Sum()
    with path.open("xb") as file:
        for piece in _pieces(store, original, seen):
            file.write(squeeze.compress(piece))
        file.write(squeeze.flush())
    return seen.value


def _whole(store: BlobStore, original: BlobInfo) -> tuple[int, bytes]:
    seen = _Sum()
    for _ in _pieces(store, original, seen):
        pass
    return seen.value


def _pieces(store: BlobStore, original: BlobInfo, seen: _Sum) -> Iterator[bytes]:
    """Yield an object to its very end: half of it must not become an archive."""
    for piece in store.stream(original.key):
        seen.add(piece)
        yield piece
    length = seen.value[0]
    if length != original.size_bytes:
        raise Unavailable(f"{original.key!r} has {original.size_bytes:,} bytes, and {length:,} were read.")


def _unpacked(store: BlobStore, key: str) -> tuple[int, bytes] | None:
    """Return the sum of what an archive holds; None when there is none, or it is damaged."""
    if store.head(key) is None:
        return None
    unpack, found = zlib.decompressobj(wbits=_GZIP), _Sum()
    try:
        for piece in store.stream(key):
            rest = piece
            while rest and not unpack.eof:
                found.add(unpack.decompress(rest, _PIECE_BYTES))
                rest = unpack.unconsumed_tail
            if rest or unpack.unused_data:
                return None
        found.add(unpack.flush())
    except zlib.error:
        return None
    return found.value if unpack.eof else None
