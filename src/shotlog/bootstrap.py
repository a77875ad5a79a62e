"""Wire settings and adapters into a working application; the only place that chooses."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.metadata import version
from types import TracebackType
from typing import Self

from shotlog.blobs.opening import open_store
from shotlog.domain.clock import utc_now
from shotlog.domain.ports import BlobStore
from shotlog.errors import Unavailable
from shotlog.inference.access import AwsAccess
from shotlog.inference.bedrock_clients import BedrockConnection
from shotlog.inference.catalog import Catalog
from shotlog.inference.recipe_book import RecipeBook
from shotlog.media.tool import MediaTool
from shotlog.provider import (
    STAND_IN_ROLE,
    ProviderAccess,
    emulator_server,
    has_own_emulator,
    vision_model,
)
from shotlog.sandbox.pool import Sandbox
from shotlog.services.adopting import Adopter
from shotlog.services.browse import Browse
from shotlog.services.cleaning import Cleaner
from shotlog.services.collecting import Collector
from shotlog.services.doctor import Doctor, Setup
from shotlog.services.estimating import Estimator
from shotlog.services.following import Follower
from shotlog.services.on_demand import OnDemandAsker
from shotlog.services.planning import Planner
from shotlog.services.preparing import Preparer
from shotlog.services.proxy_store import ProxyStore
from shotlog.services.reparsing import Reparser
from shotlog.services.reporting import Reports
from shotlog.services.requesting import Requests, RunDefaults
from shotlog.services.scanning import Scanner
from shotlog.services.staging import Stager
from shotlog.services.submitting import Submitter
from shotlog.services.terms import LimitRules, TermsBook
from shotlog.settings import Settings
from shotlog.store.advisory_lock import AdvisoryLock
from shotlog.store.database import Database
from shotlog.tasks.engine import engine_url
from shotlog.tasks.home_lock import HomeLock
from shotlog.tasks.workbench import Workbench
from shotlog.tasks.worker import Worker, WorkLock
from shotlog.tasks.workflows import Services
from shotlog.vision.endpoint_models import EndpointModels

__all__ = ["App", "build", "emulator_server"]

#: Seconds between two looks at a job, and between two looks for a free slot.
_POLL_S, _OWN_POLL_S, _SLOT_S, _OWN_SLOT_S = 30.0, 0.5, 15.0, 1.0


def build(settings: Settings) -> App:
    """Open the installation that *settings* describe.

    Raises:
        Unavailable: the home cannot be made.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"The home {settings.home} cannot be made: {error.strerror}.",
            hint="Set SHOTLOG_HOME to a folder that can be written.",
        ) from error
    return App(settings)


class App:
    """One installation, wired; what costs time is made when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._open = ExitStack()
        self._provider = ProviderAccess(settings, lambda: self.catalog)
        self._sandbox = Sandbox(
            workers=settings.workers, memory_bytes=settings.media_memory_bytes, preload=MediaTool.PRELOAD
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give everything back that was opened."""
        self._provider.close()
        self._sandbox.close()
        self._open.close()

    @functools.cached_property
    def database(self) -> Database:
        """Return the library's database, at this release.

        Raises:
            Unavailable: it cannot be used.
        """
        database = Database(self.settings.effective_database_url)
        self._open.callback(database.close)
        database.upgrade()
        return database

    @functools.cached_property
    def catalog(self) -> Catalog:
        """Return the models and their prices."""
        return Catalog.load(self.settings.models_file)

    @functools.cached_property
    def recipes(self) -> RecipeBook:
        """Return the recipes, the user's own included."""
        return RecipeBook.load(self.settings.recipes_dir or self.settings.home / "recipes")

    @functools.cached_property
    def store(self) -> BlobStore:
        """Return the object store."""
        settings = self.settings
        return open_store(
            settings.effective_store, s3_endpoint=settings.s3_endpoint, region=settings.aws_region
        )

    @functools.cached_property
    def browse(self) -> Browse:
        """Return what shows the library."""
        return Browse(self.database)

    @functools.cached_property
    def reports(self) -> Reports:
        """Return what gives account of imports and runs."""
        return Reports(self.database)

    @functools.cached_property
    def scanner(self) -> Scanner:
        """Return what registers folders; it passes over the installation's own home."""
        return Scanner(self.database, utc_now, exclude={str(self.settings.home.resolve())})

    @functools.cached_property
    def estimator(self) -> Estimator:
        """Return what says beforehand how much a run costs."""
        return Estimator(
            self.database, utc_now, self.catalog, self._limit_rules().limits, region=self.settings.aws_region
        )

    @functools.cached_property
    def terms(self) -> TermsBook:
        """Return what looks up by what a run goes."""
        region = self.settings.aws_region
        return TermsBook(self.database, self.catalog, self._limit_rules(), region=region)

    @functools.cached_property
    def planner(self) -> Planner:
        """Return what opens runs."""
        return Planner(self.database, utc_now, lambda: self.store)

    @functools.cached_property
    def requests(self) -> Requests:
        """Return what turns names into requests, with the settings where nothing is named."""
        settings = self.settings
        return Requests(
            RunDefaults(
                engine=settings.engine,
                mode=settings.mode,
                model=settings.model,
                recipe=settings.recipe,
                tail=settings.tail,
                region=settings.aws_region,
                budget_usd=settings.budget_usd,
            ),
            catalog=lambda: self.catalog,
            recipes=lambda: self.recipes,
            terms=lambda: self.terms,
        )

    @functools.cached_property
    def reparser(self) -> Reparser:
        """Return what reads stored answers anew."""
        return Reparser(self.database, utc_now, self.terms)

    @functools.cached_property
    def adopter(self) -> Adopter:
        """Return what takes jobs in that the library does not know."""
        return Adopter(
            self.database,
            utc_now,
            lambda: self.store,
            self._provider.batch,
            catalog=lambda: self.catalog,
            recipes=lambda: self.recipes,
            engine=self.settings.engine,
            tail=self.settings.tail,
        )

    @functools.cached_property
    def cleaner(self) -> Cleaner:
        """Return what takes stock of the folders of jobs, and cleans up."""
        return Cleaner(self.database, utc_now, lambda: self.store, self._provider.batch)

    def workbench(self) -> Workbench:
        """Return where a command gets work done, by this process unless another one works already."""
        worker = Worker(
            self.database,
            self._work_lock(),
            self._services,
            engine_url=engine_url(self.database.url, self.settings.home),
            version=version("shotlog"),
            halt=self._halt,
        )
        return Workbench(
            self.database, worker, self.scanner, self.planner, self.estimator, check=self._provider.check
        )

    @contextmanager
    def doctor(self) -> Iterator[Doctor]:
        """Yield what examines the installation; what it opens for that is closed afterwards."""
        settings = self.settings
        with ExitStack() as stack:
            vision = Sandbox(workers=1, memory_bytes=settings.media_memory_bytes)
            stack.callback(vision.close)
            local = settings.engine == "local" and not settings.vision_endpoint
            endpoint = access = None
            if settings.vision_endpoint:
                key = settings.vision_api_key.get_secret_value()
                endpoint = EndpointModels(settings.vision_endpoint, key)
            if settings.engine == "bedrock":
                connection = BedrockConnection(settings.aws_region, settings.bedrock_endpoint)
                access = AwsAccess(connection, s3_endpoint=settings.s3_endpoint)
                stack.callback(access.close)
            yield Doctor(
                replace(Setup.of(settings), role_arn=self._role_arn()),
                database=lambda: self.database,
                store=lambda: self.store,
                recipes=lambda: self.recipes,
                catalog=lambda: self.catalog,
                media=MediaTool(self._sandbox, timeout_s=settings.media_timeout_s),
                vision=vision_model(settings, vision) if local else None,
                endpoint=endpoint,
                access=access,
            )

    def _role_arn(self) -> str:
        settings = self.settings
        stand_in = has_own_emulator(settings) or settings.bedrock_endpoint
        return settings.batch_role_arn or (STAND_IN_ROLE if stand_in else "")

    def _halt(self) -> None:
        self._provider.halt()
        self._sandbox.close()

    def _work_lock(self) -> WorkLock:
        return HomeLock(self.settings.home) if self.database.is_sqlite else AdvisoryLock(self.database)

    def _limit_rules(self) -> LimitRules:
        settings = self.settings
        least = settings.batch_min_records
        if least is None and has_own_emulator(settings):
            least = 1
        return LimitRules(least, settings.batch_max_records, settings.batch_max_bytes)

    def _services(self) -> Services:
        """Make what the working process works with."""
        settings, database, own = self.settings, self.database, has_own_emulator(self.settings)
        renditions = settings.home / "renditions"
        tool = MediaTool(self._sandbox, timeout_s=settings.media_timeout_s)
        proxies = ProxyStore(database, utc_now, lambda: self.store, renditions)
        poll_s = (
            settings.poll_seconds if settings.poll_seconds is not None else _OWN_POLL_S if own else _POLL_S
        )
        return Services(
            database=database,
            scanner=self.scanner,
            preparer=Preparer(database, utc_now, tool, folder=renditions, threads=settings.workers),
            terms=self.terms,
            planner=self.planner,
            stager=Stager(database, utc_now, lambda: self.store, proxies),
            submitter=Submitter(
                database,
                utc_now,
                lambda: self.store,
                self._provider.batch,
                role_arn=self._role_arn(),
                slot_seconds=_OWN_SLOT_S if own else _SLOT_S,
            ),
            follower=Follower(database, utc_now, self._provider.batch, poll_seconds=poll_s),
            collector=Collector(database, utc_now, lambda: self.store),
            asker=OnDemandAsker(
                database,
                utc_now,
                lambda: self.store,
                self._provider.on_demand,
                proxies,
                concurrency=settings.on_demand_concurrency,
            ),
            adopter=self.adopter,
            adopts_always=settings.engine == "bedrock",
        )
