"""Opens a video so that nothing but this one file, in this one format, is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from shotlog.errors import MediaRefused

_MOST_PIXELS = 100_000_000  # of one picture; 12K film has 80 million
_MOST_BAD_READS = 1_000
_FIRST_PICTURE_WITHIN = 2_000  # packets
_NO_PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails

DAMAGED = "No picture of the video can be read: it is damaged or cut short."


@dataclass(frozen=True, slots=True)
class VideoFile:
    """An open video with the picture and sound streams that stand for it."""

    container: InputContainer
    picture: VideoStream
    sound: av.audio.stream.AudioStream | None


@contextmanager
def open_video(path: Path, demuxer: str) -> Iterator[VideoFile]:
    """Open the video at *path* with *demuxer* alone, and choose its streams.

    Only the ``file`` protocol is allowed, playlists and references to other files are not followed, and
    one thread decodes. Streams that were not chosen are not read.

    Raises:
        MediaRefused: ``damaged``, ``no_video``, ``unsupported_codec`` or ``too_many_pixels``.
    """
    av.logging.set_level(None)
    try:
        container = av.open(
            f"file:{path}",
            format=demuxer,
            options={"protocol_whitelist": "file", "format_whitelist": demuxer, "max_streams": "200"},
            metadata_errors="replace",
        )
    except MemoryError:
        raise
    except (av.FFmpegError, ValueError, OSError) as error:
        raise MediaRefused(
            "The video cannot be opened: its header is damaged or the file is cut short.", code="damaged"
        ) from error
    with container:
        picture = _best_picture(container)
        sound = _best_sound(container, picture)
        for stream in container.streams:
            if stream is not picture and stream is not sound:
                stream.discard = Discard.all
        picture.codec_context.thread_count = 1
        picture.codec_context.options = {"max_pixels": str(_MOST_PIXELS)}
        if sound is not None:
            sound.codec_context.thread_count = 1
        yield VideoFile(container, picture, sound)


def _best_picture(container: InputContainer) -> VideoStream:
    streams = [stream for stream in container.streams.video if not stream.disposition & _NO_PICTURES]
    if not streams:
        raise MediaRefused("The file holds no moving pictures.", code="no_video")
    usable = [stream for stream in streams if stream.codec_context is not None]
    if not usable:
        raise MediaRefused("The video's codec is not supported.", code="unsupported_codec")
    best = max(
        usable,
        key=lambda stream: (
            bool(stream.disposition & Disposition.default),
            stream.width * stream.height,
            -stream.index,
        ),
    )
    if best.width * best.height > _MOST_PIXELS:
        raise MediaRefused(
            f"The picture is {best.width} x {best.height}, too large to open safely.", code="too_many_pixels"
        )
    return best


def _best_sound(container: InputContainer, picture: VideoStream) -> av.audio.stream.AudioStream | None:
    streams = [stream for stream in container.streams.audio if stream.codec_context is not None]
    best = container.streams.best("audio", related=picture)
    return best if best in streams else next(iter(streams), None)


def packets(container: InputContainer, *streams: Stream) -> Iterator[Packet[Any]]:
    """Yield the packets of *streams*, past places that cannot be read; flush packets come last."""
    for _ in range(_MOST_BAD_READS):
        try:
            yield from container.demux(*streams)
        except MemoryError:
            raise
        except (av.FFmpegError, ValueError, OSError):
            continue
        return


def pictures(packet: Packet[Any]) -> list[VideoFrame]:
    """Decode *packet*; a rotten one gives no pictures instead of an error."""
    try:
        frames: list[VideoFrame] = packet.decode()
    except MemoryError:
        raise
    except (av.FFmpegError, ValueError, OSError):
        return []
    return frames


def first_picture(video: VideoFile) -> VideoFrame:
    """Decode the first picture that can be.

    Raises:
        MediaRefused: ``damaged`` when there is none among the first 2,000 packets.
    """
    for count, packet in enumerate(packets(video.container, video.picture)):
        for frame in pictures(packet):
            return frame
        if count >= _FIRST_PICTURE_WITHIN:
            break
    raise MediaRefused(DAMAGED, code="damaged")
