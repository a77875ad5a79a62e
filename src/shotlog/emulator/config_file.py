"""An emulator's settings from a TOML file: the fields of ``EmulatorConfig``, and its faults as a table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.models import CARDS
from shotlog.emulator.texts import TEXTS
from shotlog.errors import Invalid


def read_config(
    path: Path | None, *, fallback: Mapping[str, Any], override: Mapping[str, Any]
) -> EmulatorConfig:
    """Return what the file at *path* says, if there is one; *override* comes before it, *fallback* after.

    Raises:
        Invalid: the file cannot be read, or a name or value in it makes no sense; the message says which.
    """
    said = {} if path is None else _tables(path)
    try:
        config = EmulatorConfig.model_validate({**fallback, **said, **override})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        reason = f"{where}: {first['msg']}" if where else first["msg"]
        raise Invalid(f"{path or 'The configuration'} is none of an emulator: {reason}.") from error
    known = {"texts": set(TEXTS), "max_frames": {card.model_id for card in CARDS}}
    for member, names in known.items():
        if unknown := sorted(getattr(config, member).keys() - names):
            raise Invalid(
                f"{path or 'The configuration'} names what there is not: {member}.{unknown[0]}.",
                hint=f"There are {', '.join(sorted(names))}.",
            )
    return config


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Invalid(f"The configuration {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} is no valid TOML: {error}.") from error
