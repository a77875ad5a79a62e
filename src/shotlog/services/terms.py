"""The terms of a run: recipe, model, limits and prices, looked up by what the run itself says."""

from __future__ import annotations

from dataclasses import dataclass

from shotlog.batch.splitting import BatchLimits
from shotlog.domain.model import ModelCard
from shotlog.domain.recipe import Recipe
from shotlog.domain.run import Run
from shotlog.errors import Invalid
from shotlog.inference.catalog import Catalog
from shotlog.store import runs
from shotlog.store.database import Database

#: Records of a job unless the settings say otherwise: few, so that a lost job costs little.
MOST_RECORDS = 150


@dataclass(frozen=True, slots=True)
class RunTerms:
    """What everything that is done for one run goes by."""

    run: Run
    recipe: Recipe
    card: ModelCard
    #: Region group that the model is priced by.
    price_group: str
    limits: BatchLimits


@dataclass(frozen=True, slots=True)
class LimitRules:
    """What the settings say about the size of a job; None leaves it to the model."""

    min_records: int | None = None
    max_records: int | None = None
    max_bytes: int | None = None

    def limits(self, card: ModelCard) -> BatchLimits:
        """Return the limits of a job of one model; its own maxima are never passed (rules R15 to R17).

        Raises:
            Invalid: the settings leave no job that the model takes.
        """
        least = card.min_records if self.min_records is None else self.min_records
        most = min(self.max_records or max(MOST_RECORDS, least), card.max_records)
        if least > most:
            raise Invalid(
                f"A job would need {least} records at least and may have {most} at the most.",
                hint="Mend SHOTLOG_BATCH_MIN_RECORDS or SHOTLOG_BATCH_MAX_RECORDS.",
            )
        # The tenth that is left free holds the manifest, which counts too.
        room = card.max_job_bytes * 9 // 10
        return BatchLimits(least, most, min(self.max_bytes or room, room))


class TermsBook:
    """Looks the terms of runs up."""

    def __init__(self, database: Database, catalog: Catalog, rules: LimitRules, *, region: str) -> None:
        self._database = database
        self._catalog = catalog
        self._rules = rules
        self._region = region

    def of_run(self, run_id: int) -> RunTerms:
        """Return the terms of a run, its recipe as it was when the run began.

        Raises:
            NotFound: there is no such run, or its model is no longer in the model table.
        """
        with self._database.read() as session:
            run = runs.get(session, run_id)
            body = runs.recipe_body(session, run.recipe_digest)
        card = self._catalog.find(run.model)
        return RunTerms(
            run=run,
            recipe=Recipe.from_json(body, f"recipe {run.recipe}"),
            card=card,
            price_group=self._catalog.price_group(card, run.invocation_id, self._region),
            limits=self._rules.limits(card),
        )
