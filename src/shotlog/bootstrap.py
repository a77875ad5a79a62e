"""Wire settings and adapters into a working application; the only place that chooses."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib.metadata import version
from types import TracebackType
from typing import Self

from shotlog.blobs.opening import open_store
from shotlog.domain.clock import utc_now
from shotlog.domain.model import Mode
from shotlog.domain.money import microusd
from shotlog.domain.ports import BlobStore
from shotlog.errors import Unavailable
from shotlog.inference.catalog import Catalog
from shotlog.inference.recipe_book import RecipeBook
from shotlog.media.tool import MediaTool
from shotlog.provider import (
    STAND_IN_ROLE,
    ProviderAccess,
    check_for_bedrock,
    emulator_server,
    has_own_emulator,
)
from shotlog.sandbox.pool import Sandbox
from shotlog.services.browse import Browse
from shotlog.services.collecting import Collector
from shotlog.services.estimating import Estimator
from shotlog.services.following import Follower
from shotlog.services.on_demand import OnDemandAsker
from shotlog.services.planning import Planner, RunRequest
from shotlog.services.preparing import Preparer
from shotlog.services.proxy_store import ProxyStore
from shotlog.services.reporting import Reports
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

__all__ = ["App", "build", "emulator_server"]

#: Seconds between two looks at a job, and between two looks for a free slot.
_POLL_S, _OWN_POLL_S, _SLOT_S, _OWN_SLOT_S = 30.0, 0.5, 15.0, 1.0


def build(settings: Settings) -> App:
    """Open the installation that *settings* describe, and bring its database to this release.

    Raises:
        Unavailable: the home or the database cannot be used.
        Invalid: a setting makes no sense.
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
        self.database = Database(settings.effective_database_url)
        self.database.upgrade()
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
        self.database.close()

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
    def planner(self) -> Planner:
        """Return what opens runs."""
        return Planner(self.database, utc_now, lambda: self.store)

    def request(
        self,
        *,
        paths: Sequence[str] = (),
        assets: Sequence[int] = (),
        mode: str = "",
        model: str = "",
        recipe: str = "",
        budget_usd: str = "",
        again: bool = False,
    ) -> RunRequest:
        """Return what somebody wants to be asked, with the settings where nothing is said.

        Raises:
            NotFound: there is no such model or recipe.
            Invalid: the settings or the amount make no sense.
        """
        settings = self.settings
        if settings.engine == "bedrock" and not settings.bedrock_endpoint:
            check_for_bedrock(settings)
        asked = model or settings.model
        card = self.catalog.find(asked) if asked else self.catalog.default(settings.engine)
        budget = budget_usd or settings.budget_usd
        return RunRequest(
            recipe=self.recipes.get(recipe or settings.recipe),
            model=card.id,
            invocation_id=self.catalog.invocation_id(card, settings.aws_region, asked),
            engine=settings.engine,
            mode=Mode(mode or settings.mode),
            tail=settings.tail,
            paths=tuple(paths),
            assets=tuple(assets),
            again=again,
            budget_microusd=None if budget in (None, "") else microusd(budget),
        )

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
        return Workbench(self.database, worker, self.scanner, self.planner, self.estimator)

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
        terms = TermsBook(database, self.catalog, self._limit_rules(), region=settings.aws_region)
        poll_s = (
            settings.poll_seconds if settings.poll_seconds is not None else _OWN_POLL_S if own else _POLL_S
        )
        return Services(
            database=database,
            scanner=self.scanner,
            preparer=Preparer(database, utc_now, tool, folder=renditions, threads=settings.workers),
            terms=terms,
            planner=self.planner,
            stager=Stager(database, utc_now, lambda: self.store, proxies),
            submitter=Submitter(
                database,
                utc_now,
                lambda: self.store,
                self._provider.batch,
                role_arn=settings.batch_role_arn
                or (STAND_IN_ROLE if own or settings.bedrock_endpoint else ""),
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
        )
