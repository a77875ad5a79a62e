"""Turn what somebody names (a model, a recipe, a run to be retried) into a request for a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shotlog.domain.model import Mode
from shotlog.domain.money import microusd
from shotlog.domain.state import RUN
from shotlog.errors import Conflict
from shotlog.inference.catalog import Catalog
from shotlog.inference.recipe_book import RecipeBook
from shotlog.services.planning import RunRequest
from shotlog.services.terms import TermsBook
from shotlog.store.retries import Retry


@dataclass(frozen=True, slots=True)
class RunDefaults:
    """What a request has where nothing else is said."""

    engine: str
    mode: str
    #: As a person would name it; empty for the engine's default.
    model: str
    recipe: str
    tail: str
    region: str
    budget_usd: float | None = None


class Requests:
    """Makes requests for runs."""

    def __init__(
        self,
        defaults: RunDefaults,
        catalog: Callable[[], Catalog],
        recipes: Callable[[], RecipeBook],
        terms: Callable[[], TermsBook],
    ) -> None:
        self._defaults = defaults
        self._catalog = catalog
        self._recipes = recipes
        self._terms = terms

    def fresh(
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
        """Return a request about *paths*, *assets*, or everything.

        Raises:
            NotFound: there is no such model or recipe.
            Invalid: the model cannot be reached, or the amount makes no sense.
        """
        defaults, catalog = self._defaults, self._catalog()
        asked = model or defaults.model
        card = catalog.find(asked) if asked else catalog.default(defaults.engine)
        return RunRequest(
            recipe=self._recipes().get(recipe or defaults.recipe),
            model=card.id,
            invocation_id=catalog.invocation_id(card, defaults.region, asked),
            engine=defaults.engine,
            mode=Mode(mode or defaults.mode),
            tail=defaults.tail,
            paths=tuple(paths),
            assets=tuple(assets),
            again=again,
            budget_microusd=self._budget(budget_usd),
        )

    def retry(
        self, run_id: int, *, mode: str = "", partial: bool = False, budget_usd: str = ""
    ) -> RunRequest:
        """Return what a retry of a run would ask: the same recipe, model and files, only what can succeed.

        Refused records and failures that are final are left, and so is what was asked again since. With
        *partial* the salvaged ones are asked too, in the hope of whole answers.

        Raises:
            NotFound: there is no such run.
            Conflict: it is not over yet.
        """
        terms = self._terms().of_run(run_id)
        run = terms.run
        if not RUN.is_terminal(run.state):
            hint = f"`shotlog runs watch {run.public_id}` waits for it."
            raise Conflict(f"{run.public_id} is not over yet.", hint=hint)
        tokens = tuple((kind, terms.recipe.part(kind).max_tokens) for kind in terms.recipe.kinds)
        return RunRequest(
            recipe=terms.recipe,
            model=run.model,
            invocation_id=run.invocation_id,
            engine=run.engine,
            mode=Mode(mode or run.mode),
            tail=run.tail,
            budget_microusd=self._budget(budget_usd),
            retry=Retry(run_id, partial, terms.card.max_tokens, tokens),
        )

    def _budget(self, named: str) -> int | None:
        budget = named or self._defaults.budget_usd
        return None if budget is None else microusd(budget)
