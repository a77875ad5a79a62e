"""What a model is asked about one asset: its words, and the format in which its proxy is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

from shotlog.domain.asset import Asset
from shotlog.domain.ports import OnDemandQuestion
from shotlog.domain.prompt import AssetContext, compose
from shotlog.inference.payloads import model_input
from shotlog.services.judging import failure
from shotlog.services.proxy_store import Uploaded
from shotlog.services.terms import RunTerms
from shotlog.store.records import Ending, OpenRecord

_FOLDERS = 3


def record_body(
    terms: RunTerms, record: OpenRecord, asset: Asset, *, key: str, uri: str
) -> Mapping[str, Any]:
    """Return the ``modelInput`` of one record whose proxy stands at *key*.

    Raises:
        Invalid: the model does not take that kind or format, or the URI is one that batch refuses.
    """
    kind = asset.kind or ""
    part = terms.recipe.part(kind)
    return model_input(
        terms.card,
        kind=kind,
        media_format=PurePath(key).suffix,
        uri=uri,
        text=_words(terms, asset),
        max_tokens=record.max_tokens or part.max_tokens,
        temperature=part.temperature if record.temperature is None else record.temperature,
    )


def question(terms: RunTerms, record: OpenRecord, asset: Asset, *, key: str, uri: str) -> OnDemandQuestion:
    """Return the same question for an answer at once.

    Raises:
        Invalid: the recipe asks nothing about that kind.
    """
    kind = asset.kind or ""
    part = terms.recipe.part(kind)
    return OnDemandQuestion(
        model_id=terms.run.invocation_id,
        kind=kind,
        format=PurePath(key).suffix,
        uri=uri,
        text=_words(terms, asset),
        max_tokens=record.max_tokens or part.max_tokens,
        temperature=part.temperature if record.temperature is None else record.temperature,
    )


def context_of(asset: Asset) -> AssetContext:
    """Return what is known of an asset before a model looks at it; of its folder only the last names."""
    return AssetContext(
        name=asset.name,
        folder="/".join(PurePath(asset.folder).parts[-_FOLDERS:]).lstrip("/"),
        captured_at=asset.captured_at,
        latitude=asset.latitude,
        longitude=asset.longitude,
        duration_ms=asset.duration_ms,
    )


def _words(terms: RunTerms, asset: Asset) -> str:
    return compose(terms.recipe, asset.kind or "", context_of(asset))


def why_unsendable(
    page: Iterable[OpenRecord], assets: Mapping[int, Asset], uploaded: Uploaded
) -> dict[int, Ending]:
    """Return how the records end whose file has changed since the run began, or has no proxy to send."""
    endings = {}
    for record in page:
        asset = assets.get(record.asset_id)
        if asset is not None and asset.fingerprint != record.fingerprint:
            message = "The file has changed since the run began."
            endings[record.id] = failure(record.id, "file_changed", message, retryable=True)
        elif record.asset_id not in uploaded.keys:
            message = uploaded.failed.get(record.asset_id, "The asset is gone.")
            endings[record.id] = failure(record.id, "proxy_missing", message, retryable=True)
    return endings
