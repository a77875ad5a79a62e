"""The local engine: looks at media on this machine and answers in the shapes that a model is asked for."""

from __future__ import annotations

import math
from typing import ClassVar

from pydantic import TypeAdapter

from shotlog.domain.ports import Answer, MediaInput, Question
from shotlog.errors import MediaRefused
from shotlog.sandbox.pool import Sandbox
from shotlog.vision.analysis import Analysis
from shotlog.vision.compose import compose
from shotlog.vision.prompt import parse_prompt

_FUNCTIONS = {
    "video": "shotlog.vision.watch:watch_video",
    "photo": "shotlog.vision.watch:look_at_photo",
}
_FRAME_TOKENS, _FRAME_CAP, _PHOTO_TOKENS = 288, 960, 230
_CHARS_PER_TOKEN = 4
_ANALYSIS = TypeAdapter(Analysis)


class LocalEngine:
    """A ``VisionModel`` without a model: it measures frames, reads words and counts faces.

    Files are opened in *sandbox* only, each for at most *timeout_s* seconds. The same file and
    prompt give the same answer. Every JSON answer says ``"engine": "local"``.
    """

    #: What a sandbox for this engine imports beforehand: it loads the models, about a second.
    PRELOAD: ClassVar[tuple[str, ...]] = ("shotlog.vision.warm",)

    def __init__(self, sandbox: Sandbox, *, timeout_s: float = 600) -> None:
        self._sandbox = sandbox
        self._timeout_s = timeout_s

    def answer(self, question: Question) -> Answer:
        """Answer about the one video or photo of *question*, in at most ``max_tokens`` tokens.

        Tokens are counted as Nova counts them (rule R42).

        Raises:
            MediaRefused: the file cannot be opened, or there is not exactly one.
        """
        if len(question.media) != 1:
            raise MediaRefused(
                f"The local engine looks at one file at a time, not at {len(question.media)}.",
                code="media_count",
            )
        media = question.media[0]
        analysis = self._analyse(media)
        text = compose(analysis, parse_prompt(question.text))
        limit = question.max_tokens * _CHARS_PER_TOKEN
        cut = len(text) > limit
        text = text[:limit]
        return Answer(
            text=text,
            stop_reason="max_tokens" if cut else "end_turn",
            input_tokens=_media_tokens(analysis) + math.ceil(len(question.text) / _CHARS_PER_TOKEN),
            output_tokens=math.ceil(len(text) / _CHARS_PER_TOKEN),
        )

    def _analyse(self, media: MediaInput) -> Analysis:
        function = _FUNCTIONS.get(media.kind)
        if function is None:
            raise MediaRefused(f"The local engine cannot look at a {media.kind}.", code="media_kind")
        found = self._sandbox.call(function, timeout_s=self._timeout_s, path=str(media.path))
        return _ANALYSIS.validate_python(found)


def _media_tokens(analysis: Analysis) -> int:
    if analysis.kind == "photo":
        return _PHOTO_TOKENS
    return _FRAME_TOKENS * min(_FRAME_CAP, max(1, math.ceil(analysis.duration_s)))
