"""Child processes that open hostile files, so that a crash, a hang or a bomb ends only the child.

A child is started once, serves many files, and is killed when a file takes too long. It runs
functions of this package by name, takes JSON arguments and gives JSON results.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import queue
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from shotlog.errors import AppError, MediaCrashed, MediaRefused, MediaTimeout, Unavailable

_RECYCLE_AFTER = 500  # calls: bounds what a leak in a codec can cost


class Sandbox:
    """A fixed number of child processes with a memory limit; safe to call from many threads.

    Args:
        workers: how many files may be open at once.
        memory_bytes: address space of one child; 0 for no limit.
        preload: modules that a child imports before its first call.
    """

    def __init__(self, *, workers: int, memory_bytes: int = 0, preload: Sequence[str] = ()) -> None:
        self._memory_bytes = memory_bytes
        self._preload = tuple(preload)
        self._slots: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        self._children: set[_Child] = set()
        self._lock = threading.Lock()
        self._closed = False
        for _ in range(workers):
            self._slots.put(None)

    def call(self, function: str, /, *, timeout_s: float, **arguments: Any) -> Any:
        """Run ``package.module:function`` in a child and return its result.

        Waits for a free child first; *timeout_s* counts from when the child has the file.

        Raises:
            MediaRefused: what the function itself raised, with its code.
            Unavailable: the machine's trouble and not the file's, such as a full disk.
            MediaTimeout: the child was killed after *timeout_s* seconds.
            MediaCrashed: the child died.
        """
        child = self._slots.get()
        try:
            if child is None or child.spent:
                child = self._replace(child)
            return child.call(function, arguments, timeout_s)
        finally:
            if child is not None and not child.alive:
                self._forget(child)
                child = None
            self._slots.put(child)

    def close(self) -> None:
        """End all children; calls that are under way or waiting fail with ``MediaCrashed``."""
        with self._lock:
            self._closed = True
            children = list(self._children)
        for child in children:
            child.kill()
        idle: list[_Child | None] = []
        with contextlib.suppress(queue.Empty):
            while True:
                idle.append(self._slots.get_nowait())
        for resting in idle:
            if resting is not None:
                self._forget(resting)
            self._slots.put(None)

    @property
    def pids(self) -> list[int]:
        """Return the process ids of the children that have been started and not ended."""
        with self._lock:
            return [child.pid for child in self._children]

    def _replace(self, child: _Child | None) -> _Child:
        if child is not None:
            self._forget(child)
        with self._lock:
            if self._closed:
                raise MediaCrashed("The media processes have been closed.")
            fresh = _Child(self._memory_bytes, self._preload)
            self._children.add(fresh)
        return fresh

    def _forget(self, child: _Child) -> None:
        child.kill()
        child.close_pipes()
        with self._lock:
            self._children.discard(child)


class _Child:
    def __init__(self, memory_bytes: int, preload: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "shotlog.sandbox.child",
                str(memory_bytes),
                str(os.getpid()),
                *preload,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._calls = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def spent(self) -> bool:
        return self._calls >= _RECYCLE_AFTER or not self.alive

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def close_pipes(self) -> None:
        # Only by whoever holds the child: a descriptor closed under a reader may become another file.
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def call(self, function: str, arguments: dict[str, Any], timeout_s: float) -> Any:
        self._calls += 1
        request = json.dumps({"function": function, "arguments": arguments}).encode() + b"\n"
        try:
            reply = json.loads(self._exchange(request, timeout_s))
        except TimeoutError:
            self.kill()
            raise MediaTimeout(f"Not done after {timeout_s:g} s.") from None
        except (OSError, ValueError) as error:
            self.kill()
            raise MediaCrashed(f"The media process ended: {error or 'no answer'}.") from error
        if "result" in reply:
            return reply["result"]
        raise _revive(reply["error"])

    def _exchange(self, request: bytes, timeout_s: float) -> bytes:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:  # pragma: no cover - Popen was asked for both
            raise OSError("no pipes")
        stdin.write(request)
        stdin.flush()
        deadline = time.monotonic() + timeout_s
        ready = select.poll()  # select() knows no descriptor beyond 1,023
        ready.register(stdout, select.POLLIN)
        reply = bytearray()
        while not reply.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not ready.poll(math.ceil(left * 1000)):
                raise TimeoutError
            piece = os.read(stdout.fileno(), 1 << 16)
            if not piece:
                raise OSError(f"exit status {self._process.wait()}")
            reply += piece
        return bytes(reply)


def _revive(error: dict[str, str]) -> AppError:
    if error["code"] == Unavailable.code:
        return Unavailable(error["message"], hint=error["hint"])
    return MediaRefused(error["message"], code=error["code"], hint=error["hint"])
