"""The time at which a decoded picture is shown, counted from the start of its file."""

from __future__ import annotations

from fractions import Fraction

from av.video.frame import VideoFrame

#: Formats whose clock may start over later on, and how far a jump ahead must go to be that, in seconds.
_RESTARTING = {"mpegts": 10.0, "mpeg": 10.0, "flv": 10.0}
_LONGEST_PAUSE_S = 3600.0
_LONGEST_STEP_BACK_S = 0.5  # pictures come in the order in which they are shown


class Timeline:
    """Turns time stamps into seconds that start at 0 and make no impossible jumps.

    Args:
        start_us: where the container says it starts, in microseconds.
        fps: the source's frame rate; stands in where a picture has no time stamp.
        demuxer: decides which jumps are taken for a clock that started over.
    """

    def __init__(self, start_us: int | None, fps: Fraction | None, demuxer: str) -> None:
        #: Seconds that are taken off a time stamp.
        self.origin = (start_us or 0) / 1_000_000
        self._step = float(1 / fps) if fps else 0.04
        self._longest_jump = _RESTARTING.get(demuxer, _LONGEST_PAUSE_S)
        self._last: float | None = None

    def time_of(self, frame: VideoFrame) -> float:
        """Return when *frame* is shown, in seconds; call it for every picture, in order."""
        expected = 0.0 if self._last is None else self._last + self._step
        stamp = frame.time
        if stamp is None:
            time_s = expected
        else:
            time_s = stamp - self.origin
            if not -_LONGEST_STEP_BACK_S <= time_s - expected <= self._longest_jump:
                self.origin += time_s - expected
                time_s = expected
        self._last = max(time_s, 0.0)
        return self._last
