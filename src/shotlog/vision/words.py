"""When which words can be read: decides at which frames reading is worth its price.

Reading a frame costs a hundred times what looking at it costs. So a frame is read only after the
picture has changed somewhere that strokes are, and once it has settled; while it keeps moving, now
and then. Between two readings small grey frames are kept, in which words are followed back to the
frame where they came, or forward to the one where they were gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import cv2
import numpy as np

from shotlog.vision import ocr
from shotlog.vision.decode import Frame
from shotlog.vision.trace import Piece

_CELL = 8
_CHANGED = 8.0  # mean luma levels of a cell
_STROKES = 6.0  # mean strength of edges in a cell that may hold words
_READ_SIDE, _FIND_SIDE = 1280, 544
_MOST_LINES = 24
_CALM = 4.0  # below this a cell stands still
_SETTLED_CELLS = 4
_CUT = 24.0  # mean luma levels, after blurring, between two frames
_SETTLED_PAUSES_S = (0.15, 1.2)  # at first, and at the longest
_MOVING_PAUSES_S = (0.8, 2.0)
_SLOWER = 1.6  # pauses grow while nothing new is found
_UNSTRETCHED_S = 60  # length of a video from which on pauses grow with it
_READINGS = 12  # at once; then one more a second
_MOST_READINGS = 400
_WINDOW = 256  # frames kept between readings
_SAME_TEXT = 0.8


@dataclass(slots=True)
class Sighting:
    """Words from when they came to when they went; ``end_s`` is None while they are there."""

    line: ocr.Line
    start_s: float
    piece: Piece
    end_s: float | None = None


class WordWatch:
    """Follows the words through the frames of one video."""

    def __init__(self, expected_s: float) -> None:
        #: All words so far, in the order in which they were read.
        self.sightings: list[Sighting] = []
        self._window: list[tuple[float, np.ndarray[Any, Any]]] = []
        self._base: np.ndarray[Any, Any] | None = None
        self._frame: Frame | None = None
        self._read_at = 0.0
        self._readings = 0
        self._fruitless = 0
        self._stretch = max(1.0, (expected_s / _UNSTRETCHED_S) ** 0.5)

    def add(self, frame: Frame) -> None:
        """Take the next frame, and read it if that is worth it."""
        before = frame.grey if self._frame is None else self._frame.grey
        self._frame = frame
        differing = self._differing(frame.grey)
        if not differing.any():
            self._window = [(frame.time_s, frame.grey)]
            return
        self._window = [*self._window[-_WINDOW:], (frame.time_s, frame.grey)]
        if float(cv2.absdiff(_cells(before), _cells(frame.grey)).mean()) > _CUT:
            self._fruitless = 0
        calm = ~_changed(before, frame.grey, _CALM)
        still = (differing & _strokes(frame.grey) & calm).sum() >= _SETTLED_CELLS
        settled = before is not frame.grey and still
        if self._due(frame.time_s, _SETTLED_PAUSES_S if settled else _MOVING_PAUSES_S):
            self._read(frame)

    def finish(self, duration_s: float) -> None:
        """Read the last frame if it was not, and end at *duration_s* what is still there."""
        frame = self._frame
        if frame is not None and self._differing(frame.grey).any():
            self._read(frame)
        for sighting in self._present():
            sighting.end_s = duration_s

    def _differing(self, grey: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the cells with strokes, now or then, that have changed since the last reading."""
        base = self._base
        if base is None or base.shape != grey.shape:
            return np.ones_like(_strokes(grey))
        return np.asarray(_changed(base, grey) & (_strokes(base) | _strokes(grey)))

    def _due(self, time_s: float, pauses_s: tuple[float, float]) -> bool:
        shortest, longest = pauses_s
        pause = min(shortest * _SLOWER**self._fruitless, longest) * self._stretch
        affordable = self._readings < min(_READINGS + time_s, _MOST_READINGS)
        return affordable and time_s - self._read_at >= pause

    def _read(self, frame: Frame) -> None:
        lines: list[ocr.Line] = []
        if _strokes(frame.grey).any():
            self._readings += 1
            lines = ocr.read(frame.bgr(_READ_SIDE), most_lines=_MOST_LINES, find_side=_FIND_SIDE)
        fresh = self._keep_or_end(lines, frame)
        for line in fresh:
            self._begin(line, frame)
        self._fruitless = self._fruitless // 2 if fresh else min(self._fruitless + 1, 16)
        self._base, self._read_at = frame.grey, frame.time_s
        self._window = [(frame.time_s, frame.grey)]

    def _present(self) -> list[Sighting]:
        return [sighting for sighting in self.sightings if sighting.end_s is None]

    def _keep_or_end(self, lines: list[ocr.Line], frame: Frame) -> list[ocr.Line]:
        """Match *lines* with the words that were there; return those that are new."""
        fresh = list(lines)
        for sighting in self._present():
            match = next((line for line in fresh if same_words(sighting.line, line)), None)
            if match is not None:
                fresh.remove(match)
                sighting.line = better_reading(sighting.line, match)
                sighting.piece = Piece.cut(frame.grey, match)
            elif any(overlap(sighting.line, line) > 0.3 for line in lines):
                sighting.end_s = self._gone_at(sighting.piece, frame.grey)
            elif not sighting.piece.copy().follow(frame.grey):
                sighting.end_s = self._gone_at(sighting.piece, None)
        return fresh

    def _gone_at(self, piece: Piece, successor: np.ndarray[Any, Any] | None) -> float:
        """Return the time of the first frame since the last reading that no longer shows *piece*."""
        for time_s, grey in self._window:
            there = piece.follow(grey)
            if not there or (successor is not None and not piece.closer_than(successor, grey)):
                return time_s
        return self._window[-1][0]

    def _begin(self, line: ocr.Line, frame: Frame) -> None:
        """Follow new words back to the first frame that shows them."""
        tracer, start_s = Piece.cut(frame.grey, line), frame.time_s
        for time_s, grey in reversed(self._window):
            if not tracer.follow(grey):
                break
            if self._base is not None and not tracer.closer_than(self._base, grey):
                break
            start_s = time_s
        self.sightings.append(Sighting(line, start_s, Piece.cut(frame.grey, line)))


def same_words(one: ocr.Line, other: ocr.Line) -> bool:
    """Say whether two readings are of the same words: digits must agree, letters nearly."""
    first, second = (_essence(line.text) for line in (one, other))
    if first == second:
        return True
    digits = [[char for char in text if char.isdigit()] for text in (first, second)]
    return digits[0] == digits[1] and SequenceMatcher(None, first, second).ratio() >= _SAME_TEXT


def better_reading(one: ocr.Line, other: ocr.Line) -> ocr.Line:
    """Return the surer of two readings; of the same letters the one with more spaces, which get lost."""
    if _essence(one.text) == _essence(other.text):
        return max(one, other, key=lambda line: (line.text.count(" "), line.score))
    return max(one, other, key=lambda line: line.score)


def overlap(one: ocr.Line, other: ocr.Line) -> float:
    """Return the share of the smaller of two boxes that the other covers."""
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    areas = [(line.right - line.left) * (line.bottom - line.top) for line in (one, other)]
    return max(0.0, across) * max(0.0, down) / max(min(areas), 1e-9)


def _essence(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _cells(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    height, width = values.shape
    size = (max(1, width // _CELL), max(1, height // _CELL))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA))


def _changed(
    one: np.ndarray[Any, Any], other: np.ndarray[Any, Any], least: float = _CHANGED
) -> np.ndarray[Any, Any]:
    if one.shape != other.shape:
        return np.ones_like(_strokes(other))
    return np.asarray(_cells(cv2.absdiff(one, other)) > least)


def _strokes(grey: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    edges = cv2.convertScaleAbs(cv2.Laplacian(grey, cv2.CV_16S))
    return np.asarray(_cells(edges) > _STROKES)
