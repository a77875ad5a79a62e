"""What runs in the child process: the only place where a media file is opened."""

from __future__ import annotations

import errno
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shotlog.domain.facts import MediaFacts
from shotlog.domain.rendition import Rendition, RenditionSettings
from shotlog.errors import MediaRefused, Unavailable
from shotlog.media.fingerprint import fingerprint
from shotlog.media.photo import read_photo, shrunk
from shotlog.media.probe_photo import probe_photo
from shotlog.media.probe_video import probe_video, video_duration_ms
from shotlog.media.proxy import write_proxy
from shotlog.media.publish import atomic, describe, save_jpeg, sweep
from shotlog.media.sniff import MediaType, sniff

_STILL_QUALITY = 82
#: What keeps renditions from being written whatever the file: it must be done again, not the file refused.
_HOME_TROUBLE = frozenset(
    {errno.EACCES, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC, errno.ENOTDIR, errno.EROFS}
)
_LOOK_AT_HOME = "Look at free space and permissions of the installation's home; then start again."


def inspect(path: str) -> dict[str, Any]:
    """Return the fingerprint and the facts of the file at *path*, as JSON."""
    source = Path(path)
    media_type = sniff(source)
    facts = _probe(source, media_type)
    found = asdict(facts)
    found["captured_at"] = facts.captured_at.isoformat() if facts.captured_at else None
    return {"fingerprint": fingerprint(source), "facts": found}


def measure(path: str) -> dict[str, Any]:
    """Return kind, duration and size of the file at *path*: what its time limit depends on."""
    source = Path(path)
    media_type = sniff(source)
    duration_ms = video_duration_ms(source, media_type) if media_type.kind == "video" else None
    return {"kind": media_type.kind, "duration_ms": duration_ms, "size_bytes": source.stat().st_size}


def render(path: str, folder: str, stem: str, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Make all renditions of the file at *path* and return them as JSON.

    Raises:
        MediaRefused: as ``sniff`` and the readers do, and ``cannot_write``.
        Unavailable: the home takes nothing, which is not the file's fault.
    """
    source, target, chosen = Path(path), Path(folder), RenditionSettings(**settings)
    media_type = sniff(source)
    try:
        target.mkdir(parents=True, exist_ok=True)
        sweep(target, stem)
        make = _render_photo if media_type.kind == "photo" else _render_video
        made = make(source, media_type, target, stem, chosen)
    except OSError as error:
        said = f"The renditions cannot be written: {error.strerror or error}."
        if error.errno in _HOME_TROUBLE:
            raise Unavailable(said, hint=_LOOK_AT_HOME) from error
        raise MediaRefused(said, code="cannot_write", hint=_LOOK_AT_HOME) from error
    return [{**asdict(rendition), "path": str(rendition.path)} for rendition in made]


def _probe(source: Path, media_type: MediaType) -> MediaFacts:
    if media_type.kind == "photo":
        return probe_photo(source, media_type)
    return probe_video(source, media_type)


def _render_video(
    source: Path, media_type: MediaType, folder: Path, stem: str, settings: RenditionSettings
) -> list[Rendition]:
    path = folder / f"{stem}-proxy.mp4"
    with atomic(path) as part:
        proxy = write_proxy(source, media_type, part, settings)
    rendition = describe("proxy", path, (proxy.width, proxy.height), proxy.duration_ms)
    poster = shrunk(proxy.still.convert("RGB"), settings.poster_long_side)
    return [rendition, *_save_stills(poster, folder, stem, settings)]


def _render_photo(
    source: Path, media_type: MediaType, folder: Path, stem: str, settings: RenditionSettings
) -> list[Rendition]:
    path = folder / f"{stem}-proxy.jpg"
    picture = read_photo(source, media_type, settings)
    save_jpeg(picture, path, settings.photo_quality)
    poster = shrunk(picture, settings.poster_long_side)
    return [describe("proxy", path, picture.size), *_save_stills(poster, folder, stem, settings)]


def _save_stills(poster: Any, folder: Path, stem: str, settings: RenditionSettings) -> list[Rendition]:
    thumbnail = shrunk(poster, settings.thumbnail_long_side)
    made = []
    for kind, picture in (("thumbnail", thumbnail), ("poster", poster)):
        path = folder / f"{stem}-{kind}.jpg"
        save_jpeg(picture, path, _STILL_QUALITY)
        made.append(describe(kind, path, picture.size))
    return made
