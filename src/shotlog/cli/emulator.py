"""The command ``emulator``: serve Bedrock's API on loopback until it is stopped."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from shotlog.cli import installation
from shotlog.cli.failure import Terminated
from shotlog.cli.options import Verbosity
from shotlog.cli.output import Terminal, encode, write

_StateFile = Annotated[
    Path | None,
    typer.Option(
        "--state",
        metavar="FILE",
        dir_okay=False,
        show_default=False,
        help="Keep the jobs in this file over a restart. [memory]",
    ),
]
_ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        dir_okay=False,
        show_default=False,
        help="Limits, texts and faults, as TOML; flags come first.",
    ),
]


def emulator(
    *,
    port: Annotated[
        int,
        typer.Option(
            "--port", min=0, max=65535, show_default=False, help="Port on 127.0.0.1; 0 for a free one."
        ),
    ],
    store: Annotated[
        str,
        typer.Option("--store", metavar="URI", show_default=False, help="Where `s3://` leads. [the setting]"),
    ] = "",
    min_records: Annotated[
        int | None,
        typer.Option("--min-records", min=1, show_default=False, help="Fewest records in a job. [100]"),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Take the harsher reading wherever the sources leave it open.")
    ] = False,
    state: _StateFile = None,
    config: _ConfigFile = None,
    verbose: Verbosity = 0,
) -> None:
    """Serve Bedrock's API on loopback until stopped.

    Prints {"url": ...} once it accepts requests.
    """
    settings = installation.read_settings(Terminal(verbosity=verbose))
    from shotlog import bootstrap

    serving = bootstrap.emulator_server(
        settings,
        port=port,
        store=store,
        min_records=min_records,
        strict=strict,
        state=state,
        config_file=config,
    )
    with serving as url:
        try:
            write(encode({"url": url}) + "\n")
            threading.Event().wait()
        except (KeyboardInterrupt, Terminated):
            # Being stopped is how it ends well; a second signal must not break the closing.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
