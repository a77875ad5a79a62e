"""What a file is, told from its first bytes and never from its name (regression I04)."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from shotlog.errors import MediaRefused

_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class MediaType:
    """Kind and format by content."""

    #: ``video`` or ``photo``.
    kind: str
    #: ``mp4``, ``mov``, ``mkv``, ``jpeg``, ``heic``...
    format: str
    #: libavformat's name of the only demuxer that may open a video; empty for a photo.
    demuxer: str = ""


def sniff(path: Path) -> MediaType:
    """Tell what the file at *path* holds.

    Raises:
        MediaRefused: ``missing_file``, ``not_a_file``, ``unreadable_file``, ``empty_file``, ``playlist``,
            ``unsupported_format`` or ``not_media``.
    """
    head = _read_head(path)
    if not head:
        raise MediaRefused("The file is empty.", code="empty_file")
    found = _match(head)
    if found is not None:
        return found
    if _is_playlist(head):
        raise MediaRefused(
            "The file is a playlist: it only points to other files, and those are not opened.",
            code="playlist",
            hint="Import the files themselves.",
        )
    for magic, name in _UNSUPPORTED:
        if head.startswith(magic):
            raise MediaRefused(f"{name} is not a supported format.", code="unsupported_format")
    raise MediaRefused("The content is neither a video nor a photo.", code="not_media")


def _read_head(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise MediaRefused("Not a regular file.", code="not_a_file")
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except FileNotFoundError as error:
        raise MediaRefused("The file is no longer there.", code="missing_file") from error
    except OSError as error:
        reason = error.strerror or "input/output error"
        raise MediaRefused(f"The file cannot be read: {reason}.", code="unreadable_file") from error


def _match(head: bytes) -> MediaType | None:
    for magic, found in _SIGNATURES:
        if head.startswith(magic):
            return found
    if head[4:8] in _QUICKTIME_BOXES:
        return _iso_base_media(head) if head[4:8] == b"ftyp" else MediaType("video", "mov", "mov")
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return MediaType("video", "webm" if b"webm" in head[:64] else "mkv", "matroska")
    if head.startswith(b"RIFF") and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    return MediaType("video", "mpegts", "mpegts") if _is_transport_stream(head) else None


def _iso_base_media(head: bytes) -> MediaType:
    length = min(max(int.from_bytes(head[:4], "big"), 16), 256)
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, length, 4))]
    major = brands[0]
    if major in _HEIF_BRANDS or major in _AVIF_BRANDS:
        avif = any(brand in _AVIF_BRANDS for brand in brands)
        return MediaType("photo", "avif" if avif else "heic")
    if major == b"crx ":
        raise MediaRefused("Camera raw (CR3) is not a supported format.", code="unsupported_format")
    if major == b"qt  ":
        return MediaType("video", "mov", "mov")
    if major.startswith((b"3gp", b"3g2")):
        return MediaType("video", "3gp", "mov")
    return MediaType("video", "m4v" if major.startswith(b"M4V") else "mp4", "mov")


def _is_transport_stream(head: bytes) -> bool:
    # Packets of 188 bytes, or 192 with a time code in front (M2TS); each starts with 0x47.
    return any(
        len(head) > start + 2 * size and all(head[start + size * n] == 0x47 for n in range(3))
        for start, size in ((0, 188), (4, 192))
    )


def _is_playlist(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return text.startswith(_PLAYLIST_STARTS) or (
        text.startswith(b"<?xml") and any(tag in text for tag in (b"<mpd", b"<smil", b"<asx", b"<playlist"))
    )


_SIGNATURES = (
    (b"\xff\xd8\xff", MediaType("photo", "jpeg")),
    (b"\x89PNG\r\n\x1a\n", MediaType("photo", "png")),
    (b"GIF87a", MediaType("photo", "gif")),
    (b"GIF89a", MediaType("photo", "gif")),
    (b"II*\0", MediaType("photo", "tiff")),
    (b"MM\0*", MediaType("photo", "tiff")),
    (b"II+\0", MediaType("photo", "tiff")),
    (b"MM\0+", MediaType("photo", "tiff")),
    (b"\0\0\x01\xba", MediaType("video", "mpeg", "mpeg")),
    (b"\0\0\x01\xb3", MediaType("video", "mpeg", "mpegvideo")),
    (b"FLV\x01", MediaType("video", "flv", "flv")),
    (bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), MediaType("video", "wmv", "asf")),
    (b"OggS", MediaType("video", "ogg", "ogg")),
    (bytes.fromhex("060e2b34020501010d010201"), MediaType("video", "mxf", "mxf")),
)
_RIFF = {b"AVI ": MediaType("video", "avi", "avi"), b"WEBP": MediaType("photo", "webp")}
_QUICKTIME_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_HEIF_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"miaf"))
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_PLAYLIST_STARTS = (b"#extm3u", b"ffconcat", b"[playlist]", b"[reference]", b"<asx", b"<smil", b"<mpd")
_UNSUPPORTED = (
    (b"ID3", "A sound file"),
    (b"fLaC", "A sound file"),
    (b"RIFF", "This RIFF file"),
    (b"BM", "BMP"),
    (b"8BPS", "A Photoshop file"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"%PDF", "PDF"),
)
