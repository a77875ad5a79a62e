"""Let the processes of one test run take turns at what only one of them may make."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def once(lock: Path) -> Iterator[None]:
    """Hold the file *lock*, in the run's ``session_folder``, for the length of the block."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
