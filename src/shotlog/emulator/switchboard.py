"""The faults in force, and the bell that wakes whoever waits for a change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from shotlog.emulator.faults import Faults

_LOOK_S = 0.5  # longest sleep between two looks at a condition, should a bell be missed


class Switchboard:
    """Holds the faults; safe to use from many threads."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._bell = threading.Condition()
        self._closed = False

    @property
    def faults(self) -> Faults:
        """Return the faults in force."""
        return self._faults

    @property
    def closed(self) -> bool:
        """Say whether the emulator is closing."""
        return self._closed

    def set(self, faults: Faults) -> None:
        """Put other faults in force and wake everybody who waits."""
        with self._bell:
            self._faults = faults
            self._bell.notify_all()

    def take(self, counter: str) -> bool:
        """Use up one of the faults that *counter* counts; False when there is none left."""
        with self._bell:
            left: int = getattr(self._faults, counter)
            if left:
                self._faults = self._faults.model_copy(update={counter: left - 1})
            return left > 0

    def ring(self) -> None:
        """Wake everybody who waits."""
        with self._bell:
            self._bell.notify_all()

    def close(self) -> None:
        """End all waiting, now and later."""
        with self._bell:
            self._closed = True
            self._bell.notify_all()

    def wait(self, until: Callable[[], bool], *, at_most_s: float | None = None) -> bool:
        """Wait until *until* holds, the emulator closes or *at_most_s* pass; return whether it held."""
        deadline = None if at_most_s is None else time.monotonic() + at_most_s
        with self._bell:
            while not until():
                left = _LOOK_S if deadline is None else min(_LOOK_S, deadline - time.monotonic())
                if left <= 0 or self._closed:
                    return False
                self._bell.wait(left)
            return True
