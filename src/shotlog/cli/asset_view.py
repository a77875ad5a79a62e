"""Show assets and the moments of a search to people, from the objects that ``--json`` prints."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shotlog.cli.figures import clock, count, dollars, size, span
from shotlog.cli.safe_text import one_line, prose
from shotlog.cli.tables import facts, table


def asset_list(document: dict[str, Any]) -> Iterator[RenderableType]:
    """Show a page of assets: one line each where the name is not long."""
    if not document["assets"]:
        yield "No asset matches."
        return
    rows = [
        (
            asset["id"],
            one_line(asset["name"]),
            _length(asset),
            _pixels(asset),
            (asset["captured_at"] or "")[:10],
            _standing(asset),
        )
        for asset in document["assets"]
    ]
    yield table(
        ("id", "name", "length", "size", "shot", "state"),
        rows,
        right=("length",),
        whole=("id", "shot", "state"),
    )
    yield from _more(document, len(rows), "asset")


def asset_detail(document: dict[str, Any]) -> Iterator[RenderableType]:
    """Show everything known of one asset."""
    yield Text(f"{document['id']}  {one_line(document['name'])}", style="bold")
    yield facts(_facts(document))
    if document["segments"]:
        rows = [
            (span(segment["start_s"], segment["end_s"]), segment["field"], prose(segment["text"]))
            for segment in document["segments"]
        ]
        yield ""
        yield table(("time", "field", "what was found"), rows)
    if document["annotations"]:
        sections = [
            (section, made["engine"], one_line(made["model"]), one_line(made["recipe"]), made["run"])
            for section, made in document["annotations"].items()
        ]
        yield ""
        yield table(("section", "engine", "model", "recipe", "run"), sections)
    if document["history"]:
        yield ""
        yield table(("run", "mode", "model", "outcome", "cost", "message"), map(_record, document["history"]))


def hits(document: dict[str, Any]) -> Iterator[RenderableType]:
    """Show the moments of a search under the asset that they are of."""
    if not document["hits"]:
        yield "Nothing found."
        return
    for _, moments in groupby(document["hits"], key=lambda hit: hit["asset"]):
        found = list(moments)
        yield Text(f"{found[0]['asset']}  {one_line(found[0]['name'])}", style="bold")
        rows = [hit for hit in found if hit["field"]]
        if rows:
            yield Padding(_moments(rows), (0, 0, 0, 2))
    yield from _more(document, len(document["hits"]), "hit")


def _moments(found: list[dict[str, Any]]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, min_width=9)
    grid.add_column(no_wrap=True, min_width=9)
    grid.add_column(overflow="fold")
    for hit in found:
        grid.add_row(span(hit["start_s"], hit["end_s"]), one_line(hit["field"]), prose(hit["snippet"]))
    return grid


def _more(document: dict[str, Any], shown: int, noun: str) -> Iterator[RenderableType]:
    yield ""
    yield f"{shown:,} of {count(document['total'], noun)}."
    if document["next"]:
        # Alone on its line, so that a narrow terminal does not break what is to be copied.
        yield "For the next page, repeat with"
        yield f"--after {document['next']}"


def _facts(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "path", one_line(document["path"])
    yield "state", _standing(document)
    if document.get("failure_code"):
        yield "refused", f"{document['failure_code']}: {prose(document.get('failure_reason') or '')}"
    if document.get("missing_at"):
        yield "missing", f"since {document['missing_at']}"
    yield "kind", " ".join(word for word in (document["kind"], document.get("format")) if word)
    yield "length", "" if document["duration_s"] is None else clock(document["duration_s"])
    yield "size", ", ".join(part for part in (_pixels(document), _bytes(document)) if part)
    yield "codecs", one_line(_joined(document, "video_codec", "audio_codec"))
    yield "shot", document["captured_at"] or ""
    if document["latitude"] is not None and document["longitude"] is not None:
        yield "place", f"{document['latitude']:.5f}, {document['longitude']:.5f}"
    yield "camera", one_line(_joined(document, "camera_make", "camera_model"))
    yield "added", document.get("added_at") or ""


def _record(record: dict[str, Any]) -> tuple[str, ...]:
    said = " ".join(word for word in (record["code"], record["message"]) if word)
    return (
        record["run"],
        record["mode"],
        one_line(record["model"]),
        record["outcome"] or "open",
        dollars(record["cost_usd"]) if record["outcome"] else "",
        prose(said),
    )


def _length(asset: dict[str, Any]) -> str:
    return asset["kind"] or "" if asset["duration_s"] is None else clock(asset["duration_s"])


def _pixels(asset: dict[str, Any]) -> str:
    return f"{asset['width']}x{asset['height']}" if asset["width"] and asset["height"] else ""


def _bytes(asset: dict[str, Any]) -> str:
    return size(asset["size_bytes"]) if asset.get("size_bytes") is not None else ""


def _joined(document: dict[str, Any], *keys: str) -> str:
    return " ".join(str(document[key]) for key in keys if document.get(key))


def _standing(asset: dict[str, Any]) -> str:
    """Say in one word what the person would ask: analysed, or how far it is from that."""
    if asset["analysed"]:
        return "analysed"
    return "refused" if asset["state"] == "failed" else str(asset["state"])
