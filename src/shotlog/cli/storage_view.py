"""Show what lies in the store to people, from the objects that ``--json`` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType

from shotlog.cli.figures import count, size
from shotlog.cli.safe_text import one_line, prose
from shotlog.cli.tables import facts, table

_SHOWN = 50  # folders of a table; JSON has all


def inventory(document: dict[str, Any]) -> Iterator[RenderableType]:
    """Show how much there is, and each folder with what may become of it."""
    cleanable = document["cleanable"]
    yield facts(
        (
            ("folders", f"{document['folders']:,}"),
            ("input", amount(document["input"])),
            ("output", amount(document["output"])),
            ("archive", amount(document["archive"])),
            ("cleanable", f"{count(cleanable['jobs'], 'job')}: {amount(cleanable)}"),
        )
    )
    if document["jobs"]:
        yield ""
        headings = ("folder", "state", "size", "safe", "why")
        rows = map(_row, document["jobs"][:_SHOWN])
        yield table(headings, rows, right=("size",), whole=("folder", "state", "safe"))
        yield from _more(document["jobs"])
    if cleanable["jobs"]:
        yield ""
        yield "`shotlog storage clean` deletes what is safe."


def cleaned(document: dict[str, Any]) -> Iterator[RenderableType]:
    """Show what a clean-up did, or would do."""
    gone, archived = document["cleaned"], document["archived"]
    if gone["jobs"] or document["failed"]:
        word = "would be cleaned" if document["dry_run"] else "cleaned"
        yield facts(
            (
                (word, f"{count(gone['jobs'], 'job')}: {amount(gone)}"),
                ("archived", amount(archived) if archived["objects"] else ""),
            )
        )
    else:
        yield "Nothing to clean."
    for heading, folders in (("left", document["skipped"]), ("failed", document["failed"])):
        if folders:
            yield ""
            rows = [(_short(one["folder"]), prose(one["reason"])) for one in folders[:_SHOWN]]
            yield table((heading, "why"), rows, whole=(heading,))
            yield from _more(folders)


def amount(document: dict[str, Any]) -> str:
    """Return objects and their size for people.

    >>> amount({"objects": 1200, "bytes": 1_500_000})
    '1,200 objects, 1.5 MB'
    """
    return f"{count(document['objects'], 'object')}, {size(document['bytes'])}"


def _row(job: dict[str, Any]) -> tuple[str, ...]:
    return (
        _short(job["folder"]),
        job["state"],
        size(job["bytes"] + job["output_bytes"]),
        "yes" if job["safe"] else "no",
        prose(job["reason"]),
    )


def _more(entries: list[Any]) -> Iterator[str]:
    if len(entries) > _SHOWN:
        yield f"... and {len(entries) - _SHOWN:,} more; --json lists all."


def _short(folder: str) -> str:
    return one_line(folder.removeprefix("nova_batch/"))
