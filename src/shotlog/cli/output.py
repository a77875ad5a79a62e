"""Where a command writes: its result on stdout, and everything else on stderr."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from rich.console import Console, RenderableType

from shotlog.cli.safe_text import one_line
from shotlog.errors import Unavailable

#: Rich fills lines up with blanks.
_TRAILING = re.compile(r" +$", re.MULTILINE)


class OutputClosed(Exception):
    """Nobody reads stdout any more."""


class Terminal:
    """The two streams of one command, and how it was asked to use them.

    Args:
        as_json: the result is one JSON object; otherwise it is for people.
        verbosity: how often ``-v`` was given.
    """

    def __init__(self, *, as_json: bool = False, verbosity: int = 0) -> None:
        self.as_json = as_json
        self.verbosity = verbosity
        #: For what is not the result: tables before a question, progress.
        self.side = _console(sys.stderr)

    @property
    def animated(self) -> bool:
        """Tell whether somebody watches stderr, so that a progress bar can move there."""
        return self.side.is_terminal and not self.side.is_dumb_terminal

    def result(self, document: dict[str, Any], shown: Iterable[RenderableType] = ()) -> None:
        """Write the result, which comes last: *document* as JSON, or what is *shown* to people.

        Raises:
            OutputClosed: the reader went away.
            Unavailable: stdout takes no more, as on a full disk.
        """
        if self.as_json:
            write(encode(document) + "\n")
            return
        console = _console(sys.stdout)
        with _writing():  # Rich touches the stream even while it captures
            with console.capture() as captured:
                for part in shown:
                    console.print(part)
            write(_TRAILING.sub("", captured.get()))

    def note(self, text: str) -> None:
        """Say something beside the result, on a line of stderr."""
        sys.stderr.write(one_line(text) + "\n")
        sys.stderr.flush()

    def hint(self, text: str) -> None:
        """Say on stderr what could be done next."""
        self.note(f"hint: {text}")

    def can_ask(self) -> bool:
        """Tell whether there is somebody to answer a question."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def ask(self, question: str) -> bool:
        """Ask on stderr, and return whether the answer is yes; no answer means no."""
        sys.stderr.write(f"{question} [y/N] ")
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in {"y", "yes"}


def encode(document: dict[str, Any]) -> str:
    r"""Return a JSON object in ASCII on one line, so that even undecodable names survive any encoding.

    >>> encode({"name": "a\udce9", "fps": float("nan")})
    '{"name": "a\\udce9", "fps": null}'
    """
    return json.dumps(_finite(document), ensure_ascii=True, allow_nan=False)


def write(text: str) -> None:
    """Write *text* on stdout at once.

    Raises:
        OutputClosed: the reader went away.
        Unavailable: stdout takes no more, as on a full disk.
    """
    with _writing():
        sys.stdout.write(text)
        sys.stdout.flush()


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise OutputClosed from error
    except OSError as error:
        raise Unavailable(
            f"The output cannot be written: {error.strerror}.",
            hint="The work itself is done; ask for its result again.",
        ) from error


def _finite(value: Any) -> Any:
    """Replace what JSON has no word for: a damaged file's NaN or infinity is unknown."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _console(stream: IO[str]) -> Console:
    # Names hold brackets and colons; nothing that is printed is markup.
    return Console(file=stream, markup=False, emoji=False, highlight=False)
