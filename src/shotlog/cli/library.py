"""Commands that fill the library and look into it: ``import``, ``assets`` and ``search``."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from shotlog.cli import asset_view, installation, progress, run_view
from shotlog.cli.exit_code import ExitCode
from shotlog.cli.options import PAGE, After, AsJson, Limit, Paths, Verbosity
from shotlog.cli.output import Terminal

assets_app = typer.Typer(help="Look at the assets of the library.")

Query = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="QUERY", show_default=False, help="Words and filters, such as `ferry type:video`."
    ),
]
Under = Annotated[
    list[str] | None,
    typer.Option(
        "--path", metavar="PATH", show_default=False, help="Only what lies at or under it; repeatable."
    ),
]
States = Annotated[
    list[str] | None,
    typer.Option(
        "--state",
        metavar="STATE",
        show_default=False,
        help="Only assets that are: analysed, unanalysed, refused, missing, new or ready; repeatable.",
    ),
]


def import_(
    paths: Paths,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is there; write nothing.")] = False,
    as_json: AsJson = False,
    verbose: Verbosity = 0,
) -> None:
    """Register files and make renditions; ask no model.

    Files are read in place and never written to. One bad file never stops the rest.
    """
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    from shotlog.services import scanning

    if dry_run:
        with installation.opened(terminal) as app:
            counts = app.scanner.preview(scanning.absolute(paths))
        found = {word: getattr(counts, word) for word in ("found", "new", "changed", "unchanged", "missing")}
        problems = [{"path": path, "code": code, "reason": reason} for path, code, reason in counts.problems]
        document: dict[str, Any] = {**found, "problems": problems}
        terminal.result(document, run_view.preview(document))
        raise typer.Exit(ExitCode.INCOMPLETE if problems else ExitCode.OK)
    with installation.opened(terminal) as app, app.workbench() as bench:
        import_id = bench.start_import(scanning.absolute(paths), renditions=True)
        with progress.shown(terminal) as watch:
            bench.wait_for_import(import_id, watch)
        document = app.reports.import_summary(import_id)
    terminal.result(document, run_view.imported(document))
    raise typer.Exit(ExitCode.INCOMPLETE if document["refused"] else ExitCode.OK)


@assets_app.command("list")
def list_assets(
    query: Query = None,
    *,
    path: Under = None,
    state: States = None,
    limit: Limit = PAGE,
    after: After = "",
    as_json: AsJson = False,
    verbose: Verbosity = 0,
) -> None:
    """List the assets that match, in the order they were added."""
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    from shotlog.services.browse import asset_json

    with installation.opened(terminal) as app:
        page = app.browse.list_assets(
            " ".join(query or ()),
            # Not `scanning.absolute`: what was moved away is no file any more, and still in the library.
            paths=[os.path.realpath(one) for one in path or ()],
            states=state or (),
            cursor=after or None,
            limit=limit,
        )
    document = {
        "assets": [asset_json(asset) for asset in page.assets],
        "total": page.total,
        "next": page.next,
    }
    terminal.result(document, asset_view.asset_list(document))


@assets_app.command("show")
def show_asset(
    asset: Annotated[str, typer.Argument(metavar="ID", show_default=False, help="Such as ast_12.")],
    *,
    as_json: AsJson = False,
    verbose: Verbosity = 0,
) -> None:
    """Show everything known of one asset.

    Its facts, what was found in it and when, and the records of all runs.
    """
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    from shotlog.services.browse import detail_json

    with installation.opened(terminal) as app:
        document = detail_json(app.browse.show(asset))
    terminal.result(document, asset_view.asset_detail(document))


def search(
    query: Annotated[
        list[str],
        typer.Argument(
            metavar="QUERY", show_default=False, help="Words and filters; put the whole in quotes."
        ),
    ],
    *,
    limit: Limit = PAGE,
    after: After = "",
    as_json: AsJson = False,
    verbose: Verbosity = 0,
) -> None:
    """Find moments by words and filters.

    All words must occur: in names, summaries, chapters, text on screen, or whatever else was found.
    """
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    from shotlog.services.browse import hit_json

    with installation.opened(terminal) as app:
        page = app.browse.search(" ".join(query), cursor=after or None, limit=limit)
        bare = not page.total and not app.browse.list_assets("is:analysed", limit=1).total
    document = {"hits": [hit_json(hit) for hit in page.hits], "total": page.total, "next": page.next}
    if bare:
        terminal.hint("Nothing is analysed yet, so only names can be found; `shotlog run PATH` analyses.")
    terminal.result(document, asset_view.hits(document))
