"""The renditions of a photo: upright, RGB, no larger than asked and never enlarged."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import ExifTags, Image, ImageCms

from shotlog.domain.rendition import RenditionSettings
from shotlog.media.photo_file import decode, open_photo
from shotlog.media.sniff import MediaType

_DEEP_MODES = frozenset(("I;16", "I;16L", "I;16B", "I;16N", "I"))
#: EXIF orientation -> what turns the stored picture upright. HEIC and TIFF come turned from their readers.
_TURNS: dict[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BACKGROUND = (255, 255, 255)


def read_photo(path: Path, media_type: MediaType, settings: RenditionSettings) -> Image.Image:
    """Return the photo at *path* upright, in sRGB, its longest side at most ``photo_long_side`` pixels.

    Transparent parts become white; of an animation the first frame is taken.

    Raises:
        MediaRefused: as ``open_photo`` and ``decode`` do.
    """
    side = settings.photo_long_side
    with open_photo(path, media_type) as picture:
        if media_type.format == "jpeg":
            picture.draft(None, (side * 2, side * 2))  # decodes at a half or a quarter where that suffices
        profile = picture.info.get("icc_profile")
        whole = decode(picture, path, media_type)
        turn = _TURNS.get(_orientation(whole))
        small = _eight_bits(whole)
        if small.mode == "P":
            small = small.convert("RGBA" if "transparency" in small.info else "RGB")
        small = shrunk(small, side)
        return _to_rgb(small.transpose(turn) if turn is not None else small, profile)


def shrunk(picture: Image.Image, long_side: int) -> Image.Image:
    """Return *picture* with its longest side at most *long_side* pixels; itself when it is small enough."""
    factor = long_side / max(picture.size)
    if factor >= 1:
        return picture
    size = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _eight_bits(picture: Image.Image) -> Image.Image:
    if picture.mode in _DEEP_MODES:
        brightest = picture.getextrema()[1]
        deep = picture.convert("I")
        return (
            deep.point(lambda value: value * (1 / 257)).convert("L")
            if _over(brightest)
            else deep.convert("L")
        )
    if picture.mode == "F":
        low, high = picture.getextrema()
        span = float(high) - float(low) or 1.0  # type: ignore[arg-type]
        return picture.point(lambda value: (value - low) * (255 / span)).convert("L")
    return picture


def _over(brightest: object) -> bool:
    return isinstance(brightest, (int, float)) and brightest > 255


def _orientation(picture: Image.Image) -> object:
    try:
        return picture.getexif().get(ExifTags.Base.Orientation)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - damaged tags raise anything, and the picture is still good
        return None


def _to_rgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if picture.mode in {"RGBA", "LA", "PA", "RGBa", "La"}:
        opaque = picture.convert("RGBA")
        ground = Image.new("RGB", opaque.size, _BACKGROUND)
        ground.paste(opaque, mask=opaque.getchannel("A"))
        picture = ground
    if profile and picture.mode in {"RGB", "CMYK", "L"}:
        converted = _to_srgb(picture, profile)
        if converted is not None:
            return converted
    return picture.convert("RGB")


def _to_srgb(picture: Image.Image, profile: bytes) -> Image.Image | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):  # a broken profile: the colours as stored
        return None
