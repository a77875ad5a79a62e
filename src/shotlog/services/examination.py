"""One check of the doctor: what it looks at, how it is kept from stopping the others, and what it found."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from shotlog.domain.model import Mode
from shotlog.errors import AppError
from shotlog.settings import Settings

_log = structlog.get_logger(__name__)

OK, WARNING, FAILED = "ok", "warning", "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """What one look at the installation found."""

    name: str
    #: ``ok``, ``warning`` (works, and someone should know) or ``failed``.
    state: str
    detail: str
    #: What the person can do; empty when there is nothing to do.
    hint: str = ""


#: Looks at one thing; what it raises becomes a failed check.
Look = Callable[[], Check]


@dataclass(frozen=True, slots=True)
class Setup:
    """What an installation is set to, as far as the doctor looks at it."""

    home: Path
    #: URL of the store, with its default filled in.
    store: str
    engine: str = "local"
    mode: str = Mode.BATCH
    #: As the person named it; empty for the engine's default.
    model: str = ""
    recipe: str = "combined"
    region: str = "us-east-1"
    role_arn: str = ""
    s3_endpoint: str = ""
    #: Empty for AWS; else what stands in for Bedrock, and AWS is not asked.
    bedrock_endpoint: str = ""
    vision_model: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Setup:
        """Take the values from the settings."""
        return cls(
            home=settings.home,
            store=settings.effective_store,
            engine=settings.engine,
            mode=settings.mode,
            model=settings.model,
            recipe=settings.recipe,
            region=settings.aws_region,
            role_arn=settings.batch_role_arn,
            s3_endpoint=settings.s3_endpoint,
            bedrock_endpoint=settings.bedrock_endpoint,
            vision_model=settings.vision_model,
        )

    @property
    def bucket(self) -> str:
        """Return the store's bucket; empty when the store is a directory."""
        scheme, _, rest = self.store.partition("://")
        return rest.partition("/")[0] if scheme == "s3" else ""

    @property
    def prefix(self) -> str:
        """Return the part of the bucket that is the store; empty when that is all of it."""
        return self.store.partition("://")[2].partition("/")[2].strip("/") if self.bucket else ""


def carry_out(name: str, look: Look, *, patience_s: float) -> Check:
    """Return what *look* found, in at most *patience_s* seconds; it never raises.

    The clients below have limits of their own. This one holds for whatever has none, such as a disk
    that hangs: its thread is left behind and ends with the process.
    """
    found: list[Check] = []
    thread = threading.Thread(
        target=lambda: found.append(_caught(name, look)), name=f"doctor: {name}", daemon=True
    )
    thread.start()
    thread.join(patience_s)
    if found:
        return found[0]
    hint = "Check the disk, the network or the service that this is about."
    return Check(name, FAILED, f"No answer within {patience_s:g} s.", hint)


def _caught(name: str, look: Look) -> Check:
    try:
        return look()
    except AppError as error:
        return Check(name, FAILED, error.message, error.hint)
    except OSError as error:
        return Check(name, FAILED, str(error), "Check the disk, its permissions and its free space.")
    except Exception as error:  # noqa: BLE001 - one broken check must not hide what the others find
        _log.exception("check_broke", check=name)
        hint = "The installation is incomplete, or this is a fault of Shotlog's: `-v` shows where."
        return Check(name, FAILED, f"{type(error).__name__}: {error}", hint)
