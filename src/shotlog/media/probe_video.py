"""The facts of a video, measured where its header does not say them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from shotlog.domain.facts import MediaFacts
from shotlog.media.capture_time import parse_iso_time
from shotlog.media.location import Location, parse_iso6709
from shotlog.media.orientation import orientation_of
from shotlog.media.sniff import MediaType
from shotlog.media.upright import square_size
from shotlog.media.video_file import VideoFile, first_picture, open_video, packets

_LONGEST_MS = 30 * 24 * 3600 * 1000  # a header that claims more is not believed
_HIGHEST_FPS = 1000
_TIME_TAGS = (
    "com.apple.quicktime.creationdate",
    "creation_time",
    "com.android.capture.time",
    "date_recorded",
    "date",
)
_PLACE_TAGS = ("com.apple.quicktime.location.iso6709", "location", "location-eng")
_MAKE_TAGS = ("com.apple.quicktime.make", "make", "com.android.manufacturer")
_MODEL_TAGS = ("com.apple.quicktime.model", "model", "com.android.model")


def probe_video(path: Path, media_type: MediaType) -> MediaFacts:
    """Read what the video at *path* is; one picture is decoded to know that it can be.

    Raises:
        MediaRefused: as ``open_video`` and ``first_picture`` do.
    """
    with open_video(path, media_type.demuxer) as video:
        frame = first_picture(video)
        turn = orientation_of(frame)
        width, height = square_size(frame.width, frame.height, video.picture.sample_aspect_ratio)
        if turn.swaps_sides:
            width, height = height, width
        tags = _tags(video)
        place = _place(tags)
        codec, sound = video.picture.codec_context.codec, video.sound
        return MediaFacts(
            kind="video",
            format=media_type.format,
            width=width,
            height=height,
            duration_ms=_duration_ms(video) or _measured_duration_ms(path, media_type),
            fps=_fps(video),
            rotation=turn.rotation,
            video_codec=codec.canonical_name,
            audio_codec=sound.codec_context.codec.canonical_name if sound is not None else None,
            has_audio=bool(video.container.streams.audio),
            pixel_format=frame.format.name,
            captured_at=_captured_at(tags),
            latitude=place.latitude if place else None,
            longitude=place.longitude if place else None,
            altitude_m=place.altitude_m if place else None,
            camera_make=_first(tags, _MAKE_TAGS),
            camera_model=_first(tags, _MODEL_TAGS),
        )


def video_duration_ms(path: Path, media_type: MediaType) -> int | None:
    """Return how long the video at *path* says it is, or what its packets add up to."""
    with open_video(path, media_type.demuxer) as video:
        stated = _duration_ms(video)
    return stated or _measured_duration_ms(path, media_type)


def source_fps(video: VideoFile) -> Fraction | None:
    """Return the average frame rate of the chosen stream, or None when the file tells no likely one."""
    for rate in (video.picture.average_rate, video.picture.guessed_rate):
        if rate is not None and 0 < rate <= _HIGHEST_FPS:
            return rate
    return None


def _fps(video: VideoFile) -> float | None:
    rate = source_fps(video)
    return round(float(rate), 3) if rate is not None else None


def _duration_ms(video: VideoFile) -> int | None:
    stated = round((video.container.duration or 0) / 1000)
    return stated if 0 < stated <= _LONGEST_MS else None


def _measured_duration_ms(path: Path, media_type: MediaType) -> int | None:
    first: Fraction | None = None
    last = Fraction(0)
    with open_video(path, media_type.demuxer) as video:
        for packet in packets(video.container, video.picture):
            if packet.pts is None or not packet.time_base:
                continue
            start = packet.pts * packet.time_base
            first = start if first is None else min(first, start)
            last = max(last, start + (packet.duration or 0) * packet.time_base)
    if first is None or last <= first:
        return None
    measured = round((last - first) * 1000)
    return measured if measured <= _LONGEST_MS else None


def _tags(video: VideoFile) -> dict[str, str]:
    tags = {name.lower(): value for name, value in video.picture.metadata.items()}
    tags.update((name.lower(), value) for name, value in video.container.metadata.items())
    return tags


def _captured_at(tags: Mapping[str, str]) -> datetime | None:
    for name in _TIME_TAGS:
        if (moment := parse_iso_time(tags.get(name, ""))) is not None:
            return moment
    return None


def _place(tags: Mapping[str, str]) -> Location | None:
    for name in _PLACE_TAGS:
        if (place := parse_iso6709(tags.get(name, ""))) is not None:
            return place
    return None


def _first(tags: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((text for name in names if (text := clean_text(tags.get(name, "")))), None)


def clean_text(text: str) -> str:
    """Return a tag's text on one line, without control characters, at most 200 long."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:200]
