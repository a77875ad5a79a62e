"""A file that stands for an asset: the proxy for the model, the thumbnail and poster for people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Rendition:
    """One rendition as it was written to disk."""

    #: ``proxy``, ``thumbnail`` or ``poster``.
    kind: str
    path: Path
    media_type: str
    size_bytes: int
    #: SHA-256 of the file, in hex.
    sha256: str
    width: int
    height: int
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RenditionSettings:
    """How renditions are made. A model sees video at 672 x 672 and one frame a second (facts 7.4)."""

    proxy_short_side: int = 672
    proxy_fps: float = 5.0
    proxy_crf: int = 28
    proxy_preset: str = "veryfast"
    proxy_audio_bit_rate: int = 48_000
    photo_long_side: int = 1600
    photo_quality: int = 85
    thumbnail_long_side: int = 320
    poster_long_side: int = 1280
