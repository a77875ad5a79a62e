"""Single frames as JPEG for a model that takes pictures only, made in the child process."""

from __future__ import annotations

import base64
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from shotlog.errors import MediaRefused
from shotlog.vision.decode import Film, Frame
from shotlog.vision.photo import open_photo
from shotlog.vision.sound import SoundMeter

_QUALITY = 80


def video_stills(path: str, count: int, long_side: int) -> dict[str, Any]:
    """Return at most *count* evenly spaced frames, no more than one a second, and the duration.

    Each still is ``{"time_s": float, "jpeg": base64}``.

    Raises:
        MediaRefused: the video cannot be opened, or not one frame can be decoded.
    """
    with Film(Path(path)) as film:
        duration_s = film.expected_s
    if not duration_s:
        duration_s = _measured(path)
    count = max(1, min(count, math.ceil(duration_s)))
    stills: list[dict[str, Any]] = []
    last: Frame | None = None
    with Film(Path(path)) as film:
        for frame in film.frames(SoundMeter()):
            last = frame
            if frame.time_s >= (len(stills) + 0.5) * duration_s / count:
                stills.append(_still(frame, long_side))
            if len(stills) == count:
                break
        if last is not None and not stills:  # cut short, or shorter than it says
            stills.append(_still(last, long_side))
    return {"duration_s": duration_s, "stills": stills}


def photo_still(path: str, long_side: int) -> dict[str, Any]:
    """Return a photo as one still.

    Raises:
        MediaRefused: it cannot be opened as a photo.
    """
    bgr, _ = open_photo(Path(path))
    scale = min(1.0, long_side / max(bgr.shape[:2]))
    size = (max(1, round(bgr.shape[1] * scale)), max(1, round(bgr.shape[0] * scale)))
    small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    return {"duration_s": 0.0, "stills": [{"time_s": None, "jpeg": _jpeg(small)}]}


def _measured(path: str) -> float:
    with Film(Path(path)) as film:
        for _ in film.frames(SoundMeter()):
            pass
        return film.duration_s


def _still(frame: Frame, long_side: int) -> dict[str, Any]:
    return {"time_s": round(frame.time_s, 2), "jpeg": _jpeg(frame.bgr(long_side))}


def _jpeg(bgr: np.ndarray[Any, Any]) -> str:
    done, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise MediaRefused("A frame cannot be written as JPEG.", code="media_unreadable")
    return base64.b64encode(encoded.tobytes()).decode()
