"""Open a video and give its frames in order, however damaged the file is.

Packets are decoded one at a time and a bad one is counted and skipped: a file with rotten bytes
still gives its other frames. Only containers that hold media are opened, never playlists, and only
from the local file itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from shotlog.errors import MediaRefused
from shotlog.vision.sound import SoundMeter

_DEMUXERS = "mov,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,asf,ogg,mxf,h264,hevc,gif"
_MAX_PIXELS = 100_000_000
_STEP_S = 0.16  # a proxy has a frame every 0.2 s; what has more is thinned to about this
_MAX_FRAMES = 30_000
_MAX_BAD_PACKETS = 20_000
_SMALL_SIDE = 192
_GREY_SIDE = 448


class Frame:
    """One decoded frame, upright, at the sizes that the meters work on."""

    def __init__(self, time_s: float, source: av.VideoFrame, scalers: dict[str, VideoReformatter]) -> None:
        #: Seconds from the first frame.
        self.time_s = time_s
        self._source = source
        self._scalers = scalers
        #: BGR, long side 192 pixels.
        self.small = self.bgr(_SMALL_SIDE)
        #: Luma, long side 448 pixels.
        self.grey = self._scaled(_GREY_SIDE, "gray")

    def bgr(self, long_side: int) -> np.ndarray[Any, Any]:
        """Return the frame in BGR, scaled down to *long_side* pixels if it is larger."""
        return self._scaled(long_side, "bgr24")

    def _scaled(self, long_side: int, layout: str) -> np.ndarray[Any, Any]:
        scale = min(1.0, long_side / max(self._source.width, self._source.height))
        scaler = self._scalers.setdefault(f"{layout} {long_side}", VideoReformatter())
        scaled = scaler.reformat(
            self._source,
            width=max(1, round(self._source.width * scale)),
            height=max(1, round(self._source.height * scale)),
            format=layout,
            interpolation="AREA",
        )
        turns = round(self._source.rotation / 90) % 4
        return np.ascontiguousarray(np.rot90(scaled.to_ndarray(), turns))


class Film:
    """A video file that has been opened; use it as a context manager.

    Raises:
        MediaRefused: no container that may be opened, no video in it, or a picture too large.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._container = av.open(
                f"file:{path.absolute()}",
                options={"protocol_whitelist": "file", "format_whitelist": _DEMUXERS},
                metadata_errors="ignore",
            )
        except (av.FFmpegError, OSError, ValueError) as error:
            raise MediaRefused("Cannot be opened as a video.", code="media_unreadable") from error
        if not self._container.streams.video:
            self._container.close()
            raise MediaRefused("Holds no video.", code="media_unreadable")
        self._video = self._container.streams.video[0]
        if self._video.width * self._video.height > _MAX_PIXELS:
            self._container.close()
            raise MediaRefused("The picture is too large to be opened.", code="media_too_large")
        self._video.codec_context.thread_count = 1
        #: Width and height as seen, in pixels; known once a frame has been decoded.
        self.size = (0, 0)
        #: Packets that could not be decoded so far.
        self.bad_packets = 0
        #: Seconds; grows with the frames that are decoded.
        self.duration_s = 0.0
        self._audio = next(iter(self._container.streams.audio), None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    @property
    def has_audio(self) -> bool:
        """Say whether there is an audio track."""
        return self._audio is not None

    @property
    def expected_s(self) -> float:
        """Return how long the container says it is, in seconds; 0 when it does not say."""
        return float((self._container.duration or 0) / av.time_base)

    def frames(self, sound: SoundMeter) -> Iterator[Frame]:
        """Yield the frames in order, about six a second, and feed the audio to *sound*.

        Raises:
            MediaRefused: not one frame could be decoded.
        """
        step = max(_STEP_S, self.expected_s / _MAX_FRAMES)
        scalers: dict[str, VideoReformatter] = {}
        gap = float(1 / self._video.average_rate) if self._video.average_rate else 0.04
        first: float | None = None
        now, kept = -gap, -step
        for decoded in self._decoded(sound):
            stamp = decoded.time if decoded.time is not None else (first or 0.0) + now + gap
            first = stamp if first is None else first
            if stamp - first <= now:
                continue
            now = stamp - first
            self.duration_s = now + gap
            if now - kept >= step:
                kept = now
                frame = Frame(now, decoded, scalers)
                self._note_size(decoded)
                yield frame
        if first is None:
            raise MediaRefused("Not one frame could be decoded.", code="media_unreadable")

    def _note_size(self, frame: av.VideoFrame) -> None:
        sideways = round(frame.rotation / 90) % 2
        self.size = (frame.height, frame.width) if sideways else (frame.width, frame.height)

    def _decoded(self, sound: SoundMeter) -> Iterator[av.VideoFrame]:
        for packet in self._packets():
            try:
                decoded = packet.decode()
            except (av.FFmpegError, ValueError, MemoryError):
                self.bad_packets += 1
                continue
            for frame in decoded:
                if isinstance(frame, av.VideoFrame):
                    yield frame
                elif isinstance(frame, av.AudioFrame):
                    sound.add(frame)

    def _packets(self) -> Iterator[Any]:
        wanted = [self._video, *([self._audio] if self._audio else [])]
        packets = self._container.demux(*wanted)
        while self.bad_packets < _MAX_BAD_PACKETS:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, ValueError):
                self.bad_packets += 1
                return
            if packet is None:
                return
            yield packet
