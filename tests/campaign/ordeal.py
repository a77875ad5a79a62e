"""One run through the real stack while everything goes wrong that its seed says."""

import hashlib
import random
import threading
import time

from run_stage import RunStage
from shotlog.domain.model import Mode
from shotlog.domain.rendition import Rendition
from shotlog.domain.state import RUN
from shotlog.errors import Unavailable
from shotlog.services.adopting import Adopter
from shotlog.services.following import Follower
from shotlog.services.on_demand import OnDemandAsker
from shotlog.services.preparing import Preparer
from shotlog.services.scanning import Scanner
from shotlog.services.terms import LimitRules, TermsBook
from shotlog.store import runs
from shotlog.tasks.engine import engine_url
from shotlog.tasks.worker import Worker
from shotlog.tasks.workflows import Services

PATIENCE_S = 60
RECORD_FAULTS = ("drop", "error", "truncate", "fence", "chatty", "refuse", "malformed")
ENDS = (None, None, None, "PartiallyCompleted", "Expired", "Stopped", "Failed")


class Broken(Exception):
    """What no code of ours expects, as a bug or a killed thread would be."""


class Shaky:
    """Passes calls on to something, and now and then breaks before or after one."""

    def __init__(self, inner, chance, dice):
        self._inner, self._chance, self._dice = inner, chance, dice

    def __getattr__(self, name):
        inner = getattr(self._inner, name)
        if not callable(inner) or name in {"uri", "list"}:
            return inner

        def call(*arguments, **options):
            fate = self._dice.random()
            if fate < self._chance:
                raise self._dice.choice((Broken, Unavailable))(f"before {name}")
            done = inner(*arguments, **options)
            if fate > 1 - self._chance:
                raise self._dice.choice((Broken, Unavailable))(f"after {name}")
            return done

        return call


class Remaker:
    """Makes a proxy again that was found damaged."""

    def render(self, path, folder, stem):
        folder.mkdir(parents=True, exist_ok=True)
        made, body = folder / f"{stem}-proxy.mp4", f"made again of {path.name!a}".encode()
        made.write_bytes(body)
        digest = hashlib.sha256(body).hexdigest()
        return [Rendition("proxy", made, "video/mp4", len(body), digest, 2, 2)]


class Lock:
    """Nobody else is there."""

    def acquire(self):
        return True

    def release(self):
        pass


class Ordeal:
    """A library, a run, and what its seed does to it."""

    def __init__(self, seed, folder, database, service):
        self.seed, self.dice = seed, random.Random(seed)
        self.service = service
        self.stage = RunStage(folder, database, bucket=f"ordeal-{seed}")
        self.restarts = 0
        self.folder = folder
        self.rules = LimitRules(min_records=self.dice.choice((1, 1, 3)), max_records=self.dice.randint(3, 9))
        self.tail = self.dice.choice(("on-demand", "on-demand", "wait", "fail"))
        self.mode = self.dice.choice((Mode.BATCH,) * 4 + (Mode.ON_DEMAND,))
        self.chance = self.dice.choice((0, 0.01, 0.05))

    def run(self):
        """Take a run to its end, starting again as often as something breaks; return its number."""
        dice = self.dice
        assets = self.stage.assets(dice.randint(1, 24))
        for broken in dice.sample(assets, k=dice.randint(0, min(2, len(assets)))):
            self.stage.proxy_file(broken).write_bytes(dice.choice((b"", b"broken")))
        self.service.faults(**self.faults())
        request = self.stage.request(tail=self.tail, mode=self.mode)
        run = self.stage.planner.begin(request)
        return self.finish(run.id)

    def finish(self, run_id):
        deadline = time.monotonic() + PATIENCE_S
        while not self._is_over(run_id):
            worker = self._worker()
            worker.start()
            try:
                while not self._is_over(run_id) and not self._broke(worker, run_id):
                    assert time.monotonic() < deadline, f"seed {self.seed} does not come to an end"
                    time.sleep(0.03)
            finally:
                worker.close()
            self.restarts += 1
            if self.restarts > 6:  # long enough: let it come to an end
                self.chance = 0
        return run_id

    def faults(self):
        """Draw what the provider does wrong."""
        dice = self.dice
        chosen = dice.sample(RECORD_FAULTS, k=dice.randint(0, 4))
        rates = {name: round(dice.uniform(0, 0.9 / len(chosen)), 2) for name in chosen}
        return {
            **rates,
            "end_as": dice.choice(ENDS),
            "partial_fraction": dice.choice((0.0, 0.3, 0.9)),
            "no_manifest": dice.random() < 0.2,
            "manifest_cache_fields": dice.random() < 0.2,
            "half_written": dice.random() < 0.2,
            "keep_order": dice.random() < 0.2,
            "null_error": dice.random(),
            "line_separators": dice.choice((0.0, 0.5)),
            "throttle_creates": dice.choice((0, 0, 2)),
            "throttle_reads": dice.choice((0, 0, 3)),
            "throttle_invocations": dice.choice((0, 0, 2)),
            "internal_errors": dice.choice((0, 0, 3)),
            "lost_create_answers": dice.choice((0, 0, 1)),
        }

    def _is_over(self, run_id):
        with self.stage.database.read() as session:
            return RUN.is_terminal(runs.get(session, run_id).state)

    def _broke(self, worker, run_id):
        chunks = [("chunk", job.id) for job in self.stage.jobs(run_id)]
        return any(worker.trouble(*key) for key in (("run", run_id), *chunks))

    def _worker(self):
        stage, database, clock = self.stage, self.stage.database, self.stage.clock
        store = Shaky(stage.store, self.chance, self.dice)
        provider = Shaky(self.service.batch, self.chance, self.dice)
        stage.proxies._store = stage.stager._store = stage.collector._store = lambda: store
        stage.planner._store = lambda: store
        submitter = stage.submitter(provider)
        submitter._store = lambda: store
        services = Services(
            database=database,
            scanner=Scanner(database, clock),
            preparer=Preparer(database, clock, Remaker(), folder=stage.renditions, threads=1),
            terms=TermsBook(database, stage.catalog, self.rules, region="us-east-1"),
            planner=stage.planner,
            stager=stage.stager,
            submitter=submitter,
            follower=Follower(database, clock, lambda: provider, poll_seconds=0.01),
            collector=stage.collector,
            asker=OnDemandAsker(
                database,
                clock,
                lambda: store,
                lambda: self.service.on_demand(stage.catalog),
                stage.proxies,
                concurrency=2,
            ),
            adopter=Adopter(
                database,
                clock,
                lambda: store,
                lambda: provider,
                catalog=lambda: stage.catalog,
                recipes=lambda: stage.recipes,
                engine="bedrock",
                tail=self.tail,
            ),
            adopts_always=self.dice.random() < 0.5,
        )
        return Worker(
            database,
            Lock(),
            lambda: services,
            engine_url=engine_url(database.url, self.folder.parent),
            version="1",
            halt=threading.Event().set,
        )
