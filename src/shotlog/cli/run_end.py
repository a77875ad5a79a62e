"""How a run came out: what is printed of it, and the exit code that follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from shotlog.cli import run_view
from shotlog.cli.exit_code import ExitCode
from shotlog.cli.failure import tell
from shotlog.cli.output import Terminal
from shotlog.domain.state import RunState

if TYPE_CHECKING:
    from shotlog.services.reporting import Reports


@dataclass(frozen=True, slots=True)
class RunEnd:
    """The summary of a run that has ended, or of an import that left nothing to ask."""

    document: dict[str, Any]
    #: Why the run failed; empty otherwise.
    reason: str = ""

    @classmethod
    def of(cls, reports: Reports, run_id: int | None, import_id: int | None = None) -> RunEnd:
        """Read how a run ended; None: there was nothing to ask."""
        document = reports.run_summary(run_id, import_id)
        failed = run_id is not None and document["state"] == RunState.FAILED
        return cls(document, (reports.run(run_id)["reason"] or "") if failed and run_id is not None else "")

    def tell(self, terminal: Terminal) -> None:
        """Print the summary, and raise ``typer.Exit`` unless all went well."""
        run, state = self.document["run"], self.document["state"]
        terminal.result(self.document, run_view.summary(self.document))
        if state == RunState.FAILED:
            tell(
                f"{run} failed. {self.reason}".strip(),
                f"`shotlog runs show {run}` tells more; the same command tries again.",
            )
            raise typer.Exit(ExitCode.ERROR)
        if state == RunState.CANCELLED:
            tell(f"{run} was cancelled.", "What had been answered by then is kept.")
            raise typer.Exit(ExitCode.ERROR)
        if self.document["assets"]["refused"] or run_view.failures(self.document["records"]):
            raise typer.Exit(ExitCode.INCOMPLETE)
