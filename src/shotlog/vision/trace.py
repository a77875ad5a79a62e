"""Follow a small piece of the picture through grey frames, to find when words came and went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from shotlog.vision.ocr import Line

_ALIKE = 0.6  # least correlation at which a piece counts as still there
_REACH = 8  # pixels that a piece may move between two frames
_CHANGED = 12  # luma levels
_MIN_SIDE = 4

Grey = np.ndarray[Any, Any]


@dataclass(slots=True)
class Piece:
    """A cut-out of a grey frame and where it was found last."""

    pixels: Grey
    left: int
    top: int

    @classmethod
    def cut(cls, grey: Grey, line: Line) -> Piece:
        """Cut out where *line* stands."""
        height, width = grey.shape
        left = min(int(line.left * width), width - _MIN_SIDE)
        top = min(int(line.top * height), height - _MIN_SIDE)
        right = max(left + _MIN_SIDE, round(line.right * width))
        bottom = max(top + _MIN_SIDE, round(line.bottom * height))
        return cls(grey[max(0, top) : bottom, max(0, left) : right], max(0, left), max(0, top))

    def follow(self, grey: Grey) -> bool:
        """Say whether the piece is in *grey*, near where it was, and remember its new place."""
        height, width = self.pixels.shape
        top, left = max(0, self.top - _REACH), max(0, self.left - _REACH)
        area = grey[top : self.top + height + _REACH, left : self.left + width + _REACH]
        if area.shape[0] < height or area.shape[1] < width:
            return False
        scores = cv2.matchTemplate(area, self.pixels, cv2.TM_CCOEFF_NORMED)
        _, best, _, (across, down) = cv2.minMaxLoc(scores)
        if not best >= _ALIKE:
            return False
        self.left, self.top = left + across, top + down
        return True

    def closer_than(self, other: Grey, grey: Grey) -> bool:
        """Say whether *grey* shows this piece rather than what *other* shows in the same place.

        Decides between words that differ in a letter or two, which correlate with each other.
        """
        height, width = self.pixels.shape
        place = np.s_[self.top : self.top + height, self.left : self.left + width]
        rival, seen = other[place], grey[place]
        if rival.shape != self.pixels.shape:
            return True
        differing = cv2.absdiff(rival, self.pixels) > _CHANGED
        if not differing.any():
            return True
        ours = cv2.absdiff(seen, self.pixels)[differing].mean()
        return bool(ours <= cv2.absdiff(seen, rival)[differing].mean())

    def copy(self) -> Piece:
        """Return a piece that can be followed on its own."""
        return Piece(self.pixels, self.left, self.top)
