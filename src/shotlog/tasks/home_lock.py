"""One working process per home: whoever holds the lock works, everyone else watches."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO


class HomeLock:
    """A lock that the system itself releases when its process dies, even by ``kill -9``."""

    def __init__(self, home: Path) -> None:
        self._path = home / "worker.lock"
        self._file: IO[str] | None = None

    def acquire(self) -> bool:
        """Take the lock if nobody has it, and say whether this process has it now."""
        if self._file is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file
        return True

    def release(self) -> None:
        """Let another process take over."""
        if self._file is not None:
            self._file.close()
            self._file = None
