"""Open the installation that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shotlog.cli import logs
from shotlog.cli.failure import WrongSettings
from shotlog.cli.output import Terminal

if TYPE_CHECKING:
    from pydantic import ValidationError

    from shotlog.bootstrap import App
    from shotlog.settings import Settings


@contextmanager
def opened(terminal: Terminal) -> Iterator[App]:
    """Read the settings, set up the log, and yield the wired application; it is closed afterwards.

    Raises:
        WrongSettings: a setting has a value that it cannot have.
        AppError: the installation cannot be opened.
    """
    settings = read_settings(terminal)
    from shotlog import bootstrap

    with bootstrap.build(settings) as app:
        yield app


def read_settings(terminal: Terminal) -> Settings:
    """Return the settings, and log by them from now on.

    Raises:
        WrongSettings: a setting has a value that it cannot have, or ``shotlog.toml`` cannot be read.
    """
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from shotlog.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        raise WrongSettings(" ".join(_complaints(error, Settings))) from error
    except SettingsError as error:
        raise WrongSettings(str(error)) from error
    except (OSError, ValueError) as error:  # damaged TOML and bytes that are no UTF-8 are ValueErrors
        raise WrongSettings(f"shotlog.toml cannot be read: {error}.") from error
    logs.configure(settings, terminal.verbosity)
    return settings


def _complaints(error: ValidationError, settings: type[Settings]) -> Iterator[str]:
    """Name each wrong setting. Its value is left out, because it may be a secret."""
    for found in error.errors(include_input=False, include_url=False):
        name = str(found["loc"][0]) if found["loc"] else ""
        field = name if name in settings.model_fields else name.removeprefix("SHOTLOG_").lower()
        variable = f"SHOTLOG_{field.upper()}" if field in settings.model_fields else name
        yield f"{variable} ({field}): {found['msg']}."
