"""What the local engine found in one video or photo: plain facts, no prose."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the video, in seconds."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Look:
    """How a shot, a whole video or a photo looks, in the words of ``sections.Look``."""

    #: Named colours, the most frequent first, none below a tenth of the picture.
    colours: list[str] = field(default_factory=list)
    brightness: str = "unknown"
    motion: str = "unknown"


@dataclass(frozen=True, slots=True)
class Shot:
    """The stretch between two cuts; ``key_s`` is its sharpest frame."""

    start_s: float
    end_s: float
    key_s: float
    look: Look


@dataclass(frozen=True, slots=True)
class Words:
    """Words that can be read; the times are None in a photo."""

    text: str
    #: ``top left``, ``centre``, ``bottom``...
    location: str
    #: How sure the reader is, from 0 to 1.
    score: float
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Faces:
    """How many faces show at once at the most, and when any does."""

    max_count: int = 0
    spans: list[Span] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that was found in one file. ``width`` and ``height`` are as seen."""

    #: ``video`` or ``photo``.
    kind: str
    width: int
    height: int
    look: Look
    duration_s: float = 0.0
    shots: list[Shot] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    faces: Faces = field(default_factory=Faces)
    has_audio: bool = False
    sounds: list[Span] = field(default_factory=list)
    #: Packets of the file that could not be decoded.
    bad_packets: int = 0
