"""Read the values of filters: dates, durations and numbers, each exact, bounded or a range.

All come out as half-open spans: ``2024-05`` is [1 May, 1 June), ``>=1920`` is [1920, no end).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from shotlog.errors import Invalid

T = TypeVar("T", datetime, int)

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,5}):(\d{1,2})(\.\d{1,3})?")
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(ms|s|sec|m|min|h)")
_PLAIN = re.compile(r"\d{1,9}(?:\.\d{1,3})?")
_UNIT_MS = {"ms": 1, "s": 1000, "sec": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000}
_MOST = 10**15  # below what every database's integers hold
_LAST_YEAR = 9998


def date_span(text: str) -> tuple[datetime | None, datetime | None]:
    """Read a date, in UTC: ``2024``, ``2024-05``, ``2024-05-01``, ``>2024``, ``2023-12..2024-02``.

    Raises:
        Invalid: it is none.

    >>> [str(end.date()) for end in date_span("2023-12..2024-02") if end]
    ['2023-12-01', '2024-03-01']
    """
    hint = "Write 2024, 2024-05, 2024-05-01, 2024-05..2024-07 or >=2024."
    return _span(text, _period, _period, f"{text!r} is no date.", hint)


def duration_span(text: str) -> tuple[int | None, int | None]:
    """Read a duration in milliseconds: ``30s``, ``>1m30s``, ``<=1:30``, ``10s..2m``.

    A bare number is seconds; an exact value means that whole second.

    Raises:
        Invalid: it is none.

    >>> duration_span("30"), duration_span(">1m30s"), duration_span("..1:00:00")
    ((30000, 31000), (90001, None), (None, 3600001))
    """
    hint = "Write 30s, 1m30s, 1:30, 10s..2m or >30s."
    return _span(text, _second, _instant, f"{text!r} is no duration.", hint)


def number_span(text: str) -> tuple[int | None, int | None]:
    """Read a whole number: ``1920``, ``>=1920``, ``640..1920``.

    Raises:
        Invalid: it is none.
    """
    return _span(text, _number, _number, f"{text!r} is no number.", "Write 1920, 640..1920 or >=1920.")


def _span(
    text: str,
    exact: Callable[[str], tuple[T, T]],
    bound: Callable[[str], tuple[T, T]],
    complaint: str,
    hint: str,
) -> tuple[T | None, T | None]:
    try:
        if ".." in text and text != "..":
            first, _, last = text.partition("..")
            return bound(first)[0] if first else None, bound(last)[1] if last else None
        for sign, which in ((">=", 0), ("<=", 1), (">", 1), ("<", 0)):
            if text.startswith(sign):
                end = bound(text.removeprefix(sign))[which]
                return (end, None) if sign[0] == ">" else (None, end)
        return exact(text.removeprefix("="))
    except (ValueError, OverflowError) as error:
        raise Invalid(complaint, hint=hint) from error


def _period(text: str) -> tuple[datetime, datetime]:
    match = _DATE.fullmatch(text)
    if not match or not text.isascii():
        raise ValueError(text)
    year, month, day = (int(part) if part else None for part in match.groups())
    if not year or year > _LAST_YEAR:
        raise ValueError(text)
    first = datetime(year, month or 1, day or 1, tzinfo=UTC)
    if day:
        return first, first + timedelta(days=1)
    if not month or month == 12:
        return first, datetime(year + 1, 1, 1, tzinfo=UTC)
    return first, datetime(year, month + 1, 1, tzinfo=UTC)


def _instant(text: str) -> tuple[int, int]:
    value = _milliseconds(text)
    return value, value + 1


def _second(text: str) -> tuple[int, int]:
    value = _milliseconds(text)
    return value, value + 1000


def _milliseconds(text: str) -> int:
    if not text.isascii():
        raise ValueError(text)
    if _PLAIN.fullmatch(text):
        return round(float(text) * 1000)
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds, fraction = match.groups()
        whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
        return whole * 1000 + round(float(fraction or 0) * 1000)
    amounts = _AMOUNT.findall(text.lower())
    if not amounts or "".join(number + unit for number, unit in amounts) != text.lower():
        raise ValueError(text)
    return round(sum(float(number) * _UNIT_MS[unit] for number, unit in amounts))


def _number(text: str) -> tuple[int, int]:
    if not (text.isascii() and text.isdigit() and len(text) <= 15) or int(text) >= _MOST:
        raise ValueError(text)
    return int(text), int(text) + 1
