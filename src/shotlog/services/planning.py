"""Fix what a run asks about, and cut it into chunks."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session

from shotlog.batch.splitting import BatchChunk, BatchFile, BatchLimits, chunk_lengths, iter_chunks
from shotlog.domain.clock import Clock
from shotlog.domain.manifest import client_token, job_name
from shotlog.domain.model import Mode
from shotlog.domain.ports import BlobStore
from shotlog.domain.recipe import Recipe
from shotlog.domain.run import ChunkPlan, Run
from shotlog.domain.state import RunState
from shotlog.errors import Conflict
from shotlog.services.judging import failure
from shotlog.services.terms import RunTerms
from shotlog.store import assets, imports, jobs, records, retries, runs
from shotlog.store.database import Database
from shotlog.store.records import Ending
from shotlog.store.retries import Retry
from shotlog.store.tables.library import AssetRow
from shotlog.store.tables.runs import RunRow

_log = structlog.get_logger(__name__)

_PAGE = 1000
#: Chunks that are stored in one transaction: 15,000 records at 150 each.
_CHUNKS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What somebody wants a model to be asked."""

    recipe: Recipe
    #: The model's id as the catalog knows it, and what the provider is asked for.
    model: str
    invocation_id: str
    engine: str
    mode: Mode
    tail: str
    paths: tuple[str, ...] = ()
    #: Assets by number, in place of all; together with paths: those that lie there.
    assets: tuple[int, ...] = ()
    again: bool = False
    budget_microusd: int | None = None
    #: Money in micro-dollars that was shown beforehand: low, likely, high; None when it is unknown.
    estimate: dict[str, int] | None = None
    #: Asks what a run left, in place of a selection of assets.
    retry: Retry | None = None

    @property
    def selection(self) -> str:
        """Return the selection in one normal form, by which a repeated request finds its run."""
        if self.retry is not None:
            return json.dumps({"retry_of": self.retry.run_id, "partial": self.retry.partial})
        return json.dumps({"assets": sorted(self.assets), "paths": sorted(self.paths), "again": self.again})

    def condition(self) -> ColumnElement[bool]:
        """Return which assets are asked about."""
        if self.retry is not None:
            return retries.worth_asking(self.retry)
        parts = [
            runs.askable(recipe_digest=self.recipe.digest, model=self.model, again=self.again),
            assets.covered_by(self.paths),
            AssetRow.kind.in_(self.recipe.kinds),
        ]
        if self.assets:
            parts.append(AssetRow.id.in_(self.assets))
        return and_(*parts)


class Planner:
    """Opens runs and cuts them into chunks that break no limit."""

    def __init__(self, database: Database, clock: Clock, store: Callable[[], BlobStore]) -> None:
        self._database = database
        self._clock = clock
        self._store = store

    def begin(self, request: RunRequest) -> Run | None:
        """Open a run with one open record for every asset to ask about; None when there is none.

        The unfinished run of the same request is returned instead of a new one: what a killed process
        began is finished, not begun again.
        """
        now = self._clock()
        recipe = request.recipe
        with self._database.write() as session:
            found = self._unfinished(session, request)
            if found is not None:
                return found
            recipe_id = runs.save_recipe(
                session,
                digest=recipe.digest,
                name=recipe.name,
                version=recipe.version,
                body=recipe.to_json(),
                now=now,
            )
            row = RunRow(
                state=RunState.DRAFT,
                mode=request.mode,
                engine=request.engine,
                model=request.model,
                invocation_id=request.invocation_id,
                tail=request.tail,
                recipe_id=recipe_id,
                selection=request.selection,
                planned=0,
                budget_microusd=request.budget_microusd,
                estimate=request.estimate,
                retry_of=request.retry and request.retry.run_id,
                created_at=now,
            )
            run_id = runs.create(session, row, request.condition())
            if row.planned == 0:
                session.delete(row)
                return None
            session.flush()
            if request.retry is not None:
                retries.change(session, run_id, request.retry)
            return runs.get(session, run_id)

    def unfinished(self, request: RunRequest) -> Run | None:
        """Return the unfinished run of the same request, if there is one."""
        with self._database.read() as session:
            return self._unfinished(session, request)

    @staticmethod
    def _unfinished(session: Session, request: RunRequest) -> Run | None:
        return runs.find_unfinished(
            session,
            selection=request.selection,
            recipe_digest=request.recipe.digest,
            model=request.model,
            mode=request.mode,
        )

    def cut(self, terms: RunTerms) -> None:
        """Cut a run whose proxies are made into chunks; does nothing when it is cut already.

        Files that could not be opened leave the run: they are refused, and no records of it; so do those
        that a job asks about which was adopted after the run began. The plan is stored in parts, and whole
        once the run is ``planned``; a part of one is thrown away and made anew.
        """
        run_id = terms.run.id
        with self._database.write() as session:
            if runs.get(session, run_id).state != RunState.DRAFT:
                return  # cut already, or cancelled before it was
            jobs.drop_unplanned(session, run_id)
            records.drop_refused(session, run_id)
            adopted = records.drop_adopted(session, run_id)
        if adopted:
            _log.warning("asked_by_an_adopted_job", run=run_id, records=adopted)
        self._close(self._without_proxy(run_id))
        self._close(self._too_large(terms))
        if terms.run.mode == Mode.BATCH:
            self._store_chunks(terms)
        with self._database.write() as session:
            jobs.count_chunks(session, run_id)
            runs.advance(session, run_id, RunState.PLANNED, self._clock())

    def settle_tail(self, terms: RunTerms) -> None:
        """Let what fills no job wait for a later run, or fail it; on demand it stays open for asking."""
        run = terms.run
        if run.mode != Mode.BATCH:
            return
        if run.tail == "wait":
            with self._database.write() as session:
                records.drop_unassigned(session, run.id)
        elif run.tail == "fail":
            self._close(self._below_minimum(run.id, terms.limits))

    def finish(self, run_id: int) -> bool:
        """Call a run done once every record of it has an outcome; say whether it is over."""
        with self._database.write() as session:
            run = runs.get(session, run_id)
            if run.ended_at is not None:
                return True
            if records.count_open(session, run_id) or jobs.open_in_run(session, run_id):
                return False
            over = RunState.CANCELLED if run.cancelling else RunState.DONE
            runs.advance(session, run_id, over, self._clock())
            return True

    def cancel(self, run_id: int) -> None:
        """Ask nothing more for a run; what the provider has done by then is still collected.

        Raises:
            NotFound: there is no such run.
            Conflict: it is over.
        """
        with self._database.write() as session:
            if not runs.get(session, run_id).cancelling:
                runs.advance(session, run_id, RunState.CANCELLING, self._clock())

    def _store_chunks(self, terms: RunTerms) -> None:
        run, limits = terms.run, terms.limits
        lengths = chunk_lengths((file.proxy_size for file in self._files(run.id)), limits)
        if not any(length >= limits.min_records for length in lengths):
            return
        with self._database.write() as session:
            uid = imports.library_uid(session, self._clock())
        second = self._free_second(self._clock())
        while True:
            chunks = iter_chunks(self._files(run.id), _timestamp(second), lengths, limits)
            try:
                self._store_plans(
                    run, (_plan(uid, i, chunk) for i, chunk in enumerate(_full(chunks), start=1))
                )
            except Conflict:
                with self._database.write() as session:
                    jobs.drop_unplanned(session, run.id)
                tried, second = second, self._free_second(second)
                if tried == second:
                    raise  # nobody has taken that second since we looked: something else is wrong
            else:
                return

    def _store_plans(self, run: Run, plans: Iterator[ChunkPlan]) -> None:
        while some := list(itertools.islice(plans, _CHUNKS_AT_ONCE)):
            with self._database.write() as session:
                jobs.add_chunks(session, run.id, some, parent_batch_id=run.public_id, model=run.model)

    def _files(self, run_id: int) -> Iterator[BatchFile]:
        """Yield the run's records as files to be split, page by page: a million take flat memory."""
        after = 0
        while True:
            with self._database.read() as session:
                page = records.proxies_of_run(session, run_id, after=after)
            for record_id, path, size in page:
                yield BatchFile(record_id, path, size)
            if not page:
                return
            after = page[-1][0]

    def _without_proxy(self, run_id: int) -> Iterator[list[Ending]]:
        while True:
            with self._database.read() as session:
                found = records.without_proxy(session, run_id, limit=_PAGE)
            if not found:
                return
            yield [
                failure(id_, "no_proxy", "The file is gone, or no proxy of it could be made.", retryable=True)
                for id_ in found
            ]

    def _too_large(self, terms: RunTerms) -> Iterator[list[Ending]]:
        """Refuse alone, by name, each file that the model does not take (rule R29), or that fits no job."""
        most, what = terms.card.max_media_bytes, "the model"
        if terms.run.mode == Mode.BATCH and terms.limits.max_bytes < most:
            most, what = terms.limits.max_bytes, "a job"
        message = f"The proxy has {{:,}} bytes; {what} takes {most:,} at the most."
        yield [
            failure(file.file_id, "file_too_large", message.format(file.proxy_size), retryable=False)
            for file in self._files(terms.run.id)
            if file.proxy_size > most
        ]

    def _below_minimum(self, run_id: int, limits: BatchLimits) -> Iterator[list[Ending]]:
        message = f"Fewer than {limits.min_records} files are left: no job takes them."
        while True:
            with self._database.read() as session:
                found = records.open_without_job(session, run_id, limit=_PAGE)
            if not found:
                return
            yield [failure(record.id, "below_minimum", message, retryable=True) for record in found]

    def _close(self, endings: Iterable[Sequence[Ending]]) -> None:
        for some in endings:
            with self._database.write() as session:
                records.close(session, some, self._clock())

    def _free_second(self, moment: datetime) -> datetime:
        """Return the first second from *moment* on that no folder is named for, here or elsewhere."""
        store = self._store()
        while True:
            prefix = f"nova_batch/job_{_timestamp(moment)}_"
            with self._database.read() as session:
                taken = jobs.folder_taken(session, prefix)
            if not taken and next(iter(store.list(prefix)), None) is None:
                return moment
            moment += timedelta(seconds=1)


def _timestamp(moment: datetime) -> str:
    return f"{moment:%Y%m%d_%H%M%S}"


def _full(chunks: Iterable[BatchChunk]) -> Iterator[BatchChunk]:
    """Leave out what is below the minimum: the run's tail decides about that."""
    return (chunk for chunk in chunks if not chunk.below_minimum)


def _plan(uid: str, index: int, chunk: BatchChunk) -> ChunkPlan:
    return ChunkPlan(
        chunk_index=index,
        s3_folder=chunk.s3_folder,
        first_record=chunk.file_ids[0],
        last_record=chunk.file_ids[-1],
        records=len(chunk.file_ids),
        bytes=chunk.total_size_bytes,
        client_token=client_token(chunk.s3_folder, uid),
        job_name=job_name(chunk.s3_folder, uid),
    )
