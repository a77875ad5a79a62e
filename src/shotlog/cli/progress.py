"""Show how far long work is, with bars on a terminal and with log lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from shotlog.cli.output import Terminal
from shotlog.cli.safe_text import one_line

if TYPE_CHECKING:
    from shotlog.tasks.workbench import Progress

#: What the phases of the work are to a person.
_PHASES = {
    "scanning": "Looking for files",
    "probing": "Reading files",
    "rendering": "Making proxies",
    "asking": "Asking the model",
}
_OVER = "done"


@contextmanager
def shown(terminal: Terminal) -> Iterator[Callable[[Progress], None]]:
    """Yield what is to be told of progress.

    Bars with the time left are drawn where somebody watches. Elsewhere nothing is said, or with ``-v`` a
    line for each tenth of the way.
    """
    if terminal.animated:
        with _BarChart(terminal) as chart:
            yield chart.draw
    else:
        yield _Lines(terminal).tell if terminal.verbosity else _ignore


class _BarChart:
    """A bar for each phase, under the ones before it."""

    def __init__(self, terminal: Terminal) -> None:
        self._bars = Bars(
            TextColumn("{task.description:<17}", markup=False),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=terminal.side,
        )
        self._tasks: dict[str, TaskID] = {}
        self._phase = ""

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self._finish()
        self._bars.stop()

    def draw(self, progress: Progress) -> None:
        if progress.phase != self._phase:
            self._finish()
            self._phase = progress.phase
        if progress.phase == _OVER:
            return
        if progress.phase not in self._tasks:
            self._tasks[progress.phase] = self._bars.add_task(_words(progress), total=None, note="")
        self._bars.update(
            self._tasks[progress.phase],
            completed=progress.done,
            total=progress.total,
            note=one_line(progress.note),
        )

    def _finish(self) -> None:
        """Fill the bar of the phase that is over; its last step is seldom looked at."""
        for task in self._bars.tasks:
            if task.id == self._tasks.get(self._phase):
                counted = task.total is not None
                self._bars.update(task.id, completed=task.total, note="", visible=counted)


class _Lines:
    """Says on a line of its own when something worth a line has changed."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._said: tuple[str, int, str] | None = None

    def tell(self, progress: Progress) -> None:
        tenth = progress.done * 10 // progress.total if progress.total else 0
        if progress.phase == _OVER or (progress.phase, tenth, progress.note) == self._said:
            return
        self._said = (progress.phase, tenth, progress.note)
        counted = f": {progress.done:,} of {progress.total:,}" if progress.total else ""
        note = f" ({progress.note})" if progress.note else ""
        self._terminal.note(f"{_words(progress)}{counted}{note}")


def _words(progress: Progress) -> str:
    return _PHASES.get(progress.phase) or progress.phase.capitalize()


def _ignore(progress: Progress) -> None:
    del progress
