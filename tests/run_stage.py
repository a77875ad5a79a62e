"""Runs as tests of the services make them: a real database and store, a clock that stands, real clients."""

import dataclasses
import functools
import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from emulator.stage import BUCKET, NOVA, ROLE
from sample_library import SampleLibrary
from shotlog.blobs.directory import DirectoryBlobs
from shotlog.domain.model import Mode
from shotlog.domain.outcome import Outcome
from shotlog.domain.state import ChunkState, RunState
from shotlog.inference.catalog import Catalog
from shotlog.inference.recipe_book import RecipeBook
from shotlog.services.collecting import Collector
from shotlog.services.planning import Planner, RunRequest
from shotlog.services.proxy_store import ProxyStore
from shotlog.services.reporting import Reports
from shotlog.services.staging import Stager
from shotlog.services.submitting import Submitter, output_folder
from shotlog.services.terms import LimitRules, TermsBook
from shotlog.store import jobs, records, runs
from shotlog.store.tables.findings import AnnotationRow, SegmentRow
from shotlog.store.tables.library import AssetRow, RenditionRow
from shotlog.store.tables.runs import BatchJobRow, LedgerRow, RecordRow, ResultRow

NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
NO_STOP = threading.Event()
ARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/{:012d}"


class Clock:
    """A clock that stands until it is told otherwise."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now

    def tick(self, seconds):
        self.now += timedelta(seconds=seconds)


class RunStage:
    """One library with a store beside it, and the services that take a run from begin to end."""

    def __init__(self, folder, database, bucket=BUCKET):
        self.folder, self.database, self.clock = folder, database, Clock()
        self.buckets = folder / "buckets"
        self.store = DirectoryBlobs(self.buckets / bucket, bucket=bucket, create=True)
        self.renditions = folder / "renditions"
        self.catalog, self.recipes = Catalog.load(), RecipeBook.load()
        self.planner = Planner(database, self.clock, lambda: self.store)
        self.proxies = ProxyStore(database, self.clock, lambda: self.store, self.renditions)
        self.stager = Stager(database, self.clock, lambda: self.store, self.proxies)
        self.collector = Collector(database, self.clock, lambda: self.store)
        self.reports = Reports(database)

    # What is in the library.

    @functools.cached_property
    def library(self):
        """A hand to fill the library, whose files come from nowhere."""
        return SampleLibrary(self.database)

    def assets(self, count, *, sizes=None, files=True, first=0, name="clip {}.mp4", **facts):
        """Add ready videos, each with a proxy that holds its name, and return their ids.

        Without *files* the proxies are only said to exist, of *sizes* bytes each.
        """
        numbers = range(first, first + count)
        assert self.library
        names = [name.format(number) for number in numbers]
        bodies = [f"{name[:20]!a} {number}".encode() for name, number in zip(names, numbers, strict=True)]
        said = sizes or [len(body) for body in bodies]
        common = {
            "source_id": 1,
            "kind": "video",
            "state": "ready",
            "mtime_ns": 1,
            "duration_ms": 10_000,
            "added_at": NOON,
        } | facts
        rows = [
            AssetRow(
                **{
                    "path": f"/films/{number}/{name}",
                    "folder": f"/films/{number}",
                    "name": name,
                    "size_bytes": 1,
                    "fingerprint": f"f{number}",
                }
                | common
            )
            for number, name in zip(numbers, names, strict=True)
        ]
        with self.database.write() as session:
            session.add_all(rows)
            session.flush()
            ids = [row.id for row in rows]
            session.add_all(
                RenditionRow(
                    asset_id=id_,
                    kind="proxy",
                    path=f"{id_}-proxy.mp4",
                    media_type="video/mp4",
                    size_bytes=size,
                    sha256="",
                    width=2,
                    height=2,
                    made_at=NOON,
                )
                for id_, size in zip(ids, said, strict=True)
            )
        if files:
            self.renditions.mkdir(exist_ok=True)
            for id_, body in zip(ids, bodies, strict=True):
                self.proxy_file(id_).write_bytes(body)
        return ids

    def proxy_file(self, asset_id):
        return self.renditions / f"{asset_id}-proxy.mp4"

    def change(self, table, id_, **values):
        with self.database.write() as session:
            session.execute(sa.update(table).where(table.id == id_).values(**values))

    # From the request to the end.

    def request(self, **changes):
        wanted = RunRequest(
            recipe=self.recipes.get("summary"),
            model=NOVA,
            invocation_id=NOVA,
            engine="bedrock",
            mode=Mode.BATCH,
            tail="on-demand",
            estimate={"low": 1, "likely": 1000, "high": 2000},
        )
        return dataclasses.replace(wanted, **changes)

    def terms(self, run_id, **rules):
        rules = LimitRules(**{"min_records": 1} | rules)
        return TermsBook(self.database, self.catalog, rules, region="us-east-1").of_run(run_id)

    def plan(self, rules=None, **changes):
        """Begin a run and cut it; return its terms."""
        run = self.planner.begin(self.request(**changes))
        self.planner.cut(self.terms(run.id, **(rules or {})))
        return self.terms(run.id, **(rules or {}))

    def staged(self, rules=None, **changes):
        """The same with all chunks staged."""
        terms = self.plan(rules, **changes)
        for job in self.jobs(terms.run.id):
            self.stager.stage(job.id, terms)
        return terms

    def submitter(self, provider, slot_seconds=0.001):
        return Submitter(
            self.database,
            self.clock,
            lambda: self.store,
            lambda: provider,
            role_arn=ROLE,
            slot_seconds=slot_seconds,
        )

    def ended(self, state="Completed", message=None, rules=None, **changes):
        """A run of one chunk whose job has ended, as following it would leave it; return terms and chunk."""
        terms = self.plan(rules, **changes)
        (job,) = self.jobs(terms.run.id)
        with self.database.write() as session:
            jobs.advance(session, job.id, ChunkState.STAGED)
            jobs.advance(session, job.id, ChunkState.SUBMITTING)
            jobs.advance(session, job.id, ChunkState.SUBMITTED, job_arn=ARN.format(job.id))
            runs.advance(session, terms.run.id, RunState.RUNNING, self.clock())
            ended = jobs.advance(session, job.id, ChunkState.ENDED, provider_state=state, message=message)
        return terms, ended

    def output(self, job, lines, name="manifest.jsonl.out"):
        """Put output where the provider would."""
        body = b"".join(
            (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
        )
        self.store.put(f"{output_folder(job)}/{job.job_arn.rpartition('/')[2]}/{name}", body)

    def collect(self, terms, job, *lines):
        """Collect a job whose output is *lines*, and return it."""
        self.output(job, lines)
        self.collector.collect(job.id, terms)
        return self.job(job.id)

    # What came of it.

    def run(self, run_id):
        with self.database.read() as session:
            return runs.get(session, run_id)

    def jobs(self, run_id):
        with self.database.read() as session:
            return jobs.get_batch_jobs_by_parent(session, f"run_{run_id}")

    def job(self, job_id):
        with self.database.read() as session:
            return jobs.get(session, job_id)

    def rows(self, table, *conditions):
        with self.database.read() as session:
            key = next(iter(table.__table__.primary_key))
            found = session.scalars(sa.select(table).where(*conditions).order_by(key)).all()
            session.expunge_all()
            return found

    def records(self, run_id):
        return self.rows(RecordRow, RecordRow.run_id == run_id)

    def record_ids(self, run_id):
        return [record.id for record in self.records(run_id)]

    def endings(self, run_id):
        """Return (outcome, code) of each record, in order."""
        return [(record.outcome, record.code) for record in self.records(run_id)]

    def open(self, run_id):
        with self.database.read() as session:
            return records.count_open(session, run_id)

    def booked(self):
        """Return (mode, micro-dollars) of each ledger entry, in order."""
        return [(entry.mode, entry.amount_microusd) for entry in self.rows(LedgerRow)]

    def traces(self):
        """Return everything that applying results writes, to be compared with itself."""
        return {
            table.__name__: [
                {column.name: getattr(row, column.name) for column in table.__table__.columns}
                for row in self.rows(table)
            ]
            for table in (RecordRow, ResultRow, LedgerRow, AnnotationRow, SegmentRow, AssetRow, BatchJobRow)
        }

    def account(self, run_id):
        """Return the outcomes that there are, having checked that the books of the run agree."""
        found = self.records(run_id)
        assert all(record.outcome for record in found), "a record has no outcome"
        counted = Counter(record.outcome for record in found)
        said = self.reports.run_summary(run_id, None)["records"]
        planned = said.pop("planned")
        assert planned == sum(said.values()) == len(found) == self.run(run_id).planned
        assert said == {str(outcome): counted[outcome] for outcome in Outcome}
        analysed = {record.asset_id for record in found if record.outcome in ("succeeded", "partial")}
        marked = {row.id for row in self.rows(AssetRow, AssetRow.analysed_at.is_not(None))}
        assert {row.asset_id for row in self.rows(AnnotationRow)} <= marked
        assert marked & {record.asset_id for record in found} <= analysed
        paid = {entry.record_id for entry in self.rows(LedgerRow, LedgerRow.run_id == run_id)}
        assert paid <= {record.id for record in found}
        return dict(counted)


def answer(record_id, text="a dog runs", *, stop="end_turn", usage=(100, 20), **members):
    """Return one line of output as a model makes it; *usage* None says nothing of tokens."""
    said = text if text.startswith("{") or not text else json.dumps({"summary": {"text": text}})
    output = {
        "output": {"message": {"role": "assistant", "content": [{"text": said}]}},
        "stopReason": stop,
    }
    if usage is not None:
        output["usage"] = {"inputTokens": usage[0], "outputTokens": usage[1]}
    return {"modelInput": {}, "modelOutput": output, "recordId": f"rec_{record_id}", **members}


def error(record_id, code=400, message="The video is broken.", **members):
    """Return one line of output for a record that could not be answered."""
    said = {"errorCode": code, "errorMessage": message, **members}
    return {"modelInput": {}, "error": said, "recordId": f"rec_{record_id}"}
