"""Write numbers for people: money, spans of time and counts."""

from __future__ import annotations

import math

from shotlog.domain.money import format_usd, microusd


def dollars(amount: float | None) -> str:
    """Return an amount in dollars, as JSON has it, for people; None is an unknown price.

    >>> dollars(1.5), dollars(None)
    ('$1.5000', 'unknown')
    """
    return format_usd(None if amount is None else microusd(amount))


def clock(seconds: float) -> str:
    """Return a length or a place on the time axis as m:ss, and h:mm:ss from an hour on.

    >>> clock(3.9), clock(3723)
    ('0:03', '1:02:03')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def span(start: float | None, end: float | None) -> str:
    """Return from when to when; empty without a time. The seconds named hold all of it.

    >>> span(3.2, 5.5), span(7.0, None), span(None, None)
    ('0:03-0:06', '0:07', '')
    """
    if start is None:
        return ""
    return clock(start) if end is None else f"{clock(start)}-{clock(math.ceil(end))}"


def count(number: int, noun: str) -> str:
    """Return a number and what it counts.

    >>> count(1, "file"), count(1200, "file")
    ('1 file', '1,200 files')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def size(number: int) -> str:
    """Return bytes in the unit that suits them.

    >>> size(512), size(1_500_000)
    ('512 bytes', '1.5 MB')
    """
    if number < 1000:
        return count(number, "byte")
    power = min(int(math.log10(number)) // 3, 4)
    return f"{number / 1000**power:.1f} {' kMGT'[power]}B"
