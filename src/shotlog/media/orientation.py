"""Which way up a stored picture is shown: the display matrix of a video."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from av.video.frame import VideoFrame


@dataclass(frozen=True, slots=True)
class Orientation:
    """How to turn a stored picture for display, flips included."""

    #: Clockwise degrees: 0, 90, 180 or 270.
    rotation: int
    #: libavfilter steps, as name and arguments, that turn the picture upright.
    filters: tuple[tuple[str, str], ...] = ()

    @property
    def swaps_sides(self) -> bool:
        """Tell whether width and height change places."""
        return self.rotation % 180 == 90


_HFLIP, _VFLIP = ("hflip", ""), ("vflip", "")
#: Signs of the matrix (a, b, c, d) -> orientation.
_BY_MATRIX = {
    (1, 0, 0, 1): Orientation(0),
    (0, 1, -1, 0): Orientation(90, (("transpose", "clock"),)),
    (-1, 0, 0, -1): Orientation(180, (_HFLIP, _VFLIP)),
    (0, -1, 1, 0): Orientation(270, (("transpose", "cclock"),)),
    (-1, 0, 0, 1): Orientation(0, (_HFLIP,)),
    (1, 0, 0, -1): Orientation(180, (_VFLIP,)),
    (0, 1, 1, 0): Orientation(90, (("transpose", "cclock_flip"),)),
    (0, -1, -1, 0): Orientation(270, (("transpose", "clock_flip"),)),
}
_BY_ROTATION = {found.rotation: found for found in list(_BY_MATRIX.values())[:4]}


def orientation_of(frame: VideoFrame) -> Orientation:
    """Read the display matrix that came with *frame*; other turns count as the nearest quarter turn."""
    try:
        found: Any = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # side data of a kind that PyAV has no name for hides the rest
        return _BY_ROTATION[round(-frame.rotation / 90) % 4 * 90]
    matrix = bytes(found) if found is not None else b""
    if len(matrix) < 36:
        return _BY_MATRIX[1, 0, 0, 1]
    a, b, _, c, d = struct.unpack("=5i", matrix[:20])
    largest = max(abs(a), abs(b), abs(c), abs(d))
    signs = _sign(a, largest), _sign(b, largest), _sign(c, largest), _sign(d, largest)
    return _BY_MATRIX.get(signs, _BY_MATRIX[1, 0, 0, 1])


def _sign(value: int, largest: int) -> int:
    if abs(value) * 2 <= largest:
        return 0
    return 1 if value > 0 else -1
