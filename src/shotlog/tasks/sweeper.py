"""Derive due work from state, again and again: what the engine forgot, the library still knows."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from shotlog.errors import AppError

_PAUSE_SECONDS = 2.0

_log = structlog.get_logger(__name__)

#: Returns (workflow, key) of everything that the state says is due.
Due = Callable[[], list[tuple[str, int]]]


class Sweeper:
    """A thread that makes sure that each due thing has its workflow."""

    def __init__(self, due: Due, ensure: Callable[[str, int], str]) -> None:
        self._due = due
        self._ensure = ensure
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        """Sweep now, then every few seconds."""
        self.sweep()
        self._thread.start()

    def sweep(self) -> None:
        """Sweep once."""
        for name, key in self._due():
            self._ensure(name, key)

    def close(self) -> None:
        """Stop sweeping."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_PAUSE_SECONDS):
            try:
                self.sweep()
            except AppError as error:
                _log.warning("sweep_failed", error=error.message)
