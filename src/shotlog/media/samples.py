"""A small sample library of our own, with the awkward names that real folders have."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from shotlog.media.sample_clip import Scene, make_clip
from shotlog.media.sample_photo import make_photo

__all__ = ["Scene", "make_clip", "make_photo", "make_sample_library"]

_FPS = 10


def make_sample_library(folder: Path) -> list[Path]:
    """Make eight clips, four photos and one broken file in *folder*, and return their paths in order.

    Takes a few seconds. Made again, every file has the same pictures, words and times.
    """
    clips = [_make(folder / name, scenes) for name, scenes in _CLIPS.items()]
    clips.append(
        make_clip(
            folder / "Video Nov 14 2025, 10 02 14 AM.mov",
            scenes=[Scene(2, "darkgreen"), Scene(3, "seagreen", "PLATFORM 9")],
            width=360,
            height=640,
            fps=_FPS,
            rotation=90,
            created_at=datetime(2025, 11, 14, 9, 2, 14, tzinfo=UTC),
            gps=(52.5251, 13.3694),
        )
    )
    broken = folder / "broken, half a file.mp4"
    whole = clips[0].read_bytes()
    broken.write_bytes(whole[: len(whole) // 3])
    return sorted([*clips, *_make_photos(folder), broken])


def _make(path: Path, scenes: tuple[Scene, ...]) -> Path:
    return make_clip(
        path,
        scenes=scenes,
        fps=_FPS,
        audio="silent" not in path.name,
        created_at=datetime(2025, 6, 1 + len(path.name) % 28, 12, 30, tzinfo=UTC),
    )


_CLIPS: dict[str, tuple[Scene, ...]] = {
    "Harbour walk, morning.mp4": (
        Scene(3, "steelblue"),
        Scene(3, "midnightblue", "HARBOUR 42"),
        Scene(2, "slategray"),
    ),
    "🐕 beach day.mp4": (Scene(2, "sandybrown", "DOG BEACH"), Scene(3, "deepskyblue")),
    "Ünïcødé 名前 — été.mp4": (Scene(4, "firebrick"), Scene(3, "darkred", "CAFE LUNA")),
    'it\'s "quoted" & (copy) [1] silent.mp4': (
        Scene(2, "purple", moving=False),
        Scene(3, "indigo", "STAGE DOOR"),
    ),
    "-leading dash %d.mp4": (Scene(3, "teal", "NORTH RIDGE"), Scene(2, "darkslategray")),
    "day 1/clip.mp4": (Scene(2, "olive"), Scene(3, "darkolivegreen", "DAY ONE")),
    "day 2/clip.mp4": (Scene(3, "chocolate", "DAY TWO"), Scene(3, "saddlebrown")),
}


def _make_photos(folder: Path) -> list[Path]:
    return [
        make_photo(
            folder / "menu (final).jpg",
            text="MENU\nSOUP 4.50",
            size=(800, 1200),
            colour="peru",
            orientation=6,
            taken_at=datetime(2025, 7, 3, 19, 45, tzinfo=UTC),
            gps=(48.8584, 2.2945),
        ),
        make_photo(folder / "sign, post.png", text="TRAIL CLOSED", colour="darkkhaki"),
        make_photo(
            folder / "IMG_0001.HEIC",
            text="BOAT HOUSE",
            colour="cadetblue",
            taken_at=datetime(2025, 8, 9, 8, 15, tzinfo=UTC),
        ),
        make_photo(folder / "day 2" / "white board.jpg", text="SPRINT PLAN", colour="gray"),
    ]
