"""Checks of what every installation needs, from the home to the price of the model."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from shotlog.domain.clock import Clock
from shotlog.domain.model import Mode, ModelCard, Price
from shotlog.domain.money import format_usd
from shotlog.domain.ports import BlobStore, MediaInput, Question, VisionModel
from shotlog.errors import AppError, Invalid, NotFound, Unavailable
from shotlog.inference.catalog import Catalog
from shotlog.inference.recipe_book import RecipeBook
from shotlog.media.samples import Scene, make_clip
from shotlog.media.tool import MediaTool
from shotlog.services.examination import FAILED, OK, WARNING, Check, Look, Setup
from shotlog.store import health
from shotlog.store.database import Database
from shotlog.vision.endpoint_models import EndpointModels

_LEAST_BYTES = 200_000_000
_FEW_BYTES = 5 << 30
_OLD_PRICE = timedelta(days=365)
#: What the sample clip shows and the local engine must read.
_WORDS = "SHOTLOG 42"
_WIDTH, _HEIGHT = 640, 360
#: What is written into the store and read back.
_CONTENT = bytes(range(256))


class MachineChecks:
    """The looks at this machine; see ``Doctor`` for the arguments."""

    def __init__(
        self,
        setup: Setup,
        *,
        database: Callable[[], Database],
        store: Callable[[], BlobStore],
        media: MediaTool,
        vision: VisionModel | None,
        endpoint: EndpointModels | None,
        recipes: Callable[[], RecipeBook],
        catalog: Callable[[], Catalog],
        clock: Clock,
        free_bytes: Callable[[Path], int] | None = None,
    ) -> None:
        self._setup = setup
        self._database, self._store, self._media = database, store, media
        self._vision, self._endpoint = vision, endpoint
        self._recipes, self._catalog, self._clock = recipes, catalog, clock
        self._free_bytes = free_bytes or (lambda path: shutil.disk_usage(path).free)

    def looks(self) -> dict[str, Look]:
        """Return the checks by name, in the order in which one would mend them."""
        looks: dict[str, Look] = {
            "home": self.home,
            "disk space": self.disk_space,
            "database": self.database,
            "store": self.store,
            "media": self.media,
        }
        if self._setup.engine == "local":
            if self._endpoint is not None:
                looks["vision endpoint"] = self.vision_endpoint
            elif self._vision is not None:
                looks["local engine"] = self.local_engine
        return looks | {"recipes": self.recipes, "models": self.models, "price": self.price}

    def home(self) -> Check:
        """Write a file in the home and take it away again."""
        home = self._setup.home
        try:
            home.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=home, prefix=".doctor-") as file:
                file.write(b"written by the doctor")
                file.flush()
        except OSError as error:
            hint = "Give this user the folder, or set SHOTLOG_HOME to one that can be written."
            return Check("home", FAILED, f"{home} cannot be written: {error.strerror or error}.", hint)
        return Check("home", OK, f"{home} can be written.")

    def disk_space(self) -> Check:
        """Look how much room renditions, database and a store in the home have."""
        free = self._free_bytes(self._setup.home)
        detail = f"{free / 1e9:.1f} GB are free where the home is."
        if free >= _FEW_BYTES:
            return Check("disk space", OK, detail)
        hint = "Free some, or set SHOTLOG_HOME to a larger disk."
        return Check("disk space", FAILED if free < _LEAST_BYTES else WARNING, detail, hint)

    def database(self) -> Check:
        """Reach the database and compare its schema with this release's."""
        seen = health.look(self._database())
        if not seen.known:
            hint = "Install that release, or put a backup of this one in its place."
            detail = f"{seen.product}: revision {seen.revision} is a later release's."
            return Check("database", FAILED, detail, hint)
        if seen.revision != seen.wanted:
            detail = f"{seen.product}: revision {seen.revision or 'none'}, this release needs {seen.wanted}."
            return Check(
                "database", FAILED, detail, "Any command that opens the library brings it to this release."
            )
        if seen.journal not in ("", "wal"):
            detail = f"{seen.product}, journal mode {seen.journal}: readers and writers wait for each other."
            return Check("database", WARNING, detail, "Move the home to a disk of this machine's own.")
        wal = ", write-ahead log" if seen.journal else ""
        return Check("database", OK, f"{seen.product}, revision {seen.revision}{wal}.")

    def store(self) -> Check:
        """Do once with a small object all that a run does with its files, and leave nothing behind."""
        store = self._store()
        folder = f"doctor/{secrets.token_hex(8)}"
        store.put(f"{folder}/first.bin", _CONTENT)  # outside the block: what fails here has left nothing
        try:
            _round_trip(store, folder)
        except AppError:
            with contextlib.suppress(AppError):  # the first failure is the one to tell
                _tidy(store, folder)
            raise
        _tidy(store, folder)
        done = "written, read, copied, listed and deleted"
        return Check("store", OK, f"{self._setup.store}: an object was {done}.")

    def media(self) -> Check:
        """Make a clip, then read it and make its renditions in a child process, as for any file."""
        with tempfile.TemporaryDirectory(prefix="shotlog-doctor-") as name:
            clip = _sample(Path(name))
            facts = self._media.inspect(clip).facts
            if (facts.kind, facts.width, facts.height) != ("video", _WIDTH, _HEIGHT):
                raise Unavailable(
                    f"A clip of {_WIDTH} x {_HEIGHT} was read as {facts.width} x {facts.height}."
                )
            made = self._media.render(clip, Path(name), "doctor")
        kinds = ", ".join(rendition.kind for rendition in made)
        return Check("media", OK, f"A clip was made and read ({facts.video_codec}); made of it: {kinds}.")

    def local_engine(self) -> Check:
        """Let the local engine look at a clip with words in it."""
        if self._vision is None:
            raise Unavailable("There is no local engine.")
        with tempfile.TemporaryDirectory(prefix="shotlog-doctor-") as name:
            media = (MediaInput("video", "mp4", _sample(Path(name))),)
            answer = self._vision.answer(Question("doctor", media, "What can be seen?"))
        if _WORDS not in answer.text:
            detail = f"It looked at a clip and did not read {_WORDS!r} in it."
            return Check("local engine", WARNING, detail, "Words on screen will be missing: install again.")
        return Check("local engine", OK, f"It looked at a clip and read {_WORDS!r} in it.")

    def vision_endpoint(self) -> Check:
        """Ask the vision endpoint for its models, and look for the one that is set."""
        if self._endpoint is None:
            raise Unavailable("There is no vision endpoint.")
        name, wanted = "vision endpoint", self._setup.vision_model
        try:
            names = self._endpoint.names()
        except NotFound as error:
            return Check(name, WARNING, error.message, "It answers; whether it has the model, a run shows.")
        if wanted and wanted not in names and f"{wanted}:latest" not in names:
            detail = f"It answers, and does not list the model {wanted!r}."
            known = ", ".join(names[:8]) or "none"
            return Check(name, FAILED, detail, f"Set SHOTLOG_VISION_MODEL. It lists: {known}.")
        return Check(name, OK, f"It answers and has {wanted or f'{len(names)} models'}.")

    def recipes(self) -> Check:
        """Load all recipes, the person's own too."""
        book = self._recipes()
        recipe = book.get(self._setup.recipe)
        return Check("recipes", OK, f"{len(book.names())} recipes; a run uses {recipe.name!r}.")

    def models(self) -> Check:
        """Load the model table and find the model that a run uses."""
        catalog = self._catalog()
        card = chosen_model(catalog, self._setup)
        return Check("models", OK, f"{len(catalog.cards())} models; a run uses {card.name} ({card.id}).")

    def price(self) -> Check:
        """Look whether what a run costs can be said beforehand, and how old that knowledge is."""
        hint = "Give it in a models file (SHOTLOG_MODELS_FILE), from AWS's own price page."
        try:
            catalog = self._catalog()
            card = chosen_model(catalog, self._setup)
            invocation_id = catalog.invocation_id(card, self._setup.region, self._setup.model)
        except AppError as error:
            return Check("price", WARNING, f"Not known, because the model is not: {error.message}")
        group = catalog.price_group(card, invocation_id, self._setup.region)
        modes = [mode for mode in Mode if card.batch or mode is not Mode.BATCH]
        prices = {mode: card.price(mode, group) for mode in modes}
        detail = "; ".join(_said(mode, price) for mode, price in prices.items())
        detail = f"{card.name}, {group}: {detail}."
        if None in prices.values():
            return Check("price", WARNING, detail, f"Estimates will say 'unknown'. {hint}")
        today = self._clock().date()
        if any(_costs(price) and today - price.as_of > _OLD_PRICE for price in prices.values() if price):
            return Check("price", WARNING, detail, f"That is more than a year old. {hint}")
        return Check("price", OK, detail)


def chosen_model(catalog: Catalog, setup: Setup) -> ModelCard:
    """Return the model that a run uses when none is named."""
    return catalog.find(setup.model) if setup.model else catalog.default(setup.engine)


def _sample(folder: Path) -> Path:
    scenes = [Scene(1, "navy", _WORDS)]
    return make_clip(folder / "doctor.mp4", scenes=scenes, width=_WIDTH, height=_HEIGHT, fps=5)


def _round_trip(store: BlobStore, folder: str) -> None:
    first, second = f"{folder}/first.bin", f"{folder}/second.bin"
    info = store.head(first)
    _expect(info is not None and info.size_bytes == len(_CONTENT), "An object that was written is not there.")
    _expect(store.get_range(first, 16, 16) == _CONTENT[16:32], "A part of an object was read wrongly.")
    store.copy(first, second)
    _expect(store.get(second) == _CONTENT, "A copy differs from its object.")
    listed = [found.key for found in store.list(f"{folder}/")]
    _expect(listed == [first, second], f"Two objects were listed as {listed}.")
    for key in (first, second):
        store.delete(key)
    _expect(store.head(first) is None, "An object that was deleted is still there.")


def _tidy(store: BlobStore, folder: str) -> None:
    store.delete_prefix(f"{folder}/")
    if next(store.list("doctor/"), None) is None:
        store.delete_prefix("doctor/")  # a directory would keep the empty folder


def _expect(held: bool, otherwise: str) -> None:
    if not held:
        raise Invalid(otherwise, hint="This is no store that Shotlog can work with.")


def _costs(price: Price) -> bool:
    return price.input_microusd + price.output_microusd > 0


def _said(mode: Mode, price: Price | None) -> str:
    if price is None:
        return f"{mode} unknown"
    tokens = f"{format_usd(price.input_microusd)} in and {format_usd(price.output_microusd)} out"
    return f"{mode} {tokens} a million tokens, as of {price.as_of}"
