"""How pictures look: named colours, light, and how much moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from shotlog.vision.analysis import Look

_NAMES = (
    "black", "grey", "white", "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "brown",
)  # fmt: skip
_INDEX = {name: index for index, name in enumerate(_NAMES)}
#: Upper end of each hue, in OpenCV's half degrees, and its name.
_HUES = ((8, "red"), (20, "orange"), (34, "yellow"), (82, "green"), (98, "cyan"), (130, "blue"),
         (158, "purple"), (170, "pink"), (181, "red"))  # fmt: skip
_HUE_INDEX = np.array(
    [next(_INDEX[name] for end, name in _HUES if hue < end) for hue in range(181)], dtype=np.uint8
)
_LEAST_SHARE = 0.1
_MOST_COLOURS = 4
_DARK, _BRIGHT = 60, 180
_MOVED = 14  # luma levels between two frames that count as a change
#: Share of the picture that changes in a fifth of a second: up to which it is called still, low...
_MOTION = ((0.003, "still"), (0.04, "low"), (0.16, "medium"))


def colour_shares(bgr: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the share of the picture that each named colour takes."""
    tiny = cv2.resize(bgr, (64, 64), interpolation=cv2.INTER_AREA)
    hue, saturation, value = (plane.ravel() for plane in cv2.split(cv2.cvtColor(tiny, cv2.COLOR_BGR2HSV)))
    names = _HUE_INDEX[hue]
    names[(names == _INDEX["orange"]) & (value < 160)] = _INDEX["brown"]
    names[(names == _INDEX["red"]) & (saturation < 110) & (value > 190)] = _INDEX["pink"]
    pale = (saturation < 40) | ((saturation < 60) & (value < 90))
    names[pale] = _INDEX["grey"]
    names[pale & (value > 200)] = _INDEX["white"]
    names[value < 45] = _INDEX["black"]
    return np.asarray(np.bincount(names, minlength=len(_NAMES)) / names.size)


def colour_names(shares: np.ndarray[Any, Any]) -> list[str]:
    """Name the colours that take at least a tenth, the most frequent first."""
    order = np.argsort(-shares, kind="stable")[:_MOST_COLOURS]
    return [_NAMES[index] for index in order if shares[index] >= _LEAST_SHARE]


def brightness_name(luma: float) -> str:
    """Name a mean luma of 0 to 255."""
    return "dark" if luma < _DARK else "bright" if luma > _BRIGHT else "normal"


class LookMeter:
    """Measures frame after frame, and sums up any stretch of them."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._shares: list[np.ndarray[Any, Any]] = []
        self._luma: list[float] = []
        self._moved: list[float] = []
        self._sharp: list[float] = []
        self._last: np.ndarray[Any, Any] | None = None

    def add(self, time_s: float, bgr: np.ndarray[Any, Any], grey: np.ndarray[Any, Any]) -> None:
        """Take the next frame, in colour and as luma."""
        soft = cv2.GaussianBlur(cv2.resize(grey, (160, 90), interpolation=cv2.INTER_AREA), (5, 5), 0)
        moved = 0.0
        if self._last is not None and time_s > self._times[-1]:
            share = float((cv2.absdiff(soft, self._last) > _MOVED).mean())
            moved = min(1.0, share * 0.2 / (time_s - self._times[-1]))
        self._last = soft
        self._times.append(time_s)
        self._shares.append(colour_shares(bgr).astype(np.float32))
        self._luma.append(float(grey.mean()))
        self._moved.append(moved)
        self._sharp.append(float(cv2.Laplacian(grey, cv2.CV_16S).var()))

    def between(self, start_s: float, end_s: float) -> Look:
        """Sum up the frames from *start_s* up to *end_s*; the first one's change is the cut's, not motion."""
        chosen = self._chosen(start_s, end_s)
        if not chosen:
            return Look()
        shares = np.mean([self._shares[index] for index in chosen], axis=0)
        luma = float(np.mean([self._luma[index] for index in chosen]))
        return Look(colour_names(shares), brightness_name(luma), self._motion(chosen[1:]))

    def overall(self, stretches: Sequence[tuple[float, float]]) -> Look:
        """Sum up the whole, leaving out the change at each cut."""
        chosen = [self._chosen(*stretch) for stretch in stretches]
        every = [index for indices in chosen for index in indices]
        if not every:
            return Look()
        shares = np.mean([self._shares[index] for index in every], axis=0)
        luma = float(np.mean([self._luma[index] for index in every]))
        inner = [index for indices in chosen for index in indices[1:]]
        return Look(colour_names(shares), brightness_name(luma), self._motion(inner))

    def sharpest(self, start_s: float, end_s: float) -> float:
        """Return the time of the sharpest frame of a stretch, the earliest of equals."""
        chosen = self._chosen(start_s, end_s)
        return self._times[max(chosen, key=lambda index: round(self._sharp[index]))] if chosen else start_s

    def _chosen(self, start_s: float, end_s: float) -> range:
        first, last = np.searchsorted(self._times, [start_s, end_s])
        return range(int(first), int(last))

    def _motion(self, chosen: Sequence[int]) -> str:
        if not chosen:
            return "unknown"
        moved = float(np.percentile([self._moved[index] for index in chosen], 75))
        return next((name for most, name in _MOTION if moved <= most), "high")
