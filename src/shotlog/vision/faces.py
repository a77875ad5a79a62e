"""How many faces show, by OpenCV's cascades; better one missed than one imagined."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from shotlog.vision.analysis import Faces, Span
from shotlog.vision.decode import Frame

_SIDE = 400
_SMALLEST = 1 / 12  # of the picture's long side
_PAUSE_S = 1.0
_MOST_SAMPLES = 120
_CLOSE_S = 2.2
_UNCHANGED = 1.0  # mean luma levels
_EYES_WIDTH = 120


@dataclass(frozen=True, slots=True)
class Face:
    """A place where two cascades see a face, in pixels, and whether a third sees an eye in it."""

    left: int
    top: int
    width: int
    height: int
    has_eye: bool

    def meets(self, other: Face) -> bool:
        """Say whether the two places overlap."""
        across = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        down = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        return across > 0 and down > 0


def find_faces(grey: np.ndarray[Any, Any]) -> list[Face]:
    """Return the places in *grey* where two cascades that were trained apart agree on a face."""
    scale = min(1.0, _SIDE / max(grey.shape))
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    even = cv2.equalizeHist(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))
    side = max(24, int(max(size) * _SMALLEST))
    found = _cascade("frontalface_alt2").detectMultiScale(even, 1.15, 4, minSize=(side, side))
    faces = []
    for place in sorted(tuple(map(int, box)) for box in found):
        if _seen_again(even, *place):
            left, top, width, height = (int(value / scale) for value in place)
            upper = grey[top : top + int(height * 0.6), left : left + width]
            faces.append(Face(left, top, width, height, _has_eye(upper)))
    return faces


class FaceWatch:
    """Looks for faces about once a second; one that no neighbouring look confirms does not count."""

    def __init__(self, expected_s: float) -> None:
        self._pause = max(_PAUSE_S, expected_s / _MOST_SAMPLES)
        self._samples: list[tuple[float, list[Face]]] = []
        self._looked: np.ndarray[Any, Any] | None = None

    def add(self, frame: Frame) -> None:
        """Take the next frame, and look at it if the last look is long enough ago."""
        if self._samples and frame.time_s - self._samples[-1][0] < self._pause:
            return
        last = self._looked
        if last is not None and last.shape == frame.grey.shape and _change(last, frame.grey) < _UNCHANGED:
            self._samples.append((frame.time_s, self._samples[-1][1]))
            return
        self._looked = frame.grey
        grey = cv2.cvtColor(frame.bgr(2 * _SIDE), cv2.COLOR_BGR2GRAY)
        self._samples.append((frame.time_s, find_faces(grey)))

    def faces(self, duration_s: float) -> Faces:
        """Return the most faces at once, and the stretches in which any shows."""
        counts = [(time_s, self._count(index)) for index, (time_s, _) in enumerate(self._samples)]
        spans: list[Span] = []
        for time_s, count in counts:
            if not count:
                continue
            end = round(min(time_s + self._pause, duration_s), 2)
            if spans and time_s - spans[-1].end_s <= self._pause:
                spans[-1] = Span(spans[-1].start_s, end)
            else:
                spans.append(Span(round(time_s, 2), end))
        return Faces(max((count for _, count in counts), default=0), spans)

    def _count(self, index: int) -> int:
        """Return how many faces of one look others near in time bear out, one of them with an eye."""
        time_s, faces = self._samples[index]
        close = max(_CLOSE_S, self._pause * 1.2)
        near = [
            face
            for other, (stamp, found) in enumerate(self._samples)
            if other != index and abs(stamp - time_s) <= close
            for face in found
        ]
        alone = len(self._samples) == 1
        count = 0
        for face in faces:
            same = [other for other in near if face.meets(other)]
            borne_out = alone or bool(same)
            count += borne_out and (face.has_eye or any(other.has_eye for other in same))
        return count


def _change(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    return float(cv2.absdiff(one, other).mean())


def _seen_again(grey: np.ndarray[Any, Any], left: int, top: int, width: int, height: int) -> bool:
    margin = width // 4
    around = grey[max(0, top - margin) : top + height + margin, max(0, left - margin) : left + width + margin]
    least = max(20, int(width * 0.6))
    return len(_cascade("frontalface_default").detectMultiScale(around, 1.05, 4, minSize=(least, least))) > 0


def _has_eye(upper: np.ndarray[Any, Any]) -> bool:
    scale = _EYES_WIDTH / max(1, upper.shape[1])
    size = (_EYES_WIDTH, max(1, round(upper.shape[0] * scale)))
    even = cv2.equalizeHist(cv2.resize(upper, size, interpolation=cv2.INTER_LINEAR))
    return len(_cascade("eye").detectMultiScale(even, 1.05, 4, minSize=(14, 14))) > 0


@functools.lru_cache(maxsize=4)
def _cascade(name: str) -> Any:
    return cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / f"haarcascade_{name}.xml"))
