"""What a media file is, read from its content: unknown is None, never zero."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What probing one file found. ``width`` and ``height`` are as seen (rotation applied)."""

    #: ``video`` or ``photo``, by content.
    kind: str
    #: Container or image format, by content: ``mp4``, ``mov``, ``jpeg``, ``heic``...
    format: str
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    fps: float | None = None
    #: Clockwise degrees that the stored picture is turned by for display: 0, 90, 180 or 270.
    rotation: int | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    has_audio: bool | None = None
    pixel_format: str | None = None
    #: UTC where the file says so or carries an offset; else the camera's local time taken as UTC.
    captured_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None
    camera_make: str | None = None
    camera_model: str | None = None
