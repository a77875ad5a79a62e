"""Opens a photo with limits: one format, one thread, and no more pixels than are safe."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pillow_heif
from PIL import Image, ImageChops, ImageFile, UnidentifiedImageError

from shotlog.errors import MediaRefused
from shotlog.media.sniff import MediaType

pillow_heif.register_heif_opener(decode_threads=1)

_MOST_PIXELS = 178_956_970  # where Pillow raises its bomb error: 512 MiB of RGB
_LEAST_SHARE = 0.5  # of the rows of a photo that was cut short
_READERS = {
    "jpeg": ("JPEG", "MPO"),
    "png": ("PNG",),
    "webp": ("WEBP",),
    "gif": ("GIF",),
    "tiff": ("TIFF",),
    "heic": ("HEIF",),
    "avif": ("AVIF",),
}
_NEW_SUBFILE_TYPE, _SUB_IFDS, _DNG_VERSION = 254, 330, 50706
_DAMAGED = "The photo cannot be read: it is damaged or cut short."


@contextmanager
def open_photo(path: Path, media_type: MediaType) -> Iterator[Image.Image]:
    """Open the photo at *path* without decoding it.

    Raises:
        MediaRefused: ``damaged``, ``too_many_pixels`` or ``unsupported_format`` (camera raw).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(path, formats=_READERS[media_type.format])
    except Image.DecompressionBombError as error:
        raise MediaRefused("The photo has too many pixels to open safely.", code="too_many_pixels") from error
    except MemoryError:
        raise
    except Exception as error:  # Pillow's readers raise anything on hostile bytes
        raise MediaRefused(_DAMAGED, code="damaged") from error
    with picture:
        if picture.width * picture.height > _MOST_PIXELS:
            raise MediaRefused("The photo has too many pixels to open safely.", code="too_many_pixels")
        if media_type.format == "tiff":
            _refuse_camera_raw(picture)
        yield picture


def _refuse_camera_raw(picture: Image.Image) -> None:
    tags = getattr(picture, "tag_v2", {})
    if _DNG_VERSION in tags or (_SUB_IFDS in tags and tags.get(_NEW_SUBFILE_TYPE) == 1):
        raise MediaRefused(
            "Camera raw is not a supported format.",
            code="unsupported_format",
            hint="Export the photo as JPEG or TIFF.",
        )


def decode(picture: Image.Image, path: Path, media_type: MediaType) -> Image.Image:
    """Decode *picture*, the open photo at *path*; for animations the first frame.

    A photo that is cut short is accepted when at least half of its rows came out, with the rest left
    plain: a model can still tell what it shows.

    Raises:
        MediaRefused: ``damaged``.
    """
    try:
        picture.load()
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise anything on hostile bytes
        rescued = _decode_what_is_there(path, media_type)
        if rescued is None:
            raise MediaRefused(_DAMAGED, code="damaged") from error
        return rescued
    return picture


def _decode_what_is_there(path: Path, media_type: MediaType) -> Image.Image | None:
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        with Image.open(path, formats=_READERS[media_type.format]) as picture:
            picture.load()
            share = _filled_share(picture)
            return picture.copy() if share >= _LEAST_SHARE else None
    except MemoryError:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, TypeError, IndexError):
        return None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _filled_share(picture: Image.Image) -> float:
    rgb = picture.convert("RGB")
    last_row = rgb.getpixel((0, rgb.height - 1))
    filled = ImageChops.difference(rgb, Image.new("RGB", rgb.size, last_row)).getbbox()
    return filled[3] / rgb.height if filled else 0.0
