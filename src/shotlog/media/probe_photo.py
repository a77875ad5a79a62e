"""The facts of a photo."""

from __future__ import annotations

from pathlib import Path

from shotlog.domain.facts import MediaFacts
from shotlog.media.exif import read_camera_tags
from shotlog.media.photo_file import decode, open_photo
from shotlog.media.sniff import MediaType

_SEEN_AT_ONCE = frozenset(("heic", "tiff"))  # their readers give the size as seen


def probe_photo(path: Path, media_type: MediaType) -> MediaFacts:
    """Read what the photo at *path* is; it is decoded once, to know that it can be.

    Raises:
        MediaRefused: as ``open_photo`` and ``decode`` do.
    """
    with open_photo(path, media_type) as picture:
        tags = read_camera_tags(picture)
        mode, (width, height) = picture.mode, picture.size
        if media_type.format == "jpeg":
            picture.draft(None, (width // 8, height // 8))
        decode(picture, path, media_type)
        if media_type.format not in _SEEN_AT_ONCE and (tags.rotation or 0) % 180 == 90:
            width, height = height, width
        return MediaFacts(
            kind="photo",
            format=media_type.format,
            width=width,
            height=height,
            rotation=tags.rotation or 0,
            pixel_format=mode,
            captured_at=tags.captured_at,
            latitude=tags.place.latitude if tags.place else None,
            longitude=tags.place.longitude if tags.place else None,
            altitude_m=tags.place.altitude_m if tags.place else None,
            camera_make=tags.make,
            camera_model=tags.model,
        )
