"""A content fingerprint: how an asset is known again after its file was moved or renamed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from shotlog.errors import MediaRefused

_WHOLE_BELOW = 16 << 20  # bytes
_BLOCK = 256 << 10
_BLOCKS = 32


def fingerprint(path: Path) -> str:
    """Return a name of the file's content that does not depend on its path or times.

    Files up to 16 MiB are hashed whole (``sha256:...``): another fingerprint means other content, and
    the same fingerprint the same content. Larger files give ``sampled1:...``, a hash of the size and
    of 32 blocks of 256 KiB spread evenly from the first byte to the last: the same content always
    gives the same fingerprint, and a change of size, of either end or of any sampled block gives
    another one. A same-sized edit that falls between all samples is not seen; compressed
    media do not change that way, and reading 8 MiB is quick for a file of any size.

    Raises:
        MediaRefused: ``unreadable_file``.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            if size <= _WHOLE_BELOW:
                return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
            digest = hashlib.sha256(str(size).encode())
            for index in range(_BLOCKS):
                file.seek((size - _BLOCK) * index // (_BLOCKS - 1))
                digest.update(file.read(_BLOCK))
            return f"sampled1:{digest.hexdigest()}"
    except OSError as error:
        reason = error.strerror or "input/output error"
        raise MediaRefused(f"The file cannot be read: {reason}.", code="unreadable_file") from error
