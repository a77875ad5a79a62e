"""When something can be heard: loudness over time, and nothing that loudness cannot tell."""

from __future__ import annotations

import av
import numpy as np

from shotlog.vision.analysis import Span

_RATE = 8000
_WINDOW = 800  # samples: a tenth of a second
_AUDIBLE = 10 ** (-45 / 20)  # of full scale: quieter is taken for silence
_BRIDGE_S = 0.6
_LEAST_S = 0.2


class SoundMeter:
    """Measures the loudness of tenths of a second of one audio track."""

    def __init__(self) -> None:
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=_RATE)
        self._levels: list[float] = []
        self._rest = np.zeros(0, dtype=np.float32)
        self._start_s: float | None = None

    def add(self, frame: av.AudioFrame) -> None:
        """Take the next stretch of audio; one that cannot be converted is left out."""
        try:
            if self._start_s is None:
                self._start_s = max(0.0, frame.time or 0.0)
            pieces = [piece.to_ndarray().ravel() for piece in self._resampler.resample(frame)]
        except (av.FFmpegError, ValueError):
            return
        samples = np.concatenate([self._rest, *pieces]).astype(np.float32)
        whole = len(samples) // _WINDOW * _WINDOW
        self._rest = samples[whole:]
        windows = samples[:whole].reshape(-1, _WINDOW) / 32768
        self._levels.extend(np.sqrt((windows**2).mean(axis=1)).tolist())

    def spans(self, duration_s: float) -> list[Span]:
        """Return the stretches in which something can be heard, short gaps bridged, up to *duration_s*."""
        step, start = _WINDOW / _RATE, self._start_s or 0.0
        spans: list[Span] = []
        for index, level in enumerate(self._levels):
            if level < _AUDIBLE:
                continue
            begin = start + index * step
            end = min(begin + step, duration_s)
            if spans and begin - spans[-1].end_s <= _BRIDGE_S:
                spans[-1] = Span(spans[-1].start_s, round(end, 2))
            elif begin < duration_s:
                spans.append(Span(round(begin, 2), round(end, 2)))
        return [span for span in spans if span.end_s - span.start_s >= _LEAST_S]
