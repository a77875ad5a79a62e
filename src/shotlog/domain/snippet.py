"""Cut the piece of a text that shows why it was found, and say which words were."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shotlog.domain.query_tree import Words
from shotlog.domain.words import RUN_TOGETHER, Word, parts_in, words_in

_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
_CHARACTERS = 160
_LEAD = 40  # characters before the first found word


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a segment's text, on one line; *marks* are the [start, end) of what was found."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()

    def marked(self, before: str = "«", after: str = "»") -> str:
        """Return the text with each found word between two signs.

        >>> Snippet("a red boat", ((2, 5),)).marked()
        'a «red» boat'
        """
        pieces, done = [], 0
        for start, end in self.marks:
            pieces += [self.text[done:start], before, self.text[start:end], after]
            done = end
        return "".join([*pieces, self.text[done:]])


def snippet(field: str, text: str, wanted: Sequence[Words]) -> Snippet:
    """Return the part of a segment's *text* around the first of the *wanted* words.

    >>> snippet("text", "Fähre nach Dover", [Words(("fahre",))]).marked()
    '«Fähre» nach Dover'
    """
    line = _BLANK.sub(" ", text)
    leaves = [leaf for leaf in wanted if not leaf.fields or field in leaf.fields]
    readings = [list(words_in(line))] + ([list(parts_in(line))] if field in RUN_TOGETHER else [])
    spans = _merged(span for words in readings for leaf in leaves for span in _matches(words, leaf))
    start, end = _window(line, spans[0] if spans else (0, 0))
    front, back = "…" if start > 0 else "", "…" if end < len(line) else ""
    shift = len(front) - start
    marks = tuple((a + shift, min(b, end) + shift) for a, b in spans if start <= a < end)
    return Snippet(front + line[start:end] + back, marks)


def _matches(words: Sequence[Word], leaf: Words) -> Iterator[tuple[int, int]]:
    *first, last = leaf.words
    for position in range(len(words) - len(first)):
        run = words[position : position + len(leaf.words)]
        fits = run[-1].text.startswith(last) if leaf.prefix else run[-1].text == last
        if fits and all(word.text == text for word, text in zip(run, first, strict=False)):
            yield run[0].start, run[-1].end


def _merged(spans: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _window(line: str, found: tuple[int, int]) -> tuple[int, int]:
    if len(line) <= _CHARACTERS:
        return 0, len(line)
    start = max(0, min(found[0] - _LEAD, len(line) - _CHARACTERS))
    if start and (blank := line.find(" ", start, found[0])) >= 0:
        start = blank + 1
    end = min(len(line), start + _CHARACTERS)
    if end < len(line) and (blank := line.rfind(" ", max(start, found[1]), end)) > start:
        end = blank
    return start, end
