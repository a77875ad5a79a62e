"""The command line: which commands there are, and how a process of ours begins and ends.

Whatever ends a command arrives here once, and leaves as an exit code. Command modules import what is heavy
only when they run, so that ``--help`` costs nothing.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Annotated, NoReturn

import typer
from typer.main import get_command

from shotlog.cli import asking, doctor, emulator, library, runs, storage
from shotlog.cli.exit_code import ExitCode
from shotlog.cli.failure import Terminated, Wishes, report
from shotlog.cli.output import OutputClosed, write

app = typer.Typer(
    name="shotlog",
    help="Turn folders of videos and photos into a searchable, costed log.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(asking.run)
app.command("import")(library.import_)
app.add_typer(library.assets_app, name="assets")
app.command("estimate")(asking.estimate)
app.command("analyze")(asking.analyze)
app.add_typer(runs.runs_app, name="runs")
app.command("search")(library.search)
app.add_typer(storage.storage_app, name="storage")
app.command("emulator")(emulator.emulator)
app.command("doctor")(doctor.doctor)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"shotlog {version('shotlog')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Turn folders of videos and photos into a searchable, costed log."""
    del version
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(ExitCode.USAGE)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command (by default the process's own arguments) and exit with its code."""
    raise SystemExit(int(_run(list(sys.argv[1:] if arguments is None else arguments))))


def _run(arguments: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a letter gets its number
            stream.reconfigure(errors="backslashreplace")
    wishes = Wishes.of(arguments)
    try:
        with _terminable():
            code = _invoked(arguments)
            write("")  # what is still buffered
    except OutputClosed:
        _forget_stdout()
        return ExitCode.OUTPUT_CLOSED
    except (KeyboardInterrupt, Terminated, Exception) as error:  # noqa: BLE001 - the edge: nothing gets past
        return report(error, wishes)
    return code


def _invoked(arguments: list[str]) -> int:
    """Run Typer's command and return the exit code, also of a ``typer.Exit``."""
    code = get_command(app).main(arguments, prog_name="shotlog", standalone_mode=False)
    if code == ExitCode.INTERRUPTED:  # Typer has taken the KeyboardInterrupt
        raise KeyboardInterrupt
    return int(code or 0)


def _forget_stdout() -> None:
    """Let what is left for a closed stdout go nowhere, else the interpreter complains as it ends."""
    with contextlib.suppress(OSError):  # a stdout without a file has nothing to close
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the command like Ctrl-C does, from inside, so that everything is closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
