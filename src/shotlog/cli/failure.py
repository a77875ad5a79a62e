"""Turn what went wrong into words, a JSON object and an exit code; the command line's edge."""

from __future__ import annotations

import contextlib
import errno
import re
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import typer

from shotlog.cli.exit_code import ExitCode
from shotlog.cli.output import encode
from shotlog.cli.safe_text import lines, one_line
from shotlog.errors import AppError

_GOES_ON = "The same command goes on where it was."
#: What the system refuses for reasons that lie in the machine and not in the program.
_SYSTEM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})


class WrongSettings(Exception):
    """A setting has a value that it cannot have, or the settings cannot be read."""


class Terminated(BaseException):
    """The system asked the process to end (SIGTERM); everything is closed on the way out."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How failures are to be told; read off the arguments, because these may be what is wrong."""

    as_json: bool = False
    verbose: bool = False

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Wishes:
        """Return what *arguments* ask for, up to a ``--``."""
        flags = list(takewhile(lambda argument: argument != "--", arguments))
        verbose = any(re.fullmatch(r"-v+|--verbose", flag) for flag in flags)
        return cls("--json" in flags, verbose)


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, as it is told."""

    exit_code: ExitCode
    #: A stable word: the error tree's, or usage, settings, system, interrupted or bug.
    code: str
    message: str
    hint: str = ""


def explain(error: BaseException) -> Failure:
    """Say what an error that ended a command means to the person."""
    match error:
        case AppError():
            return Failure(ExitCode.ERROR, error.code, error.message, error.hint)
        case WrongSettings():
            hint = "Settings come from SHOTLOG_... variables and from shotlog.toml in the home."
            return Failure(ExitCode.USAGE, "settings", str(error), hint)
        case typer.TyperException():
            return Failure(ExitCode.USAGE, "usage", _sentence(error.format_message()), _usage_hint(error))
        case KeyboardInterrupt():
            return Failure(ExitCode.INTERRUPTED, "interrupted", "Interrupted.", _GOES_ON)
        case Terminated():
            return Failure(ExitCode.TERMINATED, "interrupted", "Asked to end.", _GOES_ON)
    return _surprise(error)


def _surprise(error: BaseException) -> Failure:
    """Tell what nobody has foreseen: a disk or permission of this machine, or a bug."""
    if isinstance(error, OSError) and error.errno in _SYSTEM:
        hint = "See that the disk has room and that the home (SHOTLOG_HOME) can be written."
        return Failure(ExitCode.ERROR, "system", str(error), hint)
    message = f"This should not have happened: {type(error).__name__}: {error}"
    return Failure(ExitCode.BUG, "bug", message, "It is a bug in Shotlog. Repeat with -v for the details.")


def report(error: BaseException, wishes: Wishes) -> ExitCode:
    """Tell what went wrong on stderr, with ``--json`` on stdout too, and return the exit code."""
    failure = explain(error)
    with contextlib.suppress(OSError):  # nowhere left to tell it
        if wishes.verbose and failure.exit_code in {ExitCode.ERROR, ExitCode.BUG}:
            sys.stderr.write(lines("".join(traceback.format_exception(error))))
        tell(failure.message, failure.hint)
        if wishes.as_json:
            said = {"code": failure.code, "message": failure.message, "hint": failure.hint}
            sys.stdout.write(encode({"error": said}) + "\n")
            sys.stdout.flush()
    return failure.exit_code


def tell(message: str, hint: str = "") -> None:
    """Write an error and its hint on stderr, a line each."""
    said = [f"error: {message}"] + ([f"hint: {hint}"] if hint else [])
    sys.stderr.write("".join(one_line(re.sub(r"\s*\n\s*", " ", line)) + "\n" for line in said))
    sys.stderr.flush()


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _usage_hint(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "shotlog"
    hint = f"`{command} --help` shows what it takes."
    if getattr(error, "option_name", None):
        hint += " Write `--` before a name or search that begins with a minus sign."
    return hint
