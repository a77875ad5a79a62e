"""Find out what an unknown job asks about: the assets of its lines, and the recipe of them all."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from shotlog.domain.asset import Asset
from shotlog.domain.prompt import Quoted, clean, compose, context_quoted, quoted
from shotlog.domain.recipe import Recipe
from shotlog.errors import Invalid
from shotlog.inference.manifest_reading import ManifestRecord
from shotlog.inference.recipe_book import RecipeBook
from shotlog.services.asking import context_of
from shotlog.store import adoptions
from shotlog.store import assets as asset_queries
from shotlog.store.database import Database

_AT_ONCE = 500
#: A staged name ends in the asset's id, or in that and a number by which it differs from another.
_NUMBERS = re.compile(r"_([1-9][0-9]{0,17})(?:_([1-9][0-9]{0,17}))?(?:\.[^.]*)?$")
#: The recipe that is taken where a job's own is not known.
_FALLBACK = "combined"


@dataclass(frozen=True, slots=True)
class Match:
    """A line of a manifest and the asset that it asks about."""

    line: ManifestRecord
    asset: Asset
    #: The file is, for all that the line says of it, still the one that was asked about.
    unchanged: bool


@dataclass
class Matches:
    """The lines of a manifest that ask about assets of the library, and the number of those that do not."""

    found: list[Match] = field(default_factory=list)
    unknown: int = 0


class Matcher:
    """Reads what our own staging and prompts wrote into a manifest back, against the library as it is."""

    def __init__(self, database: Database, recipes: Callable[[], RecipeBook]) -> None:
        self._database = database
        self._recipes = recipes

    def match(self, lines: Iterable[ManifestRecord]) -> Matches:
        """Find the asset of each line, at most one line for each asset, and count what finds none.

        The id in the name of the staged copy says which asset it is, and the words of the prompt must
        agree; where they do not, the only asset that the words do describe is taken.
        """
        result = Matches()
        numbers: set[int] = set()
        assets: set[int] = set()
        kinds: set[str] = set()
        rest = iter(lines)
        while some := list(itertools.islice(rest, _AT_ONCE)):
            for line, asset in self._pair(some):
                if asset is None or line.number is None or line.number in numbers or asset.id in assets:
                    result.unknown += 1
                    continue
                numbers.add(line.number)
                assets.add(asset.id)
                unchanged = quoted(line.text).duration == _said_of(asset).duration
                # The recipe is told by the first of each kind; the words of a million others may go.
                kept = replace(line, text="") if line.kind in kinds else line
                kinds.add(line.kind)
                result.found.append(Match(kept, asset, unchanged))
        return result

    def recipe(self, matches: Sequence[Match]) -> Recipe:
        """Return the recipe that asks in just these words; else one for the same sections; else a guess."""
        first = {match.asset.kind or "": match for match in reversed(matches)}
        known = list(self._known())
        for fits in (_composes, _has_schema):
            for recipe in known:
                if all(fits(recipe, match) for match in first.values()):
                    return recipe
        return self._recipes().get(_FALLBACK)

    def _pair(self, lines: Sequence[ManifestRecord]) -> Iterator[tuple[ManifestRecord, Asset | None]]:
        candidates = [_candidates(line.uri) for line in lines]
        with self._database.read() as session:
            assets = asset_queries.by_id(session, sorted({id_ for ids in candidates for id_ in ids}))
        by_id = [
            next((assets[id_] for id_ in ids if id_ in assets and _agrees(line, assets[id_])), None)
            for line, ids in zip(lines, candidates, strict=True)
        ]
        lost = [line for line, asset in zip(lines, by_id, strict=True) if asset is None]
        described = self._described(lost)
        for line, asset in zip(lines, by_id, strict=True):
            yield line, asset or described.get((line.kind, _place(quoted(line.text))))

    def _described(self, lines: Sequence[ManifestRecord]) -> dict[tuple[str, tuple[str, str, str]], Asset]:
        """Return the only asset of each description (kind, name, folder, duration) that *lines* give."""
        said = {quoted(line.text).name for line in lines}
        names = sorted(name for name in said if name and clean(name, len(name)) == name)
        with self._database.read() as session:
            assets = asset_queries.by_id(session, adoptions.named(session, names))
        found: dict[tuple[str, tuple[str, str, str]], list[Asset]] = {}
        for asset in assets.values():
            found.setdefault((asset.kind or "", _place(_said_of(asset))), []).append(asset)
        return {key: same[0] for key, same in found.items() if len(same) == 1}

    def _known(self) -> Iterator[Recipe]:
        """Yield the recipes of today first: a later run of one of them then knows what was asked."""
        book = self._recipes()
        yield from (book.get(name) for name in book.names())
        with self._database.read() as session:
            bodies = adoptions.recipe_bodies(session)
        for body in bodies:
            try:
                yield Recipe.from_json(body)
            except Invalid:
                continue  # of a release that knew other sections


def _candidates(uri: str) -> list[int]:
    numbers = _NUMBERS.search(uri.rpartition("/")[2])
    return [int(number) for number in reversed(numbers.groups()) if number] if numbers else []


def _said_of(asset: Asset) -> Quoted:
    return context_quoted(asset.kind or "", context_of(asset))


def _place(said: Quoted) -> tuple[str, str, str]:
    return said.name, said.folder, said.duration


def _agrees(line: ManifestRecord, asset: Asset) -> bool:
    told, known = quoted(line.text), _said_of(asset)
    same = (told.name, told.folder) == (known.name, known.folder)
    return same and asset.kind == line.kind and asset.fingerprint is not None


def _composes(recipe: Recipe, match: Match) -> bool:
    kind = match.asset.kind or ""
    return kind in recipe.kinds and compose(recipe, kind, context_of(match.asset)) == match.line.text


def _has_schema(recipe: Recipe, match: Match) -> bool:
    kind = match.asset.kind or ""
    if kind not in recipe.kinds:
        return False
    return quoted(compose(recipe, kind, context_of(match.asset))).schema == quoted(match.line.text).schema
