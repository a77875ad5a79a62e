"""Small media made on the spot, and the means to look at what came out."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import pytest
from PIL import Image, ImageDraw

from shotlog.media.tool import MediaTool
from shotlog.sandbox.pool import Sandbox

CORNERS = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (40, 40, 220), "white": (235, 235, 235)}


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Two media processes for all tests."""
    pool = Sandbox(workers=2, memory_bytes=3 << 30, preload=MediaTool.PRELOAD)
    yield pool
    pool.close()


@pytest.fixture
def tool(sandbox):
    return MediaTool(sandbox, timeout_s=60)


@pytest.fixture
def corner_picture():
    """Make a picture with red, green, blue and white corners, clockwise from the top left."""

    def make(width, height):
        picture = Image.new("RGB", (width, height), (110, 110, 110))
        draw, w, h = ImageDraw.Draw(picture), width // 3, height // 3
        boxes = [(0, 0), (width - w, 0), (width - w, height - h), (0, height - h)]
        for (x, y), colour in zip(boxes, CORNERS.values(), strict=True):
            draw.rectangle((x, y, x + w, y + h), fill=colour)
        return picture

    return make


@pytest.fixture
def corners_of():
    """Name the colours in the corners of a picture, clockwise from the top left."""

    def name(pixel):
        return min(CORNERS, key=lambda n: sum((a - b) ** 2 for a, b in zip(CORNERS[n], pixel, strict=True)))

    def look(picture):
        rgb = picture.convert("RGB")
        x, y = rgb.width // 8, rgb.height // 8
        right, bottom = rgb.width - 1 - x, rgb.height - 1 - y
        return [name(rgb.getpixel(at)) for at in ((x, y), (right, y), (right, bottom), (x, bottom))]

    return look


@pytest.fixture
def frames_of():
    """Decode a video: a list of (seconds, picture)."""

    def decode(path):
        with av.open(f"file:{path}") as container:
            return [(round(frame.time, 3), frame.to_image()) for frame in container.decode(video=0)]

    return decode


@pytest.fixture
def write_video():
    """Write pictures at given times with any codec, pixel format and pixel shape."""

    def write(path, timed, *, codec="libx264", pix_fmt="yuv420p", aspect=None, matrix=None, options=None):
        with av.open(f"file:{path}", "w") as container:
            stream = container.add_stream(codec, rate=25, options=options or {})
            first = timed[0][1]
            stream.width, stream.height, stream.pix_fmt = *first.size, pix_fmt
            stream.codec_context.time_base = time_base = Fraction(1, 1000)
            if aspect is not None:
                stream.codec_context.sample_aspect_ratio = aspect
            if matrix is not None:
                stream.set_display_matrix(matrix)
            for seconds, picture in timed:
                frame = av.VideoFrame.from_image(picture)
                frame.pts, frame.time_base = round(seconds * 1000), time_base
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return write
