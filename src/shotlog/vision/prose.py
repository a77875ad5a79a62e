"""Say in plain sentences what an analysis found, and no more than that."""

from __future__ import annotations

from collections.abc import Sequence

from shotlog.vision.analysis import Analysis, Look, Span, Words

_MOST_QUOTES = 5
_QUOTE = 120
_EDGE_S = 0.6  # what begins and ends within this of the video is there throughout


def clock(seconds: float) -> str:
    """Write a time as people do.

    >>> clock(4.4), clock(139), clock(3725)
    ('0:04', '2:19', '1:02:05')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def listed(items: Sequence[str]) -> str:
    """Join *items* as a sentence does.

    >>> listed(["red", "white", "blue"])
    'red, white and blue'
    """
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def quoted(text: str) -> str:
    """Put *text* in quotes, cut to a readable length."""
    return f"“{text if len(text) <= _QUOTE else text[: _QUOTE - 1] + '…'}”"


def describe(analysis: Analysis) -> str:
    """Return a few sentences about the whole."""
    video = analysis.kind == "video"
    sentences = [_opening(analysis), look_sentence(analysis.look), _words_sentence(analysis.words)]
    sentences.append(_faces_sentence(analysis))
    if video:
        sentences.append(_sound_sentence(analysis))
    if analysis.bad_packets:
        sentences.append("Parts of the file are damaged and could not be decoded.")
    return " ".join(sentence for sentence in sentences if sentence)


def look_sentence(look: Look) -> str:
    """Return a sentence about colours, light and motion; empty when nothing is known."""
    parts = []
    if look.colours:
        parts.append(f"{listed(look.colours)} {'dominates' if len(look.colours) == 1 else 'dominate'}")
    if look.brightness in {"dark", "bright"}:
        parts.append(f"the picture is {look.brightness}")
    if look.motion != "unknown":
        parts.append({"still": "nothing moves"}.get(look.motion, f"motion is {look.motion}"))
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def orientation(analysis: Analysis) -> str:
    """Return ``landscape``, ``portrait`` or ``square``."""
    if analysis.width == analysis.height:
        return "square"
    return "landscape" if analysis.width > analysis.height else "portrait"


def _opening(analysis: Analysis) -> str:
    size = f"{orientation(analysis)}, {analysis.width} x {analysis.height} pixels"
    if analysis.kind == "photo":
        return f"A photo ({size})."
    shots = f"{len(analysis.shots)} shots" if len(analysis.shots) != 1 else "one shot"
    return f"A video of {_length(analysis.duration_s)} in {shots} ({size})."


def _length(seconds: float) -> str:
    whole = max(1, round(seconds))
    if whole < 90:
        return f"{whole} seconds" if whole > 1 else "1 second"
    return f"{round(seconds / 60)} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def _words_sentence(words: Sequence[Words]) -> str:
    if not words:
        return ""
    quotes = [
        quoted(one.text) + (f" from {clock(one.start_s)}" if one.start_s is not None else "")
        for one in words[:_MOST_QUOTES]
    ]
    if len(words) > _MOST_QUOTES:
        quotes.append(f"{len(words) - _MOST_QUOTES} more")
    return f"These words can be read: {listed(quotes)}."


def _faces_sentence(analysis: Analysis) -> str:
    count = analysis.faces.max_count
    if not count:
        return ""
    faces = "One face can" if count == 1 else f"Up to {count} faces can"
    return f"{faces} be seen{_when(analysis.faces.spans, analysis.duration_s)}."


def _sound_sentence(analysis: Analysis) -> str:
    if not analysis.has_audio:
        return "There is no audio track."
    if not analysis.sounds:
        return "The audio track is silent."
    return f"Sound can be heard{_when(analysis.sounds, analysis.duration_s)}."


def _when(spans: Sequence[Span], duration_s: float) -> str:
    if not spans:
        return ""
    first, last = spans[0], spans[-1]
    if len(spans) == 1 and first.start_s <= _EDGE_S and last.end_s >= duration_s - _EDGE_S:
        return " throughout"
    return (
        f", first from {clock(first.start_s)} to {clock(first.end_s)}"
        if len(spans) > 1
        else (f" from {clock(first.start_s)} to {clock(first.end_s)}")
    )
