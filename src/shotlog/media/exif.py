"""What a camera wrote into a photo: when, where and with what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PIL import ExifTags, Image

from shotlog.media.capture_time import parse_exif_time
from shotlog.media.location import Location, checked
from shotlog.media.probe_video import clean_text

#: EXIF orientation -> clockwise degrees that the stored picture is turned by, flips aside.
_ROTATIONS = {1: 0, 2: 0, 3: 180, 4: 180, 5: 270, 6: 90, 7: 90, 8: 270}
_TIMES = (
    (ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal),
    (ExifTags.Base.DateTimeDigitized, ExifTags.Base.OffsetTimeDigitized),
    (ExifTags.Base.DateTime, ExifTags.Base.OffsetTime),
)


@dataclass(frozen=True, slots=True)
class CameraTags:
    """The tags of one photo that we use; None where it does not tell."""

    rotation: int | None = None
    captured_at: datetime | None = None
    place: Location | None = None
    make: str | None = None
    model: str | None = None


def read_camera_tags(picture: Image.Image) -> CameraTags:
    """Read the EXIF tags of *picture*; tags that are damaged count as absent."""
    try:
        exif = picture.getexif()
        details = {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - damaged tags raise anything, and the picture is still good
        return CameraTags()
    return CameraTags(
        rotation=_rotation(exif.get(ExifTags.Base.Orientation)),
        captured_at=_captured_at(details),
        place=_place(gps),
        make=_text(exif.get(ExifTags.Base.Make)) or None,
        model=_text(exif.get(ExifTags.Base.Model)) or None,
    )


def _rotation(value: object) -> int | None:
    return _ROTATIONS.get(value) if isinstance(value, int) else None


def _captured_at(tags: dict[int, object]) -> datetime | None:
    for name, offset in _TIMES:
        if (moment := parse_exif_time(_text(tags.get(name)), _text(tags.get(offset)))) is not None:
            return moment
    return None


def _place(gps: dict[int, object]) -> Location | None:
    latitude = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), "S")
    longitude = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), "W")
    if latitude is None or longitude is None:
        return None
    height = _number(gps.get(ExifTags.GPS.GPSAltitude))
    below = gps.get(ExifTags.GPS.GPSAltitudeRef) in (1, b"\x01")
    return checked(latitude, longitude, -height if height is not None and below else height)


def _degrees(value: object, reference: object, negative: str) -> float | None:
    if not isinstance(value, (tuple, list)) or not 1 <= len(value) <= 3:
        return None
    parts = [_number(part) for part in value]
    total = 0.0
    for unit, part in zip((1, 60, 3600), parts, strict=False):
        if part is None:
            return None
        total += part / unit
    return -total if _text(reference).upper().startswith(negative) else total


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if number == number and abs(number) < 1e9 else None  # noqa: PLR0124 - not a NaN


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return clean_text(value) if isinstance(value, str) else ""
