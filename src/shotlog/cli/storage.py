"""Commands about what batch jobs leave in the store: look at it, and clean it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shotlog.cli import installation, storage_view
from shotlog.cli.exit_code import ExitCode
from shotlog.cli.failure import tell
from shotlog.cli.figures import count
from shotlog.cli.options import AsJson, Verbosity
from shotlog.cli.output import Terminal
from shotlog.errors import Conflict

if TYPE_CHECKING:
    from shotlog.services.cleaning import CleanUp

storage_app = typer.Typer(help="See what batch jobs left in the store, and clean it up.")


@storage_app.command("show")
def show_storage(*, as_json: AsJson = False, verbose: Verbosity = 0) -> None:
    """Say what lies in the folders of jobs.

    How much it is, whose, and what may go because nobody needs it any more.
    """
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    with installation.opened(terminal) as app:
        document = app.cleaner.inventory().to_json()
    terminal.result(document, storage_view.inventory(document))


@storage_app.command("clean")
def clean_storage(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; delete nothing.")] = False,
    orphans: Annotated[
        bool, typer.Option("--orphans", help="Clean folders too that no run of this library knows.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    as_json: AsJson = False,
    verbose: Verbosity = 0,
) -> None:
    """Delete the folders of jobs that are over.

    Only what is proven safe goes, and raw outputs are archived first. Shows what would go and asks,
    unless told otherwise; after a kill, the same command goes on.
    """
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    with installation.opened(terminal) as app:
        only = None
        if not dry_run and not yes:
            preview = app.cleaner.clean(dry_run=True, orphans=orphans)
            only = _agreed(terminal, preview)
        done = app.cleaner.clean(dry_run=dry_run, orphans=orphans, only=only)
    document = done.to_json()
    terminal.result(document, storage_view.cleaned(document))
    if done.failed:
        tell(
            f"{count(len(done.failed), 'folder')} could not be cleaned.",
            "What is left of them stays due; clean up again.",
        )
        raise typer.Exit(ExitCode.INCOMPLETE)


def _agreed(terminal: Terminal, preview: CleanUp) -> set[str]:
    """Return the folders that somebody agrees to delete; raise ``Conflict`` if nobody does."""
    names = {folder.name for folder in preview.cleaned}
    if not names:
        return names
    for part in storage_view.cleaned(preview.to_json()):
        terminal.side.print(part)
    if not terminal.can_ask():
        raise Conflict(
            "A clean-up deletes objects, and there is nobody to ask.",
            hint="Repeat it with --yes to delete them.",
        )
    if not terminal.ask(f"Delete {count(len(names), 'folder')}, having archived the outputs?"):
        raise Conflict("No consent: nothing was deleted.")
    return names
