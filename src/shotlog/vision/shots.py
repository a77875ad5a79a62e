"""Where one shot ends and the next begins."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from scenedetect.common import FrameTimecode, Timecode
from scenedetect.detectors import AdaptiveDetector

_LEAST_SHOT_S = 0.5
_MILLISECOND = Fraction(1, 1000)


class ShotFinder:
    """Finds hard cuts in frames that come in order, by PySceneDetect's adaptive detector.

    It compares each change with those around it, so that a shaking camera makes no cuts.
    """

    def __init__(self) -> None:
        self._detector = AdaptiveDetector(
            adaptive_threshold=3.0, min_content_val=18.0, min_scene_len=_LEAST_SHOT_S
        )
        self._cuts: list[float] = []

    def add(self, time_s: float, bgr: np.ndarray[Any, Any]) -> None:
        """Take the next frame."""
        stamp = FrameTimecode(Timecode(round(time_s * 1000), _MILLISECOND), fps=Fraction(5))
        self._cuts.extend(round(cut.seconds, 3) for cut in self._detector.process_frame(stamp, bgr))

    def stretches(self, duration_s: float) -> list[tuple[float, float]]:
        """Return each shot's start and end in seconds; without any cut, the whole is one shot."""
        edges = [0.0, *(cut for cut in self._cuts if 0 < cut < duration_s), duration_s]
        return list(pairwise(edges))
