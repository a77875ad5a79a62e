"""Derive due work from state, again and again: what the engine forgot, the library still knows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from shotlog.errors import AppError, Interrupted

_PAUSE_SECONDS = 2.0
_FIRST_RETRY_SECONDS = 1.0
_LAST_RETRY_SECONDS = 300.0
#: Failures in a row after which also trouble that may pass is told to whoever waits.
_PATIENCE = 5

_log = structlog.get_logger(__name__)

#: Returns (workflow, key) of everything that the state says is due.
Due = Callable[[], list[tuple[str, int]]]
Ensure = Callable[[str, int], None]


def _nobody(name: str, key: int) -> None:
    """Stand in for the engine until it is started."""


@dataclass
class _Trouble:
    error: Exception
    count: int
    again_at: float


class Sweeper:
    """A thread that gives each due thing its workflow; what failed is tried again, ever later."""

    def __init__(self, due: Due) -> None:
        self._due = due
        self._ensure: Ensure = _nobody
        self._bell = threading.Event()
        self._stopped = False
        self._troubles: dict[tuple[str, int], _Trouble] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self, ensure: Ensure) -> None:
        """Sweep now, then every few seconds; *ensure* starts a workflow that is not under way."""
        self._ensure = ensure
        self.sweep()
        self._thread.start()

    def wake(self) -> None:
        """Sweep at once: something has just become due."""
        self._bell.set()

    def sweep(self) -> None:
        """Sweep once."""
        now = time.monotonic()
        for name, key in self._due():
            with self._lock:
                trouble = self._troubles.get((name, key))
            if trouble is None or trouble.again_at <= now:
                try:
                    self._ensure(name, key)
                except AppError as error:  # the engine's own trouble keeps this piece of work from being done
                    self.ended(name, key, error)

    def ended(self, name: str, key: int, error: Exception | None) -> None:
        """Note how a workflow ended; one that failed is due again after a pause that doubles."""
        with self._lock:
            before = self._troubles.pop((name, key), None)
            if error is None or isinstance(error, Interrupted):
                return
            count = before.count + 1 if before else 1
            pause = min(_FIRST_RETRY_SECONDS * 2 ** (count - 1), _LAST_RETRY_SECONDS)
            self._troubles[name, key] = _Trouble(error, count, time.monotonic() + pause)
        known = isinstance(error, AppError)
        _log.log(30 if known else 40, "work_failed", work=name, key=key, error=str(error), exc_info=not known)

    def trouble(self, name: str, key: int) -> Exception | None:
        """Return what keeps a piece of work from being done, once it is plain that it will not just pass."""
        with self._lock:
            trouble = self._troubles.get((name, key))
        if trouble is None:
            return None
        passing = isinstance(trouble.error, AppError) and trouble.error.retryable
        return trouble.error if not passing or trouble.count >= _PATIENCE else None

    def close(self) -> None:
        """Stop sweeping."""
        self._stopped = True
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            self._bell.wait(_PAUSE_SECONDS)
            self._bell.clear()
            if self._stopped:
                return
            try:
                self.sweep()
            except Exception as error:  # noqa: BLE001 - without its sweeper a process would do nothing more
                known = isinstance(error, AppError)
                _log.log(30 if known else 40, "sweep_failed", error=str(error), exc_info=not known)
