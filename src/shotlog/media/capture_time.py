"""When something was shot, from the many ways in which cameras write it down."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

#: What broken clocks and re-encoders write for "no idea".
_NEVER = frozenset((date(1904, 1, 1), date(1970, 1, 1), date(1, 1, 1)))
_EXIF = re.compile(r"(\d{4})[:/.-](\d\d)[:/.-](\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?")


def parse_iso_time(text: str) -> datetime | None:
    """Read an ISO 8601 date with or without time and offset as UTC; None when it is not one.

    >>> parse_iso_time("2015-01-19T12:45:11-0800").isoformat()
    '2015-01-19T20:45:11+00:00'
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return _known(moment)


def parse_exif_time(text: str, offset: str = "") -> datetime | None:
    """Read ``YYYY:MM:DD HH:MM:SS`` with its separate *offset* (``+02:00``); without one it is taken as UTC.

    >>> parse_exif_time("2025:07:03 19:45:00", "+02:00").isoformat()
    '2025-07-03T17:45:00+00:00'
    """
    match = _EXIF.match(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        zone = datetime.strptime(offset.strip(), "%z").tzinfo if offset.strip() else UTC
    except ValueError:
        zone = UTC
    try:
        return _known(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone))
    except ValueError:
        return None


def _known(moment: datetime) -> datetime | None:
    if moment.date() in _NEVER:
        return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None
