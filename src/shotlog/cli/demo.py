"""The whole job on a small library of our own: ``make demo``."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shotlog.cli import asset_view, estimate_view, logs, progress, run_view
from shotlog.cli.exit_code import ExitCode
from shotlog.cli.output import Terminal
from shotlog.cli.tables import table
from shotlog.domain.money import format_usd

if TYPE_CHECKING:
    from shotlog.bootstrap import App

FOLDER = Path(".demo")
#: Words that only stand in the picture of one clip, from its third second on.
_WORDS = "harbour 42"
#: The models that the bill is compared with.
_NOVA = ("nova-lite", "nova-2-lite", "nova-pro")


def main(arguments: Sequence[str]) -> int:
    """Make the library in *arguments*' folder (``.demo`` by default) from nothing, and run the job on it."""
    folder = Path(arguments[0] if arguments else FOLDER).resolve()
    terminal = Terminal()
    from shotlog.bootstrap import build
    from shotlog.media.samples import make_sample_library
    from shotlog.settings import Settings

    shutil.rmtree(folder, ignore_errors=True)
    library = folder / "library"
    library.mkdir(parents=True)
    _say("1. A sample library of our own")
    for path in make_sample_library(library):
        _say(f"   {path.name}")
    settings = Settings(home=folder / "home", database_url="", store="", engine="local", bedrock_endpoint="")
    logs.configure(settings, terminal.verbosity)
    with build(settings) as app:
        document = _run(app, terminal, library)
        _say("\n3. What was found")
        terminal.result(document, run_view.summary(document))
        _search(app, terminal)
        _bill(app, terminal, library)
    _say("\nGo on by hand:")
    _say(f"   export SHOTLOG_HOME={FOLDER / 'home' if not arguments else folder / 'home'}")
    _say('   .venv/bin/shotlog search "platform 9"')
    _say("   .venv/bin/shotlog runs list")
    return ExitCode.OK


def _run(app: App, terminal: Terminal, library: Path) -> dict[str, Any]:
    """Import, estimate and ask, as ``shotlog run`` does."""
    _say("\n2. Import, estimate, renditions, one batch job through the emulator on loopback, results")
    with app.workbench() as bench:
        import_id = bench.start_import([str(library)], renditions=False)
        with progress.shown(terminal) as watch:
            bench.wait_for_import(import_id, watch)
        request = app.requests.fresh(paths=[str(library)])
        found = app.estimator.estimate(request)
        terminal.result({}, estimate_view.estimate(found, request.mode))
        run = bench.start_run(request)
        if run is None:
            raise RuntimeError("The sample library has nothing to ask about.")
        with progress.shown(terminal) as watch:
            bench.wait_for_run(run.id, watch)
    return app.reports.run_summary(run.id, import_id)


def _search(app: App, terminal: Terminal) -> None:
    """Look for words that are only seen."""
    from shotlog.services.browse import hit_json

    _say(f'\n4. A search for words that are only seen on screen: "{_WORDS}"')
    page = app.browse.search(_WORDS, limit=1)
    document = {"hits": [hit_json(hit) for hit in page.hits], "total": page.total, "next": None}
    terminal.result(document, asset_view.hits(document))


def _bill(app: App, terminal: Terminal, library: Path) -> None:
    """Show what the same questions would have cost on Nova, batch beside on demand."""
    _say("\n5. It cost nothing here. On Nova the same run would have cost about:")
    rows = []
    for name in _NOVA:
        request = app.requests.fresh(paths=[str(library)], model=name)
        found = app.estimator.estimate(request)
        likely = (format_usd(cost.likely if cost else None) for cost in (found.batch, found.on_demand))
        rows.append((app.catalog.find(name).name, *likely))
    terminal.result({}, [table(("model", "batch", "on demand"), rows, right=("batch", "on demand"))])


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
