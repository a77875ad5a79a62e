"""Show the library: pages of assets, one asset whole, and searches for moments.

Every page comes with a total by the same condition, and with an opaque cursor for the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from shotlog.domain.asset import Asset, parse_id, public_id
from shotlog.domain.clock import utc_text
from shotlog.domain.money import usd
from shotlog.domain.query import parse
from shotlog.domain.query_tree import STATUSES, Is, Or, Query
from shotlog.domain.segments import Segment
from shotlog.domain.snippet import Snippet, snippet
from shotlog.errors import Invalid
from shotlog.services.cursor import Cursors
from shotlog.store import assets, browse, facets, renditions, search
from shotlog.store.database import Database

#: Assets or hits of a page, unless asked otherwise, and at the most.
PAGE = 50
LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class AssetPage:
    """Some assets of a list; *total* counts all that match, *next* is the cursor of the next page."""

    assets: list[Asset]
    total: int
    next: str | None


@dataclass(frozen=True, slots=True)
class AssetDetail:
    """Everything known of one asset."""

    asset: Asset
    renditions: list[renditions.StoredRendition]
    annotations: list[browse.CurrentAnnotation]
    segments: list[Segment]
    history: list[browse.PastRecord]


@dataclass(frozen=True, slots=True)
class Hit:
    """A moment that matches a search: where it is and what matched there.

    Without words in the search, or where only a filter matched, the hit is the asset as a whole:
    no field, no time, an empty snippet and score 0.
    """

    asset: str
    name: str
    path: str
    start_ms: int | None
    end_ms: int | None
    field: str | None
    snippet: Snippet
    score: float


@dataclass(frozen=True, slots=True)
class HitPage:
    """Some hits of a search; *total* counts all; where words are asked for, 10,000 at the most."""

    hits: list[Hit]
    total: int
    next: str | None


class Browse:
    """Reads the library for people and programs; writes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_assets(
        self,
        query: str = "",
        *,
        paths: Sequence[str] = (),
        states: Sequence[str] = (),
        cursor: str | None = None,
        limit: int = PAGE,
    ) -> AssetPage:
        """Return the assets that match *query* and lie at or under one of *paths* (absolute).

        *states* narrows to any of some ``is:`` words. Refused and missing assets are left out
        unless the query or *states* ask for them.

        Raises:
            Invalid: the query, cursor or limit makes no sense.
        """
        wanted, size = _narrowed(query, states), _page_size(limit)
        cursors = Cursors("assets", query, tuple(states), tuple(paths))
        after = cursors.read(cursor, int)[0] if cursor else 0
        with self._database.read() as session:
            found = browse.page(session, wanted, paths=paths, after=after, limit=size + 1)
            total = browse.total(session, wanted, paths=paths)
        more = cursors.write(found[size - 1].id) if len(found) > size else None
        return AssetPage(found[:size], total, more)

    def show(self, asset_id: int | str) -> AssetDetail:
        """Return everything known of one asset, by its number or public id.

        Raises:
            NotFound: there is none.
        """
        number = asset_id if isinstance(asset_id, int) else parse_id("ast", asset_id)
        with self._database.read() as session:
            return AssetDetail(
                assets.get(session, number),
                renditions.of_asset(session, number),
                browse.current_annotations(session, number),
                browse.segments(session, number),
                browse.history(session, number),
            )

    def search(
        self, query: str, *, paths: Sequence[str] = (), cursor: str | None = None, limit: int = PAGE
    ) -> HitPage:
        """Return the moments that match *query*, best asset first, the best moments of each together.

        Raises:
            Invalid: the query, cursor or limit makes no sense.
        """
        wanted = parse(query)
        if not wanted.wanted:
            page = self.list_assets(query, paths=paths, cursor=cursor, limit=limit)
            return HitPage([_whole(asset) for asset in page.assets], page.total, page.next)
        size, cursors = _page_size(limit), Cursors("hits", query, tuple(paths))
        after = search.Position(*cursors.read(cursor, float, int, int)) if cursor else None
        with self._database.read() as session:
            found, total = search.moments(session, wanted, paths=paths, after=after, limit=size + 1)
        last = found[size - 1].position if len(found) > size else None
        more = cursors.write(last.best, last.asset_id, last.place) if last else None
        return HitPage([_hit(moment, wanted) for moment in found[:size]], total, more)

    def facets(self, query: str = "", *, paths: Sequence[str] = ()) -> facets.Facets:
        """Count the assets that match by kind, analysis, camera and year.

        Raises:
            Invalid: the query makes no sense.
        """
        with self._database.read() as session:
            return facets.count(session, parse(query), paths=paths)


def asset_json(asset: Asset) -> dict[str, Any]:
    """Return an asset as ``assets list`` prints it; times are UTC, durations seconds, unknown is null."""
    return {
        "id": asset.public_id,
        "name": asset.name,
        "path": asset.path,
        "kind": asset.kind,
        "state": asset.state,
        "analysed": asset.analysed_at is not None,
        "duration_s": _seconds(asset.duration_ms),
        "width": asset.width,
        "height": asset.height,
        "captured_at": utc_text(asset.captured_at),
        "latitude": asset.latitude,
        "longitude": asset.longitude,
    }


def hit_json(hit: Hit) -> dict[str, Any]:
    """Return a hit as ``search`` prints it; found words stand between « and » in the snippet."""
    return {
        "asset": hit.asset,
        "name": hit.name,
        "path": hit.path,
        "start_s": _seconds(hit.start_ms),
        "end_s": _seconds(hit.end_ms),
        "field": hit.field,
        "snippet": hit.snippet.marked(),
        "score": round(hit.score, 6),
    }


def detail_json(detail: AssetDetail) -> dict[str, Any]:
    """Return everything known of one asset as ``assets show`` prints it."""
    asset = detail.asset
    facts = {
        key: value
        for key, value in asdict(asset).items()
        if key not in {"id", "duration_ms"} and not isinstance(value, datetime)
    }
    times = {name: utc_text(getattr(asset, name)) for name in ("added_at", "missing_at", "analysed_at")}
    return {
        **asset_json(asset),
        **{key: value for key, value in facts.items() if key not in asset_json(asset)},
        **times,
        "renditions": [
            {
                "kind": rendition.kind,
                "path": rendition.path,
                "media_type": rendition.media_type,
                "size_bytes": rendition.size_bytes,
                "store_key": rendition.store_key,
            }
            for rendition in detail.renditions
        ],
        "annotations": {item.section: _annotation_json(item) for item in detail.annotations},
        "segments": [
            {
                "field": segment.field,
                "text": segment.text,
                "start_s": _seconds(segment.start_ms),
                "end_s": _seconds(segment.end_ms),
            }
            for segment in detail.segments
        ],
        "history": [_record_json(record) for record in detail.history],
    }


def _annotation_json(item: browse.CurrentAnnotation) -> dict[str, Any]:
    return {
        "engine": item.engine,
        "model": item.model,
        "recipe": item.recipe,
        "recipe_version": item.recipe_version,
        "run": public_id("run", item.run_id),
        "created_at": utc_text(item.created_at),
        "body": item.body,
    }


def _record_json(record: browse.PastRecord) -> dict[str, Any]:
    return {
        "run": public_id("run", record.run_id),
        "mode": record.mode,
        "engine": record.engine,
        "model": record.model,
        "recipe": record.recipe,
        "outcome": record.outcome,
        "code": record.code,
        "message": record.message,
        "retryable": record.retryable,
        "input_tokens": record.input_tokens,
        "output_tokens": record.output_tokens,
        "cost_usd": usd(record.cost_microusd),
        "finished_at": utc_text(record.finished_at),
    }


def _narrowed(query: str, states: Sequence[str]) -> Query:
    for state in states:
        if state not in STATUSES:
            raise Invalid(f"There is no state {state!r}.", hint=f"There are: {', '.join(STATUSES)}.")
    wanted = parse(query)
    return wanted.also(Or(tuple(map(Is, states)))) if states else wanted


def _hit(moment: search.Moment, query: Query) -> Hit:
    return Hit(
        public_id("ast", moment.asset_id),
        moment.name,
        moment.path,
        moment.start_ms,
        moment.end_ms,
        moment.field,
        snippet(moment.field or "", moment.text, query.wanted),
        moment.score,
    )


def _whole(asset: Asset) -> Hit:
    return Hit(asset.public_id, asset.name, asset.path, None, None, None, Snippet(""), 0.0)


def _page_size(limit: int) -> int:
    if not 1 <= limit <= LARGEST_PAGE:
        raise Invalid(
            f"A page has 1 to {LARGEST_PAGE} entries.", hint="Ask for fewer, and for the next page."
        )
    return limit


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
