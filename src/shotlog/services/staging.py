"""Fill a chunk's private folder: safe copies of its proxies first, the manifest last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from shotlog.batch.staging import prepare_batch_files, upload_manifest
from shotlog.domain.asset import Asset
from shotlog.domain.clock import Clock
from shotlog.domain.manifest import manifest_lines, record_id
from shotlog.domain.ports import BlobStore
from shotlog.domain.run import BatchJob
from shotlog.domain.state import ChunkState
from shotlog.errors import Invalid
from shotlog.services.asking import record_body, why_unsendable
from shotlog.services.judging import failure
from shotlog.services.proxy_store import ProxyStore
from shotlog.services.terms import RunTerms
from shotlog.store import assets as asset_queries
from shotlog.store import jobs, records, runs
from shotlog.store.database import Database
from shotlog.store.records import Ending, OpenRecord


class Stager:
    """Makes a chunk ready to be asked for; resumable, and one missing file fails only itself."""

    def __init__(
        self, database: Database, clock: Clock, store: Callable[[], BlobStore], proxies: ProxyStore
    ) -> None:
        self._database = database
        self._clock = clock
        self._store = store
        self._proxies = proxies

    def stage(self, job_id: int, terms: RunTerms) -> None:
        """Stage one chunk; does nothing when it is staged already.

        Where each record's copy stands is stored before the manifest is written, which comes last. A chunk
        that has lost too many files to be a job hands the others back to the run's tail (rule R15).
        """
        with self._database.read() as session:
            job = jobs.get(session, job_id)
            cancelling = runs.get(session, job.run_id).cancelling
            open_records = records.open_of_job(session, job_id)
            assets = asset_queries.by_id(session, [record.asset_id for record in open_records])
        if job.state != ChunkState.PLANNED or cancelling:
            return
        media, failed = self._copy(job, open_records, assets)
        failed |= self._unaskable(open_records, assets, media, terms)
        with self._database.write() as session:
            records.close(session, failed.values(), self._clock())
        media = {id_: key for id_, key in media.items() if id_ not in failed}
        if len(media) < max(1, terms.limits.min_records):
            self._give_up(job, len(media), terms.limits.min_records)
            return
        with self._database.write() as session:
            records.set_media_keys(session, media)
        staged = [record for record in open_records if record.id in media]
        upload_manifest(self._store(), job.s3_folder, self._lines(staged, assets, media, terms))
        with self._database.write() as session:
            jobs.advance(session, job_id, ChunkState.STAGED)

    def _copy(
        self, job: BatchJob, open_records: Sequence[OpenRecord], assets: Mapping[int, Asset]
    ) -> tuple[dict[int, str], dict[int, Ending]]:
        """Return record -> key of its copy, and record -> how it ends because it has none."""
        uploaded = self._proxies.ensure(list(assets.values()))
        failed = why_unsendable(open_records, assets, uploaded)
        sources = {
            record.id: uploaded.keys[record.asset_id] for record in open_records if record.id not in failed
        }
        copies = prepare_batch_files(self._store(), list(sources.values()), job.s3_folder)
        media = {id_: copies.mapping[key] for id_, key in sources.items() if key in copies.mapping}
        failed |= {
            id_: failure(id_, "proxy_missing", copies.failed[key], retryable=True)
            for id_, key in sources.items()
            if key in copies.failed
        }
        return media, failed

    def _unaskable(
        self,
        open_records: Sequence[OpenRecord],
        assets: Mapping[int, Asset],
        media: Mapping[int, str],
        terms: RunTerms,
    ) -> dict[int, Ending]:
        """Return how the records end that the model cannot be asked about, because of their kind, say."""
        endings = {}
        for record in open_records:
            if record.id in media:
                try:
                    self._body(record, assets, media, terms)
                except Invalid as error:
                    endings[record.id] = failure(record.id, error.code, error.whole, retryable=True)
        return endings

    def _give_up(self, job: BatchJob, left: int, min_records: int) -> None:
        message = f"Only {left} of {job.records_planned} files could be staged; a job needs {min_records}."
        with self._database.write() as session:
            records.release(session, job.id)
            jobs.advance(session, job.id, ChunkState.FAILED, message=message, ended_at=self._clock())

    def _lines(
        self,
        staged: Sequence[OpenRecord],
        assets: Mapping[int, Asset],
        media: Mapping[int, str],
        terms: RunTerms,
    ) -> Iterator[bytes]:
        return manifest_lines(
            (record_id(record.id), self._body(record, assets, media, terms)) for record in staged
        )

    def _body(
        self, record: OpenRecord, assets: Mapping[int, Asset], media: Mapping[int, str], terms: RunTerms
    ) -> Mapping[str, Any]:
        key = media[record.id]
        return record_body(terms, record, assets[record.asset_id], key=key, uri=self._store().uri(key))
