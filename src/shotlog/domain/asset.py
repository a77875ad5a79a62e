"""An asset as the rest of the product sees it, and its public id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shotlog.errors import NotFound


def public_id(prefix: str, number: int) -> str:
    """Return the id that people and programs see.

    >>> public_id("ast", 12)
    'ast_12'
    """
    return f"{prefix}_{number}"


def parse_id(prefix: str, text: str) -> int:
    """Read a public id back; the bare number is accepted too.

    Raises:
        NotFound: it is no id of this kind.

    >>> parse_id("run", "run_7"), parse_id("run", "7")
    (7, 7)
    """
    digits = text.removeprefix(f"{prefix}_")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise NotFound(f"There is no {text!r}.", hint=f"Ids look like {prefix}_12.")
    return int(digits)


@dataclass(frozen=True, slots=True)
class Asset:
    """One video or photo of the library; unknown is None."""

    id: int
    name: str
    path: str
    folder: str
    kind: str | None
    format: str | None
    state: str
    failure_code: str | None
    failure_reason: str | None
    size_bytes: int
    fingerprint: str | None
    width: int | None
    height: int | None
    duration_ms: int | None
    fps: float | None
    rotation: int | None
    video_codec: str | None
    audio_codec: str | None
    has_audio: bool | None
    captured_at: datetime | None
    latitude: float | None
    longitude: float | None
    altitude_m: float | None
    camera_make: str | None
    camera_model: str | None
    added_at: datetime
    missing_at: datetime | None
    analysed_at: datetime | None

    @property
    def public_id(self) -> str:
        """Return the id that people and programs see."""
        return public_id("ast", self.id)
