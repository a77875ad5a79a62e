"""The sound of a proxy: AAC, mono, whatever the source's sound was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

_RATES = (48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
_LONGEST_GAP = 10  # seconds; a longer jump is a broken clock
_NOTICED_GAP = 0.1


class SoundTrack:
    """Decodes, mixes down and encodes one stream; what cannot be decoded is left out, never an error."""

    def __init__(self, target: OutputContainer, source: AudioStream, bit_rate: int) -> None:
        rate = source.codec_context.sample_rate
        self._rate = rate if rate in _RATES else _RATES[0]
        self._stream: AudioStream = target.add_stream("aac", rate=self._rate, layout="mono")
        self._stream.bit_rate = bit_rate
        self._resampler: AudioResampler | None = None
        self._next = 0

    def take(self, packet: Packet[Any], origin: float) -> Iterator[Packet[Any]]:
        """Yield encoded packets for one source *packet*; *origin* (seconds) is where the proxy starts."""
        try:
            frames: list[Any] = packet.decode()
        except MemoryError:
            raise
        except (av.FFmpegError, ValueError, OSError):
            return
        for frame in frames:
            starts = frame.time - origin if frame.time is not None else None
            for mixed in self._mix(frame):
                yield from self._encode(mixed, starts)
                starts = None

    def finish(self) -> Iterator[Packet[Any]]:
        """Yield what the encoder still holds."""
        if self._resampler is not None:
            for mixed in self._resampler.resample(None):
                yield from self._encode(mixed, None)
        yield from self._send(None)

    def _mix(self, frame: AudioFrame) -> list[AudioFrame]:
        frame.pts = None
        for _ in range(2):
            if self._resampler is None:
                self._resampler = AudioResampler(format="fltp", layout="mono", rate=self._rate)
            try:
                return self._resampler.resample(frame)
            except MemoryError:
                raise
            except (av.FFmpegError, ValueError):  # rate or layout changed midway: start over
                self._resampler = None
        return []

    def _encode(self, frame: AudioFrame, starts: float | None) -> Iterator[Packet[Any]]:
        if starts is not None:
            gap = starts - self._next / self._rate
            if _NOTICED_GAP < gap < _LONGEST_GAP:
                self._next += round(gap * self._rate)
        frame.pts = self._next
        self._next += frame.samples
        yield from self._send(frame)

    def _send(self, frame: AudioFrame | None) -> list[Packet[Any]]:
        try:
            return self._stream.encode(frame)
        except av.ArgumentError:  # samples that are no numbers
            return []
