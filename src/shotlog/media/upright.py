"""Turns decoded pictures into small upright ones: scaled, turned, square pixels, 8 bits, limited range."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from av.filter import Graph
from av.video.frame import VideoFrame

from shotlog.media.orientation import Orientation, orientation_of

_LONGEST_SIDE = 4096  # what H.264 players take
_BT709, _UNSPECIFIED, _BT601, _PQ = 1, 2, 6, 16
_KEPT_SPACES = frozenset((_BT709, 5, _BT601))
_KNOWN_SPACES = frozenset((0, 1, 2, 4, 5, 6, 7, 8, 9, 10))


class Upright:
    """A filter chain for the pictures of one stream; it is built again when a picture's shape changes.

    Args:
        short_side: longest the short side may be, in pixels; never scaled up.
        time_base: of the pictures that go in and come out.
    """

    def __init__(self, *, short_side: int, time_base: Fraction) -> None:
        self._short_side = short_side
        self._time_base = time_base
        self._shape: tuple[int, int, str] | None = None
        self._turn = Orientation(0)
        self._graph = Graph()
        #: Size of what comes out, set by the first picture; both even.
        self.size = (0, 0)
        #: Colour matrix of what comes out, as H.264 numbers it.
        self.colorspace = _BT709

    def push(self, frame: VideoFrame, aspect: Fraction | None) -> Iterator[VideoFrame]:
        """Take in one picture whose pixels have the *aspect* ratio, and yield what is ready."""
        shape = (frame.width, frame.height, frame.format.name)
        if shape != self._shape:
            if self._shape is None:
                self._turn = orientation_of(frame)
                self.size = self._target(frame, aspect)
                self.colorspace = _target_space(frame)
            else:
                yield from self.finish()
            self._graph = self._build(frame)
            self._shape = shape
        self._graph.vpush(frame)
        yield from self._ready()

    def finish(self) -> Iterator[VideoFrame]:
        """Yield what is still in the chain."""
        if self._shape is not None:
            self._graph.vpush(None)
            yield from self._ready()

    def _ready(self) -> Iterator[VideoFrame]:
        while True:
            try:
                frame = self._graph.vpull()
            except (BlockingIOError, EOFError):
                return
            frame.colorspace = self.colorspace
            frame.pict_type = 0  # else the encoder repeats the source's choice of key pictures
            yield frame

    def _target(self, frame: VideoFrame, aspect: Fraction | None) -> tuple[int, int]:
        width, height = square_size(frame.width, frame.height, aspect)
        factor = min(
            Fraction(1),
            Fraction(self._short_side, min(width, height)),
            Fraction(_LONGEST_SIDE, max(width, height)),
        )
        size = _even(width * factor), _even(height * factor)
        return size[::-1] if self._turn.swaps_sides else size

    def _build(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        graph.threads = 1
        space = frame.colorspace if frame.colorspace in _KNOWN_SPACES else _UNSPECIFIED
        source = graph.add(
            "buffer",
            video_size=f"{frame.width}x{frame.height}",
            pix_fmt=frame.format.name,
            time_base=str(self._time_base),
            pixel_aspect="1/1",
            colorspace=str(space),
            range=str(frame.color_range if frame.color_range in (1, 2) else 0),
        )
        nodes = [source]
        if frame.interlaced_frame:
            nodes.append(graph.add("estdif", "mode=frame:deint=interlaced"))
        width, height = self.size[::-1] if self._turn.swaps_sides else self.size
        nodes.append(graph.add("scale", f"{width}:{height}:flags=bicubic:out_range=tv{_conversion(frame)}"))
        nodes.append(graph.add("format", "yuv420p"))
        nodes.extend(graph.add(name, args or None) for name, args in self._turn.filters)
        nodes.append(graph.add("buffersink"))
        graph.link_nodes(*nodes).configure()
        return graph


def square_size(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """Return the size in square pixels of a picture whose pixels have the *aspect* ratio."""
    if aspect is not None and Fraction(1, 20) < aspect < 20:
        width = max(1, round(width * aspect))
    return width, height


def _even(side: Fraction) -> int:
    return max(2, int(side) // 2 * 2)


def _target_space(frame: VideoFrame) -> int:
    if frame.colorspace in _KEPT_SPACES:
        return frame.colorspace
    if frame.colorspace == _UNSPECIFIED and frame.height < 720:
        return _BT601  # by convention
    return _BT709


def _conversion(frame: VideoFrame) -> str:
    if frame.color_trc == _PQ:  # too dark and flat without tone mapping; HLG is made to do without
        return ":out_color_matrix=bt709:out_primaries=bt709:out_transfer=bt709"
    if frame.colorspace in _KEPT_SPACES or frame.colorspace == _UNSPECIFIED:
        return ""
    return ":out_color_matrix=bt709"
