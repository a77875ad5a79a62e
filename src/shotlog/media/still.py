"""Chooses the picture that stands for a video: early, but not black, white or plain."""

from __future__ import annotations

from av.video.frame import VideoFrame
from PIL import Image, ImageStat

_EVERY_S = 0.5
_UNTIL_S = 60.0
_PREFERRED_FROM_S = 1.0
_DARK, _BRIGHT, _PLAIN = 32, 228, 12  # of 255


class StillChooser:
    """Is shown the pictures in order and keeps the best so far; looks at two a second until one is good."""

    def __init__(self) -> None:
        self._best: Image.Image | None = None
        self._best_score = -1.0
        self._next_s = 0.0
        self._settled = False

    def look(self, frame: VideoFrame, time_s: float) -> None:
        """Consider an upright *frame* shown at *time_s*."""
        if self._settled or time_s < self._next_s or (time_s > _UNTIL_S and self._best is not None):
            return
        self._next_s = time_s + _EVERY_S
        score = _score(frame)
        if score > self._best_score:
            self._best, self._best_score = frame.to_image(), score  # type: ignore[no-untyped-call]
        self._settled = self._best_score >= _PLAIN and time_s >= _PREFERRED_FROM_S

    @property
    def image(self) -> Image.Image | None:
        """Return the best picture so far, or None before the first."""
        return self._best


def _score(frame: VideoFrame) -> float:
    luma = frame.planes[0]
    grey = Image.frombuffer("L", (frame.width, frame.height), bytes(luma), "raw", "L", luma.line_size, 1)
    stat = ImageStat.Stat(grey.resize((64, 64), Image.Resampling.BOX))
    mean, spread = stat.mean[0], stat.stddev[0]
    return float(spread) if _DARK < mean < _BRIGHT else float(min(spread, _PLAIN - 1))
