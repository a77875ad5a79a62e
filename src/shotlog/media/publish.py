"""Puts a finished rendition under its name at once, so that nobody ever sees half of one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from shotlog.domain.rendition import Rendition

_ABANDONED_AFTER_S = 24 * 3600
_MEDIA_TYPES = {".mp4": "video/mp4", ".jpg": "image/jpeg"}


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a name beside *path* to write to; what was written takes the place of *path* at the end."""
    part = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}.part")
    try:
        yield part
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def save_jpeg(picture: Image.Image, path: Path, quality: int) -> None:
    """Write *picture* as a JPEG without any of the source's tags."""
    with atomic(path) as part:
        picture.save(part, "JPEG", quality=quality, optimize=True, progressive=True)


def describe(kind: str, path: Path, size: tuple[int, int], duration_ms: int | None = None) -> Rendition:
    """Return the rendition that was written to *path*."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        length = file.tell()
    return Rendition(kind, path, _MEDIA_TYPES[path.suffix], length, digest, *size, duration_ms)


def sweep(folder: Path, stem: str) -> None:
    """Remove what writers of *stem* that were killed a day ago or more left in *folder*."""
    oldest = time.time() - _ABANDONED_AFTER_S
    prefix = f".{stem}-"
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(prefix) and entry.name.endswith(".part"):
                with contextlib.suppress(OSError):
                    if entry.stat().st_mtime < oldest:
                        Path(entry).unlink()
