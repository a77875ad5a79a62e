"""Set up the log of a command, once: lines or JSON, on stderr."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, TextIO, cast

from shotlog.cli.failure import WrongSettings
from shotlog.cli.safe_text import one_line

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

    from shotlog.settings import Settings


class _Stderr:
    """The stderr of the moment: a progress bar puts itself in its place while it is shown."""

    @staticmethod
    def write(text: str) -> int:
        return sys.stderr.write(text)

    @staticmethod
    def flush() -> None:
        sys.stderr.flush()


def configure(settings: Settings, verbosity: int = 0) -> None:
    """Log from the level of the settings on, or what ``-v`` (INFO) and ``-vv`` (DEBUG) ask for.

    Libraries log from WARNING on whatever is asked for: what they say below that is about requests
    and their headers, which hold credentials.

    Raises:
        WrongSettings: there is no such level.
    """
    import structlog

    level = _level(settings.log_level, verbosity)
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    ending = _ending(settings.log_format)
    structlog.configure(
        processors=[*processors, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _Stderr())),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(cast(TextIO, _Stderr()))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
            foreign_pre_chain=processors,
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def _level(named: str, verbosity: int) -> int:
    levels = logging.getLevelNamesMapping()
    if named.upper() not in levels:
        raise WrongSettings(f"SHOTLOG_LOG_LEVEL (log_level): there is no level {named!r}.")
    asked = {0: logging.CRITICAL, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    return min(levels[named.upper()], asked)


def _ending(log_format: str) -> list[Processor]:
    """Return the last processors, which make the line."""
    import structlog

    if log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    import os

    colours = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    plain = structlog.dev.plain_traceback
    return [_harmless, structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)]


def _harmless(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Clean the texts of a log line; names and messages of others stand in it."""
    return {key: one_line(value) if isinstance(value, str) else value for key, value in event.items()}
