"""Where something was shot: coordinates as video containers write them (ISO 6709)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ISO_6709 = re.compile(r"([+-]\d{1,7}(?:\.\d+)?)([+-]\d{1,8}(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?")


@dataclass(frozen=True, slots=True)
class Location:
    """A place on Earth in decimal degrees (WGS 84)."""

    latitude: float
    longitude: float
    altitude_m: float | None = None


def checked(latitude: float, longitude: float, altitude_m: float | None = None) -> Location | None:
    """Return the place; None when out of range, or exactly 0, 0, which cameras write for unknown."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180) or latitude == longitude == 0:
        return None
    if altitude_m is not None and not -12_000 < altitude_m < 100_000:
        altitude_m = None
    return Location(round(latitude, 7), round(longitude, 7), altitude_m)


def parse_iso6709(text: str) -> Location | None:
    """Read ``±DD.DDDD±DDD.DDDD±AAA/``, also with minutes or minutes and seconds; None when it is not that.

    >>> parse_iso6709("+32.0929+034.8620+028.516/")
    Location(latitude=32.0929, longitude=34.862, altitude_m=28.516)
    """
    match = _ISO_6709.match(text.strip())
    if match is None:
        return None
    latitude, longitude, altitude = match.groups()
    return checked(
        _degrees(latitude, 2), _degrees(longitude, 3), float(altitude) if altitude is not None else None
    )


def _degrees(text: str, digits: int) -> float:
    sign = -1.0 if text[0] == "-" else 1.0
    whole, _, fraction = text[1:].partition(".")
    tail = f".{fraction or 0}"
    if len(whole) <= digits:
        return sign * float(whole + tail)
    if len(whole) <= digits + 2:
        return sign * (int(whole[:digits]) + float(whole[digits:] + tail) / 60)
    minutes, seconds = whole[digits : digits + 2], whole[digits + 2 :] + tail
    return sign * (int(whole[:digits]) + int(minutes) / 60 + float(seconds) / 3600)
