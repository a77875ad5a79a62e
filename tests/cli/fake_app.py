"""An application in memory behind the facade that the command line calls, and programs that use it."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace

from shotlog.domain.asset import Asset
from shotlog.domain.model import Range
from shotlog.domain.outcome import Outcome
from shotlog.domain.snippet import Snippet
from shotlog.errors import Invalid, NotFound
from shotlog.services.browse import AssetDetail, AssetPage, Hit, HitPage
from shotlog.services.cleaning import CleanUp
from shotlog.services.estimating import RunEstimate
from shotlog.services.inventory import Amount, Folder, Inventory
from shotlog.services.progress import Progress
from shotlog.services.scanning import ScanCounts

NOON = datetime(2026, 2, 3, 12, 0, tzinfo=UTC)
FREE = Range(0, 0, 0)
PAID = Range(1_000_000, 1_500_000, 2_500_000)


def asset(number, name, **facts):
    known = dict.fromkeys(Asset.__dataclass_fields__)
    known |= {
        "folder": "/films",
        "kind": "video",
        "state": "ready",
        "size_bytes": 2_500_000,
        "added_at": NOON,
    }
    known |= {"id": number, "name": name, "path": f"/films/{name}", "duration_ms": 12_500}
    return Asset(**known | {"width": 1080, "height": 1920, "captured_at": NOON} | facts)


def hit(number, name, *, start_ms=3000, end_ms=6000, field="text", text="HARBOUR 42", marks=((0, 7),)):
    return Hit(f"ast_{number}", name, f"/films/{name}", start_ms, end_ms, field, Snippet(text, marks), 0.9)


def records(**counts):
    return {"planned": sum(counts.values()), **dict.fromkeys(map(str, Outcome), 0), **counts}


def estimate(number=2, *, jobs=1, batch=FREE, on_demand=FREE, tail=None):
    return RunEstimate(number, jobs, batch, on_demand, tail)


def folder(name, *, safe=True, reason="Its job has ended."):
    return Folder(name, Amount(2, 2_500_000), Amount(1, 500), NOON, None, None, safe, reason)


@dataclass
class FakeApp:
    """Answers what it is set to, and keeps what it was asked."""

    found: RunEstimate = field(default_factory=estimate)
    state: str = "done"
    reason: str | None = None
    counts: dict = field(default_factory=lambda: records(succeeded=2))
    refused: list = field(default_factory=list)
    actual: float | None = 0.0
    estimated: dict = field(default_factory=lambda: {"low": 0.0, "likely": 0.0, "high": 0.0})
    assets: list = field(default_factory=list)
    hits: list = field(default_factory=list)
    detail: AssetDetail | None = None
    failures: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    unfinished: bool = False
    checks: list = field(default_factory=list)
    folders: list = field(default_factory=list)
    #: Folders that cannot be cleaned.
    stuck: list = field(default_factory=list)
    #: Raised when work is waited for.
    trouble: BaseException | None = None
    asked: list = field(default_factory=list)
    closed: bool = False

    def __post_init__(self):
        self.browse = self.scanner = self.estimator = self.reports = self.requests = self.reparser = self
        self.cleaner = self.adopter = self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.closed = True

    def names(self):
        return [name for name, _ in self.asked]

    def arguments(self, name):
        return next(arguments for asked, arguments in self.asked if asked == name)

    def _note(self, name, **arguments):
        self.asked.append((name, arguments))

    # The application.

    def fresh(self, **wanted):
        self._note("request", **wanted)
        return SimpleNamespace(mode=wanted.get("mode") or "batch")

    def retry(self, run_id, **wanted):
        self._note("retry", run=run_id, **wanted)
        return SimpleNamespace(mode=wanted.get("mode") or "batch")

    def reparse(self, run_id):
        self._note("reparse", run=run_id)
        return Counter({("unparsable", "succeeded"): 2, ("succeeded", "succeeded"): 5})

    def adopt(self, arn):
        self._note("adopt", arn=arn)
        if not arn.startswith("arn:"):
            raise Invalid(f"{arn!r} is no legal job ARN.", hint="Name the job by its full ARN.")
        return 7

    def cancel_run(self, run_id):
        self._note("cancel", run=run_id)

    @contextmanager
    def workbench(self):
        try:
            yield self
        finally:
            self._note("bench closed")

    @contextmanager
    def doctor(self):
        yield self

    def examine(self):
        return self.checks

    def policies(self):
        return {"role": "..."}

    # The workbench.

    def start_import(self, paths, *, renditions):
        self._note("import", paths=list(paths), renditions=renditions)
        return 5

    def wait_for_import(self, import_id, watch):
        watch(Progress("probing", 1, 2))
        self._trouble()

    def start_run(self, request):
        self._note("run")
        return self._started() if self.found.records or self.unfinished else None

    def _started(self):
        return SimpleNamespace(id=7, public_id="run_7", planned=2)

    def unfinished_run(self, request):
        return self._started() if self.unfinished else None

    def wait_for_run(self, run_id, watch):
        self._note("wait", run=run_id)
        watch(Progress("asking", 1, 2, "1 InProgress"))
        self._trouble()

    def _trouble(self):
        if self.trouble:
            raise self.trouble

    # The estimator and the scanner.

    def estimate(self, request):
        return self.found

    def preview(self, paths):
        return ScanCounts(found=4, new=2, changed=1, unchanged=1, missing=0, problems=self.problems)

    # The reports.

    def import_summary(self, import_id):
        files = {"found": 3, "imported": 2, "unchanged": 0, "moved": 0, "missing": 0}
        return {**files, "refused": self.refused}

    def run_summary(self, run_id, import_id):
        whole = self.import_summary(import_id) if import_id else {"found": 0, "imported": 0, "unchanged": 0}
        kept = {word: whole[word] for word in ("found", "imported", "unchanged")}
        kept["refused"] = whole.get("refused", [])
        run = f"run_{run_id}" if run_id else None
        cost = {"estimated": self.estimated, "actual": self.actual}
        counts = self.counts if run_id else records()
        return {
            "run": run,
            "state": self.state,
            "assets": kept,
            "jobs": 1 if run else 0,
            "records": counts,
            "cost_usd": cost,
        }

    def runs(self, *, before=None, limit=50):
        self._note("runs", before=before, limit=limit)
        if self.state == "none":
            return {"runs": [], "next": None}
        return {"runs": [{**self._run(), "chunks": 0}], "next": "run_7"}

    def run(self, run_id):
        if run_id != 7:
            raise NotFound(f"There is no run run_{run_id}.", hint="`shotlog runs list` shows them.")
        chunk = {"index": 1, "folder": "nova_batch/job_1", "state": "collected", "job_state": "Completed"}
        chunk |= {"job_arn": "arn:1", "records": 2, "processed": 2, "message": None}
        total = len(self.failures) and len(self.failures) + 3
        return {**self._run(), "chunks": [chunk], "failures": self.failures, "failures_total": total}

    def _run(self):
        summary = {key: value for key, value in self.run_summary(7, None).items() if key != "assets"}
        facts = {"mode": "batch", "engine": "local", "model": "local", "recipe": "combined"}
        times = {"created_at": "2026-02-03T12:00:00Z", "ended_at": None}
        return {**summary, **facts, **times, "reason": self.reason}

    # The store.

    def inventory(self):
        return Inventory(self.folders, Amount())

    def clean(self, *, dry_run, orphans=False, only=None):
        self._note("clean", dry_run=dry_run, orphans=orphans, only=only)
        safe, unsafe = ([one for one in self.folders if one.safe == wanted] for wanted in (True, False))
        return CleanUp(dry_run, safe, unsafe, self.stuck)

    # The library.

    def list_assets(self, query="", **narrowed):
        self._note("list", query=query, **narrowed)
        analysed = [one for one in self.assets if one.analysed_at or query != "is:analysed"]
        return AssetPage(analysed, len(analysed), "CURSOR" if query == "paged" else None)

    def show(self, number):
        if not self.detail or number not in {self.detail.asset.id, self.detail.asset.public_id}:
            raise NotFound(f"There is no {number}.", hint="`shotlog assets list` shows them.")
        return self.detail

    def search(self, query, **narrowed):
        self._note("search", query=query, **narrowed)
        return HitPage(self.hits, len(self.hits), None)
