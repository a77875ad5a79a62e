"""The arguments and flags that several commands take, each described once."""

from __future__ import annotations

from typing import Annotated

import typer

from shotlog.domain.model import Mode
from shotlog.domain.money import microusd
from shotlog.errors import Invalid

#: Entries of a page, unless asked otherwise, and at the most; those of ``services.browse``.
PAGE = 50
LARGEST_PAGE = 1000


def _paths(given: list[str] | None) -> list[str] | None:
    """Refuse an empty path: an unset variable of a script must not mean the current folder."""
    if given and "" in given:
        raise typer.BadParameter("a path is empty")
    return given


def _budget(given: str) -> str:
    """Refuse what is no amount of money while it is still a question of usage."""
    if given:
        try:
            microusd(given)
        except Invalid as error:
            raise typer.BadParameter(f"{error.message} {error.hint}") from error
    return given


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Verbosity = Annotated[
    int,
    typer.Option(
        "-v", "--verbose", count=True, show_default=False, help="Log more (-vv: still more), with tracebacks."
    ),
]
Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH", show_default=False, callback=_paths, help="Folders and files; only read, in place."
    ),
]
SomePaths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH", show_default=False, callback=_paths, help="Folders and files. [all assets]"
    ),
]
ModeFlag = Annotated[
    Mode | None, typer.Option("--mode", show_default=False, help="How the model is asked. [the setting]")
]
Model = Annotated[
    str, typer.Option("--model", show_default=False, help="Model id, profile or ARN. [the setting]")
]
RecipeName = Annotated[
    str, typer.Option("--recipe", show_default=False, help="What is asked, by a recipe's name. [the setting]")
]
Budget = Annotated[
    str,
    typer.Option(
        "--budget",
        metavar="USD",
        show_default=False,
        callback=_budget,
        help="The most that this run may cost. [the setting]",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Spend without asking.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=LARGEST_PAGE, help="Entries of a page.")]
After = Annotated[
    str,
    typer.Option(
        "--after", metavar="NEXT", show_default=False, help="Go on after a page, with the `next` it gave."
    ),
]
