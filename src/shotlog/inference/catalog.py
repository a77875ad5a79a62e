"""The models that Shotlog knows: the package's table, with additions and corrections of the user's."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shotlog.domain.model import Mode, ModelCard, Price, Range
from shotlog.domain.money import microusd
from shotlog.errors import Invalid, NotFound

#: The model of an engine when the settings name none.
DEFAULT_MODELS = {"local": "shotlog.local-v1:0", "bedrock": "amazon.nova-2-lite-v1:0"}

_GROUPS = (("us-gov-", "us-gov"), ("us-", "us"), ("eu-", "eu"))
_JAPAN = frozenset({"ap-northeast-1", "ap-northeast-3"})


class _PriceTable(BaseModel):
    """A price as the TOML has it: dollars per million tokens, as strings so that no float is involved."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode
    groups: list[str] = Field(min_length=1)
    input: str
    output: str
    source: str = Field(min_length=1)
    as_of: date

    def prices(self) -> list[Price]:
        """Return one price for each region group."""
        return [
            Price(self.mode, group, microusd(self.input), microusd(self.output), self.source, self.as_of)
            for group in self.groups
        ]


class _ModelTable(BaseModel):
    """A model as the TOML has it; what is left out keeps the card's default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str | None = None
    source: str | None = None
    aliases: tuple[str, ...] | None = None
    profiles: dict[str, str] | None = None
    profile_only: bool | None = None
    regions: tuple[str, ...] | None = None
    batch: bool | None = None
    converse: bool | None = None
    min_records: int | None = Field(None, ge=1)
    max_records: int | None = Field(None, ge=1)
    max_file_bytes: int | None = Field(None, ge=1)
    max_job_bytes: int | None = Field(None, ge=1)
    max_active_jobs: int | None = Field(None, ge=1)
    max_media_bytes: int | None = Field(None, ge=1)
    context_tokens: int | None = Field(None, ge=1)
    max_tokens: int | None = Field(None, ge=1)
    frame_cap: int | None = Field(None, ge=1)
    frame_cap_high: int | None = Field(None, ge=1)
    tokens_per_frame: int | None = Field(None, ge=0)
    photo_tokens: tuple[int, int, int] | None = None
    video_formats: tuple[str, ...] | None = None
    photo_formats: tuple[str, ...] | None = None
    prices: tuple[_PriceTable, ...] | None = None

    def card(self, model_id: str) -> ModelCard:
        """Return the card, with its defaults where the table is silent."""
        given: dict[str, Any] = {
            name: getattr(self, name) for name in type(self).model_fields if getattr(self, name) is not None
        }
        given.setdefault("name", model_id)
        given.setdefault("source", "your own table")
        if self.photo_tokens is not None:
            given["photo_tokens"] = Range(*self.photo_tokens)
        if self.prices is not None:
            given["prices"] = tuple(price for table in self.prices for price in table.prices())
        if self.frame_cap is not None:
            given["frame_cap_high"] = max(self.frame_cap, self.frame_cap_high or 0)
        return ModelCard(id=model_id, **given)


class Catalog:
    """Model cards by everything that a model is called."""

    def __init__(self, cards: Iterable[ModelCard]) -> None:
        self._cards = {card.id: card for card in cards}
        self._names = {name: card for card in self._cards.values() for name in card.names()}

    @classmethod
    def load(cls, extra: Path | None = None) -> Catalog:
        """Read the package's table, and over it *extra*: its values win, model by model and field by field.

        Raises:
            Invalid: *extra* cannot be read or says something that no model has.
        """
        packaged = resources.files("shotlog.data").joinpath("models.toml").read_text("utf-8")
        tables = _tables(packaged, "models.toml")
        if extra is not None:
            for model_id, table in _tables(_read(extra), str(extra)).items():
                tables[model_id] = {**tables.get(model_id, {}), **table}
        return cls(_card(model_id, table) for model_id, table in tables.items())

    def cards(self) -> list[ModelCard]:
        """Return all cards, by id."""
        return sorted(self._cards.values(), key=lambda card: card.id)

    def default(self, engine: str) -> ModelCard:
        """Return the model that an engine uses when none is named."""
        return self.find(DEFAULT_MODELS[engine])

    def find(self, name: str) -> ModelCard:
        """Return the card of a model id, alias, inference profile id or ARN.

        Raises:
            NotFound: no card has that name; an application profile's ARN does not say which model it is.
        """
        wanted = name.strip()
        if wanted.startswith("arn:"):
            wanted = wanted.rpartition("/")[2]
        card = self._names.get(wanted) or self._names.get(wanted.lower())
        if card is None:
            known = ", ".join(sorted(min(card.aliases, default=card.id) for card in self._cards.values()))
            raise NotFound(
                f"There is no model {name!r} in the model table.",
                hint=f"Known: {known}. Others can be added in a models file (setting models_file).",
            )
        return card

    def invocation_id(self, card: ModelCard, region: str, asked: str = "") -> str:
        """Return the id that the provider is asked with: the one place that resolves profiles (rule R7).

        An *asked* profile id or ARN is kept as it is. Otherwise the bare id is used where *region* serves
        it, else the region's own profile, else the global one.

        Raises:
            Invalid: the model cannot be reached from *region*.
        """
        asked = asked.strip()
        if asked.startswith("arn:") or asked in card.profiles.values():
            return asked
        if not card.profile_only and (not card.regions or region in card.regions):
            return card.id
        for group in (*_groups(region), "global"):
            if group in card.profiles:
                return card.profiles[group]
        raise Invalid(
            f"{card.name} cannot be invoked from {region}.",
            hint="Choose another region, or name an inference profile of your own as the model.",
        )

    def price_group(self, card: ModelCard, invocation_id: str, region: str) -> str:
        """Return the region group by which *invocation_id* is priced: its profile's, else the region's."""
        plain = invocation_id.rpartition("/")[2] if invocation_id.startswith("arn:") else invocation_id
        for group, profile in card.profiles.items():
            if profile == plain:
                return group
        return _groups(region)[0]


def _groups(region: str) -> tuple[str, ...]:
    """Return the profile groups that serve *region*, the nearest first."""
    for prefix, group in _GROUPS:
        if region.startswith(prefix):
            return (group,)
    if region.startswith("ap-"):
        return ("jp", "apac") if region in _JAPAN else ("apac",)
    return (region,)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"The models file {path} cannot be read: {error}") from error


def _tables(text: str, origin: str) -> dict[str, dict[str, Any]]:
    try:
        models = tomllib.loads(text).get("models", {})
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"{origin} is no valid TOML: {error}") from error
    if not isinstance(models, dict) or not all(isinstance(table, dict) for table in models.values()):
        raise Invalid(
            f"{origin} must hold one table for each model.", hint='Such as [models."amazon.nova-lite-v1:0"].'
        )
    return dict(models)


def _card(model_id: str, table: Mapping[str, Any]) -> ModelCard:
    try:
        return _ModelTable.model_validate(table).card(model_id)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"Model {model_id!r} in the model table: {where}: {first['msg']}") from error
