"""Get proxies into the store when something needs them there, and know by key that they are whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from shotlog.batch.names import sanitize_filename
from shotlog.batch.splitting import BatchFile
from shotlog.batch.verification import verify_files_exist
from shotlog.domain.asset import Asset
from shotlog.domain.clock import Clock
from shotlog.domain.ports import BlobStore
from shotlog.store import renditions
from shotlog.store.database import Database
from shotlog.store.renditions import StoredRendition

_CONCURRENCY = 16


@dataclass
class Uploaded:
    """Which assets have their proxy in the store, under which key, and why others have not."""

    keys: dict[int, str] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)


class ProxyStore:
    """Uploads proxies: local first, into the store only when a job needs them (regression B08)."""

    def __init__(
        self, database: Database, clock: Clock, store: Callable[[], BlobStore], folder: Path
    ) -> None:
        self._database = database
        self._clock = clock
        self._store = store
        self._folder = folder

    def ensure(self, assets: Sequence[Asset]) -> Uploaded:
        """Verify each proxy by size and checksum, and upload it (again) where that fails (B19)."""
        with self._database.read() as session:
            found = renditions.of_assets(session, [asset.id for asset in assets], "proxy")
        result = Uploaded()
        known = {id_: proxy for id_, proxy in found.items() if proxy.store_key}
        sound = self._verified(known)
        wanted: list[tuple[Asset, StoredRendition]] = []
        for asset in assets:
            proxy = found.get(asset.id)
            if proxy is None:
                result.failed[asset.id] = "There is no proxy."
            elif asset.id in sound:
                result.keys[asset.id] = proxy.store_key or ""
            else:
                wanted.append((asset, proxy))
        self._upload(wanted, result)
        return result

    def _verified(self, known: Mapping[int, StoredRendition]) -> set[int]:
        files = [BatchFile(id_, proxy.store_key or "", proxy.size_bytes) for id_, proxy in known.items()]
        etags = {id_: proxy.etag for id_, proxy in known.items() if proxy.etag}
        verification = verify_files_exist(self._store(), files, etags=etags)
        return {file.file_id for file in verification.present}

    def _upload(self, wanted: Sequence[tuple[Asset, StoredRendition]], result: Uploaded) -> None:
        with ThreadPoolExecutor(_CONCURRENCY) as pool:
            for (asset, proxy), outcome in zip(
                wanted, pool.map(lambda pair: self._upload_one(*pair), wanted), strict=True
            ):
                if isinstance(outcome, str):
                    result.failed[asset.id] = outcome
                    with self._database.write() as session:
                        renditions.forget(session, asset.id)  # so that they are made again for the next try
                    continue
                key, etag = outcome
                result.keys[asset.id] = key
                with self._database.write() as session:
                    renditions.uploaded(session, proxy.id, key, etag, self._clock())

    def _upload_one(self, asset: Asset, proxy: StoredRendition) -> tuple[str, str] | str:
        path = self._folder / proxy.path
        if not _is_whole(path, proxy):
            return "The proxy's file is gone or damaged."
        key = proxy_key(asset, path.suffix)
        info = self._store().put(key, path, media_type=proxy.media_type)
        return key, info.etag


def _is_whole(path: Path, proxy: StoredRendition) -> bool:
    """Tell whether a proxy's file is as it was made, by size and content."""
    try:
        if path.stat().st_size != proxy.size_bytes:
            return False
        with path.open("rb") as file:
            return not proxy.sha256 or hashlib.file_digest(file, "sha256").hexdigest() == proxy.sha256
    except OSError:
        return False


def proxy_key(asset: Asset, suffix: str) -> str:
    """Return where an asset's proxy stands in the store: safe letters only, its id in the name (B15, M02)."""
    stem = sanitize_filename(Path(asset.name).stem)[:100].rstrip(".")
    return f"proxies/{asset.id // 1000:06d}/{stem}_{asset.id}{suffix}"
