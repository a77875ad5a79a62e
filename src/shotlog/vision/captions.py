"""Turn sightings of single lines into captions: merged over gaps, joined into blocks, named by place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from shotlog.vision.analysis import Words
from shotlog.vision.ocr import Line
from shotlog.vision.words import Sighting, better_reading, overlap, same_words

_GAP_S = 1.2
_TOGETHER_S = 0.35  # lines that come and go within this are one block
_BRIEF_S = 1.4
_COUNTER_STEPS = 5
_MOST = 60
_LEAST_S, _DOUBTFUL_S, _DOUBTFUL = 0.35, 1.0, 0.8  # what is brief must be read well to count
_DIGITS = re.compile(r"\d+")


def captions(sightings: Sequence[Sighting]) -> list[Words]:
    """Return what can be read in a video, in order of time, then top to bottom; at most 60 entries."""
    merged = _without_counters([one for one in _without_gaps(sightings) if _trusted(one)])
    blocks: list[list[Sighting]] = []
    for sighting in _in_reading_order(merged):
        home = next((block for block in blocks if _belongs(sighting, block[-1])), None)
        if home is None:
            blocks.append([sighting])
        else:
            home.append(sighting)
    return [_words(block) for block in blocks][:_MOST]


def printed(lines: Sequence[Line]) -> list[Words]:
    """Return what can be read in a photo, lines that stand close together joined; at most 60 entries."""
    blocks: list[list[Line]] = []
    for line in lines:
        home = next((block for block in blocks if _stacked(block[-1], line)), None)
        if home is None:
            blocks.append([line])
        else:
            home.append(line)
    return [
        Words(" ".join(line.text for line in block), _location(block), min(line.score for line in block))
        for block in blocks
    ][:_MOST]


def _in_reading_order(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Sort by time, and what comes at one moment from top to bottom."""
    moments: list[list[Sighting]] = []
    for sighting in sorted(sightings, key=lambda one: one.start_s):
        if moments and sighting.start_s - moments[-1][0].start_s <= _TOGETHER_S:
            moments[-1].append(sighting)
        else:
            moments.append([sighting])
    return [one for moment in moments for one in sorted(moment, key=_place)]


def _place(sighting: Sighting) -> tuple[float, float]:
    return sighting.line.top, sighting.line.left


def _without_gaps(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Join sightings of the same words that follow each other closely."""
    joined: list[Sighting] = []
    for sighting in sorted(sightings, key=lambda one: one.start_s):
        earlier = next((one for one in reversed(joined) if _continues(one, sighting)), None)
        if earlier is None:
            joined.append(Sighting(sighting.line, sighting.start_s, sighting.piece, sighting.end_s))
        else:
            earlier.end_s = max(earlier.end_s or 0.0, sighting.end_s or 0.0)
            earlier.line = better_reading(earlier.line, sighting.line)
    return joined


def _continues(earlier: Sighting, later: Sighting) -> bool:
    return later.start_s - (earlier.end_s or 0.0) <= _GAP_S and same_words(earlier.line, later.line)


def _trusted(sighting: Sighting) -> bool:
    lasted = (sighting.end_s or 0.0) - sighting.start_s
    return lasted >= (_LEAST_S if sighting.line.score >= _DOUBTFUL else _DOUBTFUL_S)


def _without_counters(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Keep one entry of a clock that runs in the picture, as it read at first."""

    def kind(sighting: Sighting) -> tuple[str, int, int]:
        line = sighting.line
        return _DIGITS.sub("0", line.text), round(line.left * 10), round(line.top * 10)

    kept: list[Sighting] = []
    for _, group in groupby(sorted(sightings, key=lambda one: (kind(one), one.start_s)), key=kind):
        same = list(group)
        brief = all((one.end_s or 0.0) - one.start_s <= _BRIEF_S for one in same)
        if len(same) >= _COUNTER_STEPS and brief:
            same[0].end_s = same[-1].end_s
            del same[1:]
        kept.extend(same)
    return kept


def _belongs(sighting: Sighting, last: Sighting) -> bool:
    together = abs(sighting.start_s - last.start_s) <= _TOGETHER_S
    gone = abs((sighting.end_s or 0.0) - (last.end_s or 0.0)) <= _TOGETHER_S
    return together and gone and _stacked(last.line, sighting.line)


def _stacked(upper: Line, lower: Line) -> bool:
    heights = sorted((upper.bottom - upper.top, lower.bottom - lower.top))
    if heights[1] > 1.5 * heights[0] or overlap(upper, lower) > 0.5:
        return False
    gap = lower.top - upper.bottom
    aligned = min(upper.right, lower.right) - max(upper.left, lower.left)
    return -0.5 * heights[0] <= gap <= 0.8 * heights[1] and aligned > 0


def _words(block: Sequence[Sighting]) -> Words:
    lines = [sighting.line for sighting in block]
    return Words(
        text=" ".join(line.text for line in lines),
        location=_location(lines),
        score=min(line.score for line in lines),
        start_s=round(min(sighting.start_s for sighting in block), 2),
        end_s=round(max(sighting.end_s or 0.0 for sighting in block), 2),
    )


def _location(lines: Sequence[Line]) -> str:
    down = (min(line.top for line in lines) + max(line.bottom for line in lines)) / 2
    across = (min(line.left for line in lines) + max(line.right for line in lines)) / 2
    vertical = "top" if down < 1 / 3 else "bottom" if down > 2 / 3 else ""
    horizontal = "left" if across < 1 / 3 else "right" if across > 2 / 3 else ""
    return f"{vertical} {horizontal}".strip() or "centre"
