"""Show runs and imports to people, from the objects that ``--json`` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from shotlog.cli.figures import count, dollars
from shotlog.cli.safe_text import one_line, prose
from shotlog.cli.tables import facts, table
from shotlog.domain.outcome import Outcome

_SHOWN = 20  # refused files of a summary; JSON has all


def summary(document: dict[str, Any]) -> Iterator[RenderableType]:
    """Show what came of a run: its files, records and cost."""
    if document["run"]:
        yield Text(f"{document['run']} {document['state']}", style="bold")
    elif (document.get("assets") or {}).get("found"):
        yield "Nothing to ask: every file has been asked about, or cannot be."
    else:
        yield "Nothing to ask."
    assets = document.get("assets") or {}
    yield facts(
        (
            ("files", _assets(assets) if assets.get("found") else ""),
            ("jobs", str(document["jobs"]) if document["jobs"] else ""),
            ("records", outcomes(document["records"]) if document["run"] else ""),
            ("cost", _cost(document["cost_usd"]) if document["run"] else ""),
        )
    )
    yield from _refused(assets.get("refused") or [])
    failed = sum(failures(document["records"]).values())
    if failed:
        yield f"`shotlog runs show {document['run']}` tells why {count(failed, 'record')} did not succeed."


def imported(document: dict[str, Any]) -> Iterator[RenderableType]:
    """Show what an import brought."""
    yield facts([("files", _assets(document))])
    yield from _refused(document["refused"])


def preview(document: dict[str, Any]) -> Iterator[RenderableType]:
    """Show what an import would find."""
    words = ("new", "changed", "unchanged", "missing")
    counted = ", ".join(f"{document[word]:,} {word}" for word in words)
    yield facts([("files", f"{document['found']:,} found: {counted}")])
    yield from _refused(document["problems"])


def reparsed(document: dict[str, Any]) -> Iterator[RenderableType]:
    """Show what became of a run's answers that were read anew."""
    yield f"{count(document['read'], 'answer')} read anew."
    rows = [(change["before"], change["after"], f"{change['records']:,}") for change in document["changes"]]
    if rows:
        yield table(("was", "is now", "records"), rows, right=("records",))


def run_list(document: dict[str, Any]) -> Iterator[RenderableType]:
    """Show a page of runs, the newest first."""
    if not document["runs"]:
        yield "There is no run yet."
        return
    rows = [
        (
            run["run"],
            run["state"],
            one_line(run["model"]),
            one_line(run["recipe"]),
            _minute(run["created_at"]),
            f"{_analysed(run['records']):,}/{run['records']['planned']:,}",
            dollars(run["cost_usd"]["actual"]),
        )
        for run in document["runs"]
    ]
    headings = ("run", "state", "model", "recipe", "begun", "analysed", "cost")
    yield table(headings, rows, right=("analysed", "cost"), whole=("run", "state", "begun"))
    if document["next"]:
        yield ""
        yield f"Next page: --after {document['next']}"


def run_detail(document: dict[str, Any]) -> Iterator[RenderableType]:
    """Show one run: its chunks and jobs, its outcomes, and what did not succeed."""
    yield Text(f"{document['run']} {document['state']}", style="bold")
    yield facts(
        (
            ("reason", prose(document.get("reason") or "")),
            ("asked", f"{document['mode']}, {document['engine']}, {one_line(document['model'])}"),
            ("recipe", one_line(document["recipe"])),
            ("begun", _minute(document["created_at"])),
            ("ended", _minute(document["ended_at"])),
            ("jobs", str(document["jobs"]) if document["jobs"] else ""),
            ("records", outcomes(document["records"])),
            ("cost", _cost(document["cost_usd"])),
        )
    )
    if document["chunks"]:
        yield ""
        headings = ("chunk", "folder", "state", "job", "records", "message")
        rows = map(_chunk, document["chunks"])
        yield table(headings, rows, right=("chunk", "records"), whole=("folder", "state"))
    if document["failures"]:
        yield ""
        yield table(("asset", "name", "outcome", "why", "retry"), map(_failure, document["failures"]))
        left = document["failures_total"] - len(document["failures"])
        if left > 0:
            yield f"... and {left:,} more."


def outcomes(records: dict[str, int]) -> str:
    """Say how many records were planned, and how those ended that have.

    >>> outcomes({"planned": 3, "succeeded": 2, "failed": 1})
    '3 planned: 2 succeeded, 1 failed'
    """
    ended = [f"{records[word]:,} {word}" for word in Outcome if records.get(word)]
    return f"{records['planned']:,} planned" + (f": {', '.join(ended)}" if ended else "")


def failures(records: dict[str, int]) -> dict[str, int]:
    """Return the counts of the outcomes that leave nothing to show.

    >>> failures({"planned": 3, "succeeded": 2, "partial": 0, "failed": 1, "missing": 0})
    {'failed': 1}
    """
    return {str(word): records[word] for word in Outcome if not word.analysed and records.get(word)}


def _analysed(records: dict[str, int]) -> int:
    return sum(records.get(word, 0) for word in Outcome if word.analysed)


def _assets(counts: dict[str, Any]) -> str:
    words = ("imported", "unchanged", "moved", "missing")
    parts = [f"{counts[word]:,} {word}" for word in words if counts.get(word)]
    if counts.get("refused"):
        parts.append(f"{len(counts['refused']):,} refused")
    return f"{counts['found']:,} found" + (f": {', '.join(parts)}" if parts else "")


def _refused(refused: list[dict[str, Any]]) -> Iterator[RenderableType]:
    if not refused:
        return
    yield ""
    yield table(
        ("refused", "why"),
        [(one_line(file["path"]), prose(file["reason"] or file["code"])) for file in refused[:_SHOWN]],
    )
    if len(refused) > _SHOWN:
        yield f"... and {len(refused) - _SHOWN:,} more; --json lists all."


def _cost(cost: dict[str, Any]) -> str:
    said = dollars(cost["actual"])
    estimated = cost.get("estimated")
    if not estimated or estimated["likely"] is None:
        return said
    low, likely, high = (dollars(estimated[word]) for word in ("low", "likely", "high"))
    if low == high:
        return f"{said} (estimated {likely})"
    return f"{said} (estimated {likely}, from {low} to {high})"


def _chunk(chunk: dict[str, Any]) -> tuple[str, ...]:
    records, processed = chunk["records"], chunk["processed"]
    return (
        str(chunk["index"]),
        one_line(chunk["folder"].rpartition("/")[2]),
        chunk["state"],
        one_line(chunk["job_state"] or ""),
        f"{records:,}" if processed is None else f"{processed:,}/{records:,}",
        prose(chunk["message"] or ""),
    )


def _failure(failure: dict[str, Any]) -> tuple[str, ...]:
    said = ": ".join(word for word in (failure["code"], failure["message"]) if word)
    return (
        failure["asset"],
        one_line(failure["name"]),
        failure["outcome"],
        prose(said),
        "can help" if failure["retryable"] else "",
    )


def _minute(moment: str | None) -> str:
    """Return a time without its seconds; it is UTC, as everywhere.

    >>> _minute("2026-02-03T04:05:06Z")
    '2026-02-03 04:05'
    """
    return moment[:16].replace("T", " ") if moment else ""
