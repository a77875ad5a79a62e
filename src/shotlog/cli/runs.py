"""Commands about runs: look at them, follow, retry, cancel, adopt and reparse them."""

from __future__ import annotations

from typing import Annotated

import typer

from shotlog.cli import asking, installation, progress, run_view
from shotlog.cli.options import PAGE, After, AsJson, Budget, Limit, ModeFlag, Verbosity, Yes
from shotlog.cli.output import Terminal
from shotlog.cli.run_end import RunEnd
from shotlog.domain.asset import parse_id

runs_app = typer.Typer(help="Look at runs, follow, retry, cancel, adopt and reparse them.")

RunId = Annotated[str, typer.Argument(metavar="ID", show_default=False, help="Such as run_7.")]


@runs_app.command("list")
def list_runs(
    *, limit: Limit = PAGE, after: After = "", as_json: AsJson = False, verbose: Verbosity = 0
) -> None:
    """List the runs with their outcomes and cost."""
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    before = parse_id("run", after) if after else None
    with installation.opened(terminal) as app:
        document = app.reports.runs(before=before, limit=limit)
    terminal.result(document, run_view.run_list(document))


@runs_app.command("show")
def show_run(run: RunId, *, as_json: AsJson = False, verbose: Verbosity = 0) -> None:
    """Show one run: jobs, outcomes, what did not succeed."""
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    with installation.opened(terminal) as app:
        document = app.reports.run(parse_id("run", run))
    terminal.result(document, run_view.run_detail(document))


@runs_app.command("watch")
def watch_run(run: RunId, *, as_json: AsJson = False, verbose: Verbosity = 0) -> None:
    """Follow a run to its end.

    Works for it where no other process does.
    """
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    run_id = parse_id("run", run)
    with installation.opened(terminal) as app, app.workbench() as bench:
        with progress.shown(terminal) as watch:
            bench.wait_for_run(run_id, watch)
        end = RunEnd.of(app.reports, run_id)
    end.tell(terminal)


@runs_app.command("retry")
def retry_run(
    run: RunId,
    *,
    mode: ModeFlag = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Ask the salvaged ones again too, for whole answers.")
    ] = False,
    budget: Budget = "",
    yes: Yes = False,
    as_json: AsJson = False,
    verbose: Verbosity = 0,
) -> None:
    """Ask again what failed and can succeed.

    In a new run, each record with the change that its cause calls for: more room where the answer was
    cut off, other words where it could not be read. The old run stays as it is.
    """
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    with installation.opened(terminal) as app, app.workbench() as bench:
        request = app.requests.retry(
            parse_id("run", run), mode=mode or "", partial=partial, budget_usd=budget
        )
        end = asking.ask(app, bench, terminal, request, yes=yes)
    end.tell(terminal)


@runs_app.command("cancel")
def cancel_run(run: RunId, *, as_json: AsJson = False, verbose: Verbosity = 0) -> None:
    """Stop a run; keep what it has by then.

    Its jobs are stopped at the provider, and what they have finished is collected, and paid.
    """
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    run_id = parse_id("run", run)
    with installation.opened(terminal) as app, app.workbench() as bench:
        bench.cancel_run(run_id)
        with progress.shown(terminal) as watch:
            bench.wait_for_run(run_id, watch)
        document = app.reports.run_summary(run_id, None)
    terminal.result(document, run_view.summary(document))


@runs_app.command("adopt")
def adopt_job(
    arn: Annotated[
        str, typer.Argument(metavar="ARN", show_default=False, help="The job's full ARN, from the provider.")
    ],
    *,
    as_json: AsJson = False,
    verbose: Verbosity = 0,
) -> None:
    """Take a job in that the library has lost.

    Its run is gone on with, or made anew from its manifest, and followed to its end. Nothing is asked.
    """
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    with installation.opened(terminal) as app, app.workbench() as bench:
        run_id = app.adopter.adopt(arn)
        with progress.shown(terminal) as watch:
            bench.wait_for_run(run_id, watch)
        end = RunEnd.of(app.reports, run_id)
    end.tell(terminal)


@runs_app.command("reparse")
def reparse_run(run: RunId, *, as_json: AsJson = False, verbose: Verbosity = 0) -> None:
    """Read the kept answers of a run anew.

    Nothing is asked and nothing is paid: for when Shotlog has learnt to read more.
    """
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    run_id = parse_id("run", run)
    with installation.opened(terminal) as app:
        counted = app.reparser.reparse(run_id)
    changes = [
        {"before": before, "after": after, "records": count}
        for (before, after), count in sorted(counted.items())
        if before != after
    ]
    document = {"run": run, "read": counted.total(), "changes": changes}
    terminal.result(document, run_view.reparsed(document))
