"""What a command's exit code tells the shell."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes; from 128 on they are 128 and a signal's number, as shells have it."""

    OK = 0
    #: An error that ``hint:`` helps to mend.
    ERROR = 1
    #: Wrong usage, or a wrong setting.
    USAGE = 2
    #: Finished, but some items failed.
    INCOMPLETE = 3
    #: A fault of Shotlog itself.
    BUG = 70
    INTERRUPTED = 130
    #: The reader of stdout went away, as ``head`` does.
    OUTPUT_CLOSED = 141
    TERMINATED = 143
