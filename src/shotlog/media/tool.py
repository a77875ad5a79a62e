"""What the product asks of media files; every file is opened in a child process, never in this one."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from shotlog.domain.facts import MediaFacts
from shotlog.domain.rendition import Rendition, RenditionSettings
from shotlog.errors import MediaCrashed, MediaTimeout
from shotlog.sandbox.pool import Sandbox

_INSPECT_S = 120.0
_PHOTO_S = 120.0
_SECONDS_PER_SECOND = 3.0  # of video: allowed on top, for long videos on slow machines
_LEAST_BYTES_PER_S = 20_000  # ... as long as the file is large enough to be that long


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in one file."""

    #: Names the content; the same after a move or a rename. See ``media.fingerprint``.
    fingerprint: str
    facts: MediaFacts


class MediaTool:
    """Reads and converts media files; safe to call from many threads.

    Args:
        sandbox: where the files are opened.
        timeout_s: longest time one file may take; videos longer than a third of it get more, by their length.
        settings: how renditions are made.
    """

    #: Modules that a sandbox for this tool should load before its first call.
    PRELOAD = ("shotlog.media.child",)

    def __init__(
        self, sandbox: Sandbox, *, timeout_s: float, settings: RenditionSettings | None = None
    ) -> None:
        self._sandbox = sandbox
        self._timeout_s = timeout_s
        self._settings = settings or RenditionSettings()

    def inspect(self, path: Path) -> Inspection:
        """Fingerprint the file at *path* and read its facts.

        Raises:
            MediaRefused: the file is no media, damaged, hostile, or took too long; its code says which.
        """
        found = self._sandbox.call(
            "shotlog.media.child:inspect", timeout_s=min(self._timeout_s, _INSPECT_S), path=str(path)
        )
        facts = found["facts"]
        if facts["captured_at"]:
            facts["captured_at"] = datetime.fromisoformat(facts["captured_at"])
        return Inspection(found["fingerprint"], MediaFacts(**facts))

    def render(self, path: Path, folder: Path, stem: str) -> list[Rendition]:
        """Make proxy, thumbnail and poster of the file at *path* in *folder*.

        They are named ``{stem}-proxy.mp4`` (a photo's ``.jpg``), ``{stem}-thumbnail.jpg`` and
        ``{stem}-poster.jpg``; each appears whole or not at all, and a repeat replaces them.

        Raises:
            MediaRefused: as ``inspect`` does, and ``cannot_write``.
            Unavailable: nothing can be written to *folder*, whatever the file.
        """
        try:
            made = self._sandbox.call(
                "shotlog.media.child:render",
                timeout_s=self._limit_s(path),
                path=str(path),
                folder=str(folder),
                stem=stem,
                settings=asdict(self._settings),
            )
        except (MediaTimeout, MediaCrashed):
            self._remove_parts(folder, stem)
            raise
        return [Rendition(**{**rendition, "path": Path(rendition["path"])}) for rendition in made]

    def duration_s(self, path: Path) -> float | None:
        """Return how long the video at *path* is; None for a photo, or where the file does not tell.

        Raises:
            MediaRefused: as ``inspect`` does.
        """
        milliseconds: int | None = self._measure(path)["duration_ms"]
        return milliseconds / 1000 if milliseconds else None

    def _measure(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = self._sandbox.call(
            "shotlog.media.child:measure", timeout_s=min(self._timeout_s, _INSPECT_S), path=str(path)
        )
        return found

    def _limit_s(self, path: Path) -> float:
        file = self._measure(path)
        if file["kind"] == "photo":
            return min(self._timeout_s, _PHOTO_S)
        believable_s: float = min((file["duration_ms"] or 0) / 1000, file["size_bytes"] / _LEAST_BYTES_PER_S)
        return max(self._timeout_s, believable_s * _SECONDS_PER_SECOND)

    @staticmethod
    def _remove_parts(folder: Path, stem: str) -> None:
        for part in folder.glob("*.part"):
            if part.name.startswith(f".{stem}-"):
                with contextlib.suppress(OSError):
                    part.unlink()
