"""Commands that ask a model, or say what asking would cost: ``run``, ``analyze`` and ``estimate``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from shotlog.cli import estimate_view, installation, progress
from shotlog.cli.figures import count
from shotlog.cli.options import AsJson, Budget, ModeFlag, Model, Paths, RecipeName, SomePaths, Verbosity, Yes
from shotlog.cli.output import Terminal
from shotlog.cli.run_end import RunEnd
from shotlog.domain.asset import parse_id
from shotlog.domain.model import Mode
from shotlog.errors import Conflict

if TYPE_CHECKING:
    from shotlog.bootstrap import App
    from shotlog.services.estimating import RunEstimate
    from shotlog.services.planning import RunRequest
    from shotlog.tasks.workbench import Workbench


def run(
    paths: Paths,
    *,
    mode: ModeFlag = None,
    model: Model = "",
    recipe: RecipeName = "",
    budget: Budget = "",
    yes: Yes = False,
    as_json: AsJson = False,
    verbose: Verbosity = 0,
) -> None:
    """Import, estimate, ask and sum up: the main job.

    Asks for consent before anything is spent. What is known and unchanged is neither done nor paid
    again, so it can be repeated at will; after a kill it finishes what was begun.
    """
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    with installation.opened(terminal) as app, app.workbench() as bench:
        where, import_id = _imported(bench, terminal, paths)
        request = app.requests.fresh(
            paths=where, mode=mode or "", model=model, recipe=recipe, budget_usd=budget
        )
        end = ask(app, bench, terminal, request, yes=yes, import_id=import_id)
    end.tell(terminal)


def analyze(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID", show_default=False, help="Such as ast_12. [all without a current result]"
        ),
    ] = None,
    *,
    mode: ModeFlag = None,
    model: Model = "",
    recipe: RecipeName = "",
    budget: Budget = "",
    yes: Yes = False,
    again: Annotated[
        bool, typer.Option("--again", help="Ask, and pay, again what has a result already.")
    ] = False,
    as_json: AsJson = False,
    verbose: Verbosity = 0,
) -> None:
    """Ask a model about what is imported.

    The second half of `run`: about some assets, or about all that have no current result.
    """
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    with installation.opened(terminal) as app:
        assets = _existing(app, ids or ())
        request = app.requests.fresh(
            assets=assets, mode=mode or "", model=model, recipe=recipe, budget_usd=budget, again=again
        )
        with app.workbench() as bench:
            end = ask(app, bench, terminal, request, yes=yes)
    end.tell(terminal)


def estimate(
    paths: SomePaths = None,
    *,
    model: Model = "",
    recipe: RecipeName = "",
    as_json: AsJson = False,
    verbose: Verbosity = 0,
) -> None:
    """Say what a run would cost; spend nothing.

    Batch beside on demand, from real durations. PATHs are imported first, without renditions.
    """
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    with installation.opened(terminal) as app:
        where: list[str] = []
        if paths:
            terminal.note("Importing first, without renditions: the estimate needs the durations.")
            with app.workbench() as bench:
                where, _ = _imported(bench, terminal, paths)
        found = app.estimator.estimate(app.requests.fresh(paths=where, model=model, recipe=recipe))
    terminal.result(found.to_json(), estimate_view.estimate(found))


def _imported(bench: Workbench, terminal: Terminal, paths: Sequence[str]) -> tuple[list[str], int]:
    """Import *paths* without renditions; return them as they are stored, and the import's number."""
    from shotlog.services import scanning

    where = scanning.absolute(paths)
    import_id = bench.start_import(where, renditions=False)
    with progress.shown(terminal) as watch:
        bench.wait_for_import(import_id, watch)
    return where, import_id


def _existing(app: App, ids: Sequence[str]) -> list[int]:
    """Return the assets' numbers; a wrong one is said before anything is asked."""
    numbers = [parse_id("ast", one) for one in ids]
    for number in numbers:
        app.browse.show(number)
    return numbers


def ask(
    app: App,
    bench: Workbench,
    terminal: Terminal,
    request: RunRequest,
    *,
    yes: bool,
    import_id: int | None = None,
) -> RunEnd:
    """Show the estimate, ask for consent, start the run and wait for its end.

    An unfinished run of the same request is gone on with: it was consented to when it began.
    """
    unfinished = bench.unfinished_run(request)
    if unfinished is None:
        _agree(app, terminal, request, yes=yes)
    started = bench.start_run(request)
    if started is None:
        return RunEnd.of(app.reports, None, import_id)
    begun = ", begun before" if unfinished else ""
    terminal.note(f"{started.public_id}: {count(started.planned, 'record')}{begun}")
    with progress.shown(terminal) as watch:
        bench.wait_for_run(started.id, watch)
    return RunEnd.of(app.reports, started.id, import_id)


def _agree(app: App, terminal: Terminal, request: RunRequest, *, yes: bool) -> None:
    """Show what a new run would cost, and raise ``Conflict`` unless that is agreed to."""
    found = app.estimator.estimate(request)
    if not found.records:
        return
    for part in estimate_view.estimate(found, request.mode):
        terminal.side.print(part)
    if not yes and not _free(found, request.mode):
        _ask_consent(terminal, found)


def _free(found: RunEstimate, mode: str) -> bool:
    """Tell whether the run costs nothing for certain; an unknown price never does."""
    cost = found.total(Mode(mode))
    return cost is not None and cost.likely == 0 and cost.high == 0


def _ask_consent(terminal: Terminal, found: RunEstimate) -> None:
    """Raise ``Conflict`` unless somebody agrees to spend."""
    if not terminal.can_ask():
        raise Conflict(
            "This run may cost money, and there is nobody to ask.", hint="Repeat it with --yes to spend it."
        )
    if not terminal.ask(f"Ask the model about {count(found.records, 'file')}?"):
        raise Conflict("No consent: nothing was asked, nothing was spent.", hint="What was imported stays.")
