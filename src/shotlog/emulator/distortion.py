"""Spoil a good answer in the ways that models do (R37, R44)."""

from __future__ import annotations

import re
from dataclasses import replace

from shotlog.domain.ports import Answer
from shotlog.emulator.faults import RecordFault

_BLOCKED = "The generated text has been blocked by our content filters."
#: A space between two letters: in a JSON text, always inside a string.
_SPACE_IN_WORDS = re.compile(r"(?<=[a-z]) (?=[a-z])")


def distort(answer: Answer, fault: RecordFault | None, chance: float) -> Answer:
    """Return *answer* with *fault* in it; *chance*, in [0, 1), says where a truncated text stops."""
    text = answer.text
    if fault == "fence":
        return replace(answer, text=f"```json\n{text}\n```")
    if fault == "chatty":
        return replace(
            answer,
            text=f"Here is the JSON you asked for:\n\n{text}\n\nLet me know if you need anything else!",
        )
    if fault == "refuse":
        return replace(answer, text=_BLOCKED, stop_reason="content_filtered")
    if fault == "malformed":
        return replace(answer, text=text[: len(text) // 3] + '"}}, ]', stop_reason="malformed_model_output")
    if fault == "truncate":
        share = 0.2 + 0.7 * chance
        return replace(
            answer,
            text=text[: max(1, int(len(text) * share))],
            stop_reason="max_tokens",
            output_tokens=max(1, int(answer.output_tokens * share)),
        )
    return answer


def with_line_separators(answer: Answer) -> Answer:
    """Return *answer* with a raw U+2028 and U+0085 where a space between two words was."""
    return replace(answer, text=_SPACE_IN_WORDS.sub("\u2028\u0085", answer.text, count=1))
