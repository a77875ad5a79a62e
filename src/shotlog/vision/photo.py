"""Open a photo the right way up, within bounds."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from shotlog.errors import MediaRefused

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "HEIF", "AVIF")
_MAX_PIXELS = 200_000_000
_LONG_SIDE = 1600

pillow_heif.register_heif_opener()


def open_photo(path: Path) -> tuple[np.ndarray[Any, Any], tuple[int, int]]:
    """Return a photo in BGR, upright and at most 1600 pixels long, and its width and height as seen.

    Raises:
        MediaRefused: no photo, a damaged one, or one of more than 200 million pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata is no reason to refuse a picture
            with Image.open(path, formats=_FORMATS) as image:
                return _upright(image)
    except Image.DecompressionBombError as error:
        raise MediaRefused("The picture is too large to be opened.", code="media_too_large") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise MediaRefused("Cannot be opened as a photo.", code="media_unreadable") from error


def _upright(image: Image.Image) -> tuple[np.ndarray[Any, Any], tuple[int, int]]:
    width, height = image.size
    if width * height > _MAX_PIXELS:
        raise MediaRefused("The picture is too large to be opened.", code="media_too_large")
    sideways = image.getexif().get(0x0112, 1) in {5, 6, 7, 8}
    if image.format in {"JPEG", "MPO"}:
        image.draft("RGB", (_LONG_SIDE, _LONG_SIDE))
    turned = ImageOps.exif_transpose(image)
    turned.thumbnail((_LONG_SIDE, _LONG_SIDE), Image.Resampling.BOX)
    if turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info:
        layered = turned.convert("RGBA")
        turned = Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered)
    pixels = np.asarray(turned.convert("RGB"))[:, :, ::-1]
    return np.ascontiguousarray(pixels), ((height, width) if sideways else (width, height))
