"""Adopt jobs that the provider has and the library does not know: what was paid for is not asked again.

A library forgets jobs when it is restored from a backup, or when its process dies between asking and
writing down the answer. The job's folder in the store says what it asks about.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from shotlog.domain.clock import Clock
from shotlog.domain.job_state import JobStatus
from shotlog.domain.manifest import JOB_PREFIX, MANIFEST_NAME, client_token, job_name
from shotlog.domain.model import Mode, ModelCard
from shotlog.domain.ports import BatchProvider, BlobStore
from shotlog.domain.recipe import Recipe
from shotlog.domain.run import BatchJob
from shotlog.domain.state import RUN, ChunkState, RunState
from shotlog.errors import AppError, Conflict, Invalid, NotFound
from shotlog.inference.catalog import Catalog
from shotlog.inference.manifest_reading import read_manifest
from shotlog.inference.recipe_book import RecipeBook
from shotlog.services.collecting import unknown_lines
from shotlog.services.matching import Match, Matcher, Matches
from shotlog.services.submitting import NEVER_ASKED, output_folder_of
from shotlog.store import adoptions, imports, jobs, runs
from shotlog.store.adoptions import AdoptedRecord
from shotlog.store.database import Database
from shotlog.store.tables.runs import BatchJobRow, RunRow

_log = structlog.get_logger(__name__)

_FOLDER = re.compile(r"nova_batch/job_[A-Za-z0-9_-]+")


class Adopter:
    """Takes jobs into the library; adopting one twice changes nothing.

    Args:
        engine: who answers here: what the provider of this installation is called.
        tail: the tail rule that a retry of an adopted run goes by.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        store: Callable[[], BlobStore],
        provider: Callable[[], BatchProvider],
        *,
        catalog: Callable[[], Catalog],
        recipes: Callable[[], RecipeBook],
        engine: str,
        tail: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._store = store
        self._provider = provider
        self._catalog = catalog
        self._matcher = Matcher(database, recipes)
        self._engine = engine
        self._tail = tail
        self._one_at_a_time = threading.Lock()

    def adopt(self, arn: str) -> int:
        """Make a job the library's own, and return the number of the run that it then belongs to.

        The chunk that it was asked for takes it, whatever has become of that chunk; where there is none,
        a new run is made of what the job's manifest says. From there it is followed and collected like
        any other job, also when it ended long ago.

        Raises:
            NotFound: there is no such job, no manifest of it any more, or none of its files is known.
            Invalid: it is no full ARN, or the job works in another store.
            Conflict: its folder belongs to another job.
        """
        return self._adopt(self._provider().get(arn))

    def find_unknown(self) -> list[JobStatus]:
        """Return the jobs that this library asked for and that no chunk has, the oldest first.

        Theirs are our prefix, a folder in our store, and the token that only this library derives for it.
        """
        with self._database.write() as session:
            uid = imports.library_uid(session, self._clock())
        found = [
            status for status in self._provider().list(name_contains=JOB_PREFIX) if self._is_ours(status, uid)
        ]
        with self._database.read() as session:
            known = adoptions.known_arns(session, [status.arn for status in found])
        return [status for status in reversed(found) if status.arn not in known]

    def adopt_unknown(self, stop: threading.Event) -> None:
        """Adopt every job that ``find_unknown`` finds; trouble with one is logged, and the others go on.

        Raises:
            Throttled, Unavailable, Rejected: the jobs cannot be listed.
        """
        for status in self.find_unknown():
            if stop.is_set():
                return
            try:
                self._adopt(status)
            except AppError as error:
                _log.warning("job_not_adopted", job=status.arn, reason=error.message, hint=error.hint)

    def _is_ours(self, status: JobStatus, uid: str) -> bool:
        folder = self._folder(status)
        if folder is None or not status.name.startswith(JOB_PREFIX):
            return False
        if status.client_token is None:
            return status.name == job_name(folder, uid)
        return status.client_token == client_token(folder, uid)

    def _folder(self, status: JobStatus) -> str | None:
        """Return the chunk's folder that a job works in; None where it is none of our store."""
        root = self._store().uri("nova_batch").removesuffix("nova_batch")
        folder = status.input_uri.removeprefix(root).removesuffix("/")
        if not status.input_uri.startswith(root) or not _FOLDER.fullmatch(folder):
            return None
        output = self._store().uri(output_folder_of(folder))
        return folder if status.output_uri.removesuffix("/") == output else None

    def _adopt(self, status: JobStatus) -> int:
        folder = self._folder(status)
        if folder is None:
            raise Invalid(
                f"The job reads {status.input_uri or 'nothing'}, which is no folder of a job in this store.",
                hint="Adopt it where SHOTLOG_STORE is the store that it was asked for with.",
            )
        with self._one_at_a_time:
            run_id = self._claim(status, folder)
            return self._make(status, folder) if run_id is None else run_id

    def _claim(self, status: JobStatus, folder: str) -> int | None:
        """Give the job to the chunk that it was asked for; None where the library has no such chunk."""
        with self._database.write() as session:
            job = self._chunk_of(session, status, folder)
            if job is None:
                return None
            if job.job_arn == status.arn:
                return job.run_id
            runs.lock(session, job.run_id)
            state = runs.get(session, job.run_id).state
            if state == RunState.DRAFT:  # a part of a plan, which would be thrown away
                jobs.drop_unplanned(session, job.run_id)
                return None
            if state == RunState.PLANNED or RUN.is_terminal(state):
                runs.advance(session, job.run_id, RunState.RUNNING, self._clock(), adopting=True)
            if job.state == ChunkState.FAILED:
                adoptions.reopen(session, job.id, NEVER_ASKED)
            jobs.advance(
                session,
                job.id,
                ChunkState.SUBMITTED,
                adopting=True,
                job_arn=status.arn,
                provider_state=status.state,
                submitted_at=status.submitted_at or self._clock(),
                message=None,
                ended_at=None,
                cleanup_completed_at=None,
            )
        _log.info("job_adopted", job=status.arn, run=job.run_id, chunk=job.chunk_index)
        return job.run_id

    @staticmethod
    def _chunk_of(session: Session, status: JobStatus, folder: str) -> BatchJob | None:
        token = status.client_token or ""
        job = adoptions.find_chunk(session, arn=status.arn, folder=folder, token=token, name=status.name)
        if job is not None and job.job_arn not in (None, status.arn):
            raise Conflict(
                f"The folder {folder} belongs to the job {job.job_arn}.",
                hint=f"`shotlog runs show run_{job.run_id}` shows it.",
            )
        return job

    def _make(self, status: JobStatus, folder: str) -> int:
        """Make a run of what the job's manifest says."""
        matches = self._read(folder)
        card = self._catalog().find(status.model_id)
        recipe = self._matcher.recipe(matches.found)
        run = self._run(status, card, matches)
        chunk = self._chunk(status, folder, run, matches)
        lines = [_record(match, recipe, card, folder) for match in matches.found]
        with self._database.write() as session:
            if not chunk.client_token:
                chunk.client_token = client_token(folder, imports.library_uid(session, self._clock()))
            run.recipe_id = runs.save_recipe(
                session,
                digest=recipe.digest,
                name=recipe.name,
                version=recipe.version,
                body=recipe.to_json(),
                now=self._clock(),
            )
            run_id = adoptions.add(session, run, chunk, lines)
        _log.info("job_adopted", job=status.arn, run=run_id, records=len(lines), recipe=recipe.name)
        if matches.unknown:
            _log.warning("unknown_lines", job=status.arn, run=run_id, lines=matches.unknown)
        return run_id

    def _read(self, folder: str) -> Matches:
        try:
            matches = self._matcher.match(read_manifest(self._store().stream(f"{folder}/{MANIFEST_NAME}")))
        except NotFound as error:
            raise NotFound(
                f"{folder} holds no manifest any more, so nothing tells what the job asks about.",
                hint="Its folder was cleaned up; what it answered can only be read in the store.",
            ) from error
        if not matches.found:
            raise NotFound(
                "The job asks about no file that this library knows.",
                hint="Import the folders that it asks about first, with `shotlog import`.",
            )
        return matches

    def _run(self, status: JobStatus, card: ModelCard, matches: Matches) -> RunRow:
        now = self._clock()
        return RunRow(
            state=RunState.RUNNING,
            mode=Mode.BATCH,
            engine=self._engine,
            model=card.id,
            invocation_id=_invocation_id(status.model_id),
            tail=self._tail,
            selection=json.dumps({"adopted": status.arn}),
            planned=len(matches.found),
            created_at=now,
            chunked_at=now,
        )

    def _chunk(self, status: JobStatus, folder: str, run: RunRow, matches: Matches) -> BatchJobRow:
        return BatchJobRow(
            chunk_index=1,
            total_chunks=1,
            s3_folder=folder,
            state=ChunkState.SUBMITTED,
            model=run.model,
            records_planned=len(matches.found),
            bytes_planned=sum(info.size_bytes for info in self._store().list(f"{folder}/files/")),
            client_token=status.client_token or "",
            job_name=status.name,
            job_arn=status.arn,
            provider_state=status.state,
            message=unknown_lines(matches.unknown) or None,
            unmatched_records=matches.unknown,
            submitted_at=status.submitted_at or run.created_at,
            adopted=True,
        )


def _record(match: Match, recipe: Recipe, card: ModelCard, folder: str) -> AdoptedRecord:
    line, kind = match.line, match.asset.kind or ""
    part = recipe.part(kind) if kind in recipe.kinds else None
    usual = (None, None) if part is None else (min(part.max_tokens, card.max_tokens), part.temperature)
    return AdoptedRecord(
        alias=line.number or 0,
        asset_id=match.asset.id,
        fingerprint=(match.asset.fingerprint or "") if match.unchanged else "",
        media_key=f"{folder}/files/{line.uri.rpartition('/')[2]}",
        max_tokens=None if line.max_tokens == usual[0] else line.max_tokens,
        temperature=None if line.temperature == usual[1] else line.temperature,
    )


def _invocation_id(model_id: str) -> str:
    """Return what a job was asked with: the provider says the ARN of a model or profile instead."""
    return model_id if "application-inference-profile/" in model_id else model_id.rpartition("/")[2]
