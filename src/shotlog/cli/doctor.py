"""The command ``doctor``: check the installation, and say how to mend what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.console import RenderableType

from shotlog.cli import installation
from shotlog.cli.exit_code import ExitCode
from shotlog.cli.failure import tell
from shotlog.cli.figures import count
from shotlog.cli.options import AsJson, Verbosity
from shotlog.cli.output import Terminal
from shotlog.cli.safe_text import prose
from shotlog.cli.tables import facts

if TYPE_CHECKING:
    from shotlog.services.examination import Check


def doctor(*, as_json: AsJson = False, verbose: Verbosity = 0) -> None:
    """Check the installation, and say how to mend it."""
    terminal = Terminal(as_json=as_json, verbosity=verbose)
    from shotlog.services.examination import FAILED

    with installation.opened(terminal) as app, app.doctor() as examiner:
        checks, policies = examiner.examine(), examiner.policies()
    failed = sum(check.state == FAILED for check in checks)
    document = {"ok": not failed, "checks": [asdict(check) for check in checks], "policies": policies}
    terminal.result(document, _shown(checks))
    if failed:
        tell(
            f"{count(failed, 'check')} failed.",
            "Mend them in this order; later ones may follow from earlier.",
        )
        raise typer.Exit(ExitCode.ERROR)


def _shown(checks: Sequence[Check]) -> Iterator[RenderableType]:
    for check in checks:
        rows = [(check.state.ljust(7), f"{check.name}: {prose(check.detail)}")]
        if check.hint:
            rows.append((" " * 7, f"hint: {prose(check.hint)}"))
        yield facts(rows)
