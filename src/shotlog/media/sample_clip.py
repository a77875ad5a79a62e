"""A clip of our own: plain scenes with a moving shape, words that can be read, and a soft tone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw

from shotlog.media.clip_writer import write_clip
from shotlog.media.sample_text import draw_text


@dataclass(frozen=True, slots=True)
class Scene:
    """One shot of a sample clip; its text is on screen from its first frame to its last."""

    seconds: float
    #: A colour as Pillow names it: ``navy``, ``#203040``...
    colour: str
    text: str = ""
    #: Whether a disc moves below the text.
    moving: bool = True


def make_clip(
    path: Path,
    *,
    scenes: Sequence[Scene],
    width: int = 640,
    height: int = 360,
    fps: float = 25,
    audio: bool = True,
    rotation: int = 0,
    created_at: datetime | None = None,
    gps: tuple[float, float] | None = None,
) -> Path:
    """Write *scenes* one after another; *width* and *height* are as seen, whatever *rotation* is stored."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = _frames(scenes, (width, height), fps)
    return write_clip(path, frames, fps=fps, audio=audio, rotation=rotation, created_at=created_at, gps=gps)


def _frames(scenes: Sequence[Scene], size: tuple[int, int], fps: float) -> Iterator[Image.Image]:
    for scene in scenes:
        still = backdrop(scene.colour, size)
        draw_text(still, scene.text)
        count = max(1, round(scene.seconds * fps))
        for index in range(count):
            frame = still.copy()
            if scene.moving:
                _draw_disc(frame, index / count)
            yield frame


def backdrop(colour: str, size: tuple[int, int]) -> Image.Image:
    """Return a picture of *size* that fades from *colour* at the top to a darker one at the bottom."""
    rgb = ImageColor.getrgb(colour)[:3]
    darker = tuple(value * 6 // 10 for value in rgb)
    fade = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, darker), Image.new("RGB", size, rgb), fade)


def _draw_disc(frame: Image.Image, progress: float) -> None:
    radius = frame.height // 12
    x = round(radius + progress * (frame.width - 2 * radius))
    y = frame.height - 2 * radius
    ImageDraw.Draw(frame).ellipse(
        (x - radius, y - radius, x + radius, y + radius), fill="#f4c542", outline="white"
    )
