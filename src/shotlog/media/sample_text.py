"""Words on a sample picture, big and plain enough for OCR to read."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

_WIDEST = 0.86  # of the picture's width
_TALLEST = 0.5  # of the picture's height


def draw_text(picture: Image.Image, text: str) -> None:
    """Write *text*, of one or several lines, in white on a dark band, as large as fits the upper half."""
    if not text:
        return
    draw = ImageDraw.Draw(picture)
    font = _largest_font(draw, text, picture.size)
    left, top, right, bottom = draw.multiline_textbbox((0, 0), text, font=font, align="center")
    x = (picture.width - (right - left)) / 2 - left
    y = (picture.height * 0.72 - (bottom - top)) / 2 - top
    pad = picture.height * 0.04
    draw.rectangle((x + left - pad, y + top - pad, x + right + pad, y + bottom + pad), fill="#101418")
    draw.multiline_text((x, y), text, font=font, fill="white", align="center")


def _largest_font(
    draw: ImageDraw.ImageDraw, text: str, size: tuple[int, int]
) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    points = size[1] / 5
    while True:
        font = ImageFont.load_default(size=points)
        left, top, right, bottom = draw.multiline_textbbox((0, 0), text, font=font)
        if points < 12 or (right - left <= size[0] * _WIDEST and bottom - top <= size[1] * _TALLEST):
            return font
        points *= 0.9
