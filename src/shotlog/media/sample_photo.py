"""A photo of our own: words on a plain ground, with the tags that a camera writes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pillow_heif
from PIL import ExifTags, Image

from shotlog.media.sample_clip import backdrop
from shotlog.media.sample_text import draw_text

_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".gif": "GIF"}
#: EXIF orientation -> what turns the upright picture into the stored one.
_UPRIGHT_TO_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def make_photo(
    path: Path,
    *,
    text: str = "",
    size: tuple[int, int] = (1200, 800),
    colour: str = "steelblue",
    orientation: int = 1,
    taken_at: datetime | None = None,
    gps: tuple[float, float] | None = None,
) -> Path:
    """Write a photo in the format that the suffix of *path* names: JPEG, PNG, WebP, GIF, TIFF or HEIC.

    *size* is as seen; *orientation* (EXIF, 1 to 8) stores the picture turned the other way.
    """
    picture = backdrop(colour, size)
    draw_text(picture, text)
    return write_photo(path, picture, orientation=orientation, taken_at=taken_at, gps=gps)


def write_photo(
    path: Path,
    upright: Image.Image,
    *,
    orientation: int = 1,
    taken_at: datetime | None = None,
    gps: tuple[float, float] | None = None,
) -> Path:
    """Write the *upright* picture with camera tags, stored as *orientation* asks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = _camera_tags(orientation, taken_at, gps)
    turn = _UPRIGHT_TO_STORED.get(orientation)
    stored = upright.transpose(turn) if turn is not None else upright
    if path.suffix.lower() in {".heic", ".heif"}:
        pillow_heif.from_pillow(stored).save(path, quality=85, exif=exif.tobytes())
        return path
    extra = {} if path.suffix.lower() == ".gif" else {"exif": exif}
    stored.save(path, _FORMATS[path.suffix.lower()], **extra)
    return path


def _camera_tags(orientation: int, taken_at: datetime | None, gps: tuple[float, float] | None) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "Shotlog"
    exif[ExifTags.Base.Model] = "Sample camera"
    if taken_at is not None:
        details: dict[int, object] = exif.get_ifd(ExifTags.IFD.Exif)
        details[ExifTags.Base.DateTimeOriginal] = taken_at.strftime("%Y:%m:%d %H:%M:%S")
        if taken_at.tzinfo is not None:
            zone = taken_at.strftime("%z")
            details[ExifTags.Base.OffsetTimeOriginal] = f"{zone[:3]}:{zone[3:5]}"
        exif[ExifTags.IFD.Exif] = details
    if gps is not None:
        place = exif.get_ifd(ExifTags.IFD.GPSInfo)
        place[ExifTags.GPS.GPSLatitudeRef], place[ExifTags.GPS.GPSLatitude] = _degrees(gps[0], "NS")
        place[ExifTags.GPS.GPSLongitudeRef], place[ExifTags.GPS.GPSLongitude] = _degrees(gps[1], "EW")
        exif[ExifTags.IFD.GPSInfo] = place
    return exif


def _degrees(value: float, letters: str) -> tuple[str, tuple[float, float, float]]:
    minutes, seconds = divmod(round(abs(value) * 3600, 3), 60)
    degrees, minutes = divmod(minutes, 60)
    return letters[value < 0], (degrees, minutes, seconds)
