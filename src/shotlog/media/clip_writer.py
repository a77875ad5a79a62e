"""Writes a small clip from pictures, for the demo and the tests."""

from __future__ import annotations

import array
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

_SAMPLE_RATE = 22_050
_TONE_HZ = 220
_LOUDNESS = 0.08
_CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".avi": "avi"}
_UPRIGHT_TO_STORED = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


def write_clip(
    path: Path,
    frames: Iterable[Image.Image],
    *,
    fps: float = 25,
    audio: bool = True,
    rotation: int = 0,
    created_at: datetime | None = None,
    gps: tuple[float, float] | None = None,
) -> Path:
    """Write upright *frames* as H.264, in the container that the suffix of *path* names.

    *rotation* (clockwise degrees; MP4 and MOV only) stores the pictures turned the other way and
    sets the display matrix, as a telephone does. *gps* is latitude and longitude (MOV only).
    """
    turn = _UPRIGHT_TO_STORED.get(rotation)
    rate = Fraction(fps).limit_denominator(1001)
    with av.open(f"file:{path}", "w", format=_CONTAINERS[path.suffix.lower()]) as container:
        container.metadata.update(_container_tags(created_at, gps))
        video = container.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "24"})
        video.pix_fmt = "yuv420p"
        if rotation:
            video.set_display_rotation(-rotation)
        tone = container.add_stream("aac", rate=_SAMPLE_RATE, layout="mono") if audio else None
        count = 0
        for upright in frames:
            stored = upright.transpose(turn) if turn is not None else upright
            if count == 0:
                video.width, video.height = stored.size
            rgba = stored.convert("RGBA").tobytes()
            container.mux(video.encode(av.VideoFrame.from_bytes(rgba, *stored.size)))
            count += 1
        container.mux(video.encode(None))
        if tone is not None:
            _write_tone(container, tone, round(count / rate * _SAMPLE_RATE))
    return path


def _container_tags(created_at: datetime | None, gps: tuple[float, float] | None) -> dict[str, str]:
    tags = {}
    if created_at is not None:
        tags["creation_time"] = created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if gps is not None:
        tags["location"] = f"{gps[0]:+08.4f}{gps[1]:+09.4f}/"
    return tags


def _write_tone(
    container: av.container.OutputContainer, stream: av.audio.stream.AudioStream, samples: int
) -> None:
    size = 1024
    for start in range(0, samples, size):
        length = min(size, samples - start)
        wave = array.array(
            "f",
            (
                _LOUDNESS * math.sin(2 * math.pi * _TONE_HZ * (start + index) / _SAMPLE_RATE)
                for index in range(length)
            ),
        )
        frame = av.AudioFrame(format="fltp", layout="mono", samples=length)
        frame.planes[0].update(wave.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate = _SAMPLE_RATE
        frame.pts = start
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
