"""Writes a video's proxy: small, upright, low frame rate, H.264 and AAC in a streamable MP4."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from shotlog.domain.rendition import RenditionSettings
from shotlog.errors import MediaRefused
from shotlog.media.probe_video import source_fps
from shotlog.media.sniff import MediaType
from shotlog.media.sound import SoundTrack
from shotlog.media.still import StillChooser
from shotlog.media.timeline import Timeline
from shotlog.media.upright import Upright
from shotlog.media.video_file import DAMAGED, VideoFile, open_video, packets, pictures

_TIME_BASE = Fraction(1, 10_000)
_KEY_PICTURE_EVERY_S = 5


@dataclass(frozen=True, slots=True)
class Proxy:
    """What was written, and the picture that stands for it."""

    width: int
    height: int
    duration_ms: int
    still: Image.Image


def write_proxy(source: Path, media_type: MediaType, target: Path, settings: RenditionSettings) -> Proxy:
    """Write the proxy of the video *source* to *target*, replacing what is there.

    Packets that cannot be decoded are left out. Of the source's pictures, the first in each slot of
    ``1 / proxy_fps`` seconds is kept, at its true time: a moment in the proxy is that moment in the source.

    Raises:
        MediaRefused: as ``open_video`` does, and ``damaged`` when no picture can be decoded.
    """
    with (
        open_video(source, media_type.demuxer) as video,
        av.open(f"file:{target}", "w", format="mp4", options={"movflags": "+faststart"}) as output,
    ):
        return _ProxyWriter(video, output, settings, media_type).run()


class _ProxyWriter:
    def __init__(
        self, video: VideoFile, output: OutputContainer, settings: RenditionSettings, media_type: MediaType
    ) -> None:
        self._video = video
        self._output = output
        self._settings = settings
        self._fps = Fraction(settings.proxy_fps).limit_denominator(1001)
        known = source_fps(video)
        self._rate = min(self._fps, known) if known is not None else self._fps
        self._step = round(1 / self._rate / _TIME_BASE)
        self._timeline = Timeline(video.container.start_time, known, media_type.demuxer)
        self._upright = Upright(short_side=settings.proxy_short_side, time_base=_TIME_BASE)
        self._stills = StillChooser()
        self._picture: VideoStream = output.add_stream("libx264", rate=self._rate)
        self._sound: SoundTrack | None = None
        if video.sound is not None:
            self._sound = SoundTrack(output, video.sound, settings.proxy_audio_bit_rate)
        self._early: list[Packet[Any]] = []  # sound from before the first picture, which opens the file
        self._source_step = float(1 / known) if known is not None else None
        self._slot_s = float(1 / self._fps)
        self._decodes_all = True
        self._slot = -1
        self._end = 0

    def run(self) -> Proxy:
        video = self._video
        streams = [stream for stream in (video.picture, video.sound) if stream is not None]
        for packet in packets(video.container, *streams):
            if packet.stream is video.picture:
                self._spare_the_decoder(packet)
                for frame in pictures(packet):
                    self._take_picture(frame)
            elif self._sound is not None:
                self._mux(self._sound.take(packet, self._timeline.origin))
        self._encode(self._upright.finish())
        still = self._stills.image
        if still is None:
            raise MediaRefused(DAMAGED, code="damaged")
        self._mux(self._picture.encode(None))
        if self._sound is not None:
            self._mux(self._sound.finish())
        width, height = self._upright.size
        return Proxy(width, height, round(self._end * _TIME_BASE * 1000), still)

    def _spare_the_decoder(self, packet: Packet[Any]) -> None:
        # A picture that opens no slot is not kept: where nothing refers to it either, it need not be decoded.
        if packet.pts is None or packet.time_base is None or self._source_step is None:
            wanted = True
        else:
            time_s = float(packet.pts * packet.time_base) - self._timeline.origin
            into_slot = (time_s + self._slot_s / 500) % self._slot_s
            wanted = into_slot < 1.5 * self._source_step or time_s < self._slot_s
        if wanted != self._decodes_all:
            self._decodes_all = wanted
            self._video.picture.codec_context.skip_frame = "DEFAULT" if wanted else "NONREF"

    def _take_picture(self, frame: VideoFrame) -> None:
        time_s = self._timeline.time_of(frame)
        slot = int(time_s * self._fps + 1e-4)
        if slot <= self._slot:
            return
        self._slot = slot
        frame.pts = round(time_s / _TIME_BASE)
        frame.time_base = _TIME_BASE
        self._encode(self._upright.push(frame, self._video.picture.sample_aspect_ratio))

    def _encode(self, frames: Iterable[VideoFrame]) -> None:
        for frame in frames:
            if not self._picture.codec_context.is_open:
                self._configure()
            pts = frame.pts or 0
            self._stills.look(frame, float(pts * _TIME_BASE))
            frame.duration = self._step
            self._end = pts + self._step
            self._mux(self._picture.encode(frame))

    def _mux(self, encoded: Iterable[Packet[Any]]) -> None:
        self._early.extend(encoded)
        if self._picture.codec_context.is_open:
            self._output.mux(self._early)
            self._early.clear()

    def _configure(self) -> None:
        settings, encoder = self._settings, self._picture.codec_context
        encoder.width, encoder.height = self._upright.size
        encoder.pix_fmt = "yuv420p"
        encoder.time_base = _TIME_BASE
        encoder.gop_size = max(1, round(self._rate * _KEY_PICTURE_EVERY_S))
        encoder.thread_count = 1
        encoder.color_range = 1
        encoder.colorspace = self._upright.colorspace
        encoder.options = {"preset": settings.proxy_preset, "crf": str(settings.proxy_crf)}
