"""Cut text into the words that search knows: the same cut for what is indexed and for what is asked.

Case, diacritics and width do not matter (see ``fold``). Scripts that put no spaces between words
(Chinese, Japanese, Korean) are cut into single characters, so that any part of a text is found as a
run of neighbours. What comes out holds letters, digits and vowel signs only: nothing in it can be
mistaken for the syntax of a full-text index.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from shotlog.domain.folding import fold

#: Fields whose text is a file name or folder: words that are run together there are found alone too.
RUN_TOGETHER = frozenset({"name", "folder"})
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
_PART = re.compile(r"\d+|[^\W\d_]+")
_LONGEST = 100  # characters of one word; PostgreSQL indexes none beyond 2,046 bytes
_UNSPACED = (
    (0x3005, 0x3007),
    (0x3040, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),
    (0x20000, 0x3FFFF),
)
_EMOJI_VARIANTS = (0xFE00, 0xFE0F)


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it is indexed, and where it stands in the text."""

    text: str
    start: int
    end: int


class _Char(Enum):
    BETWEEN = 0
    LETTER = 1
    MARK = 2
    ALONE = 3


def words_in(text: str) -> Iterator[Word]:
    """Yield the words of *text* in order.

    >>> [word.text for word in words_in("Été: 東京's 24-hour café")]
    ['ete', '東', '京', 's', '24', 'hour', 'cafe']
    """
    if text.isascii():
        for match in _ASCII_WORD.finditer(text):
            yield from _cut(match.group().lower(), match.start(), match.end())
        return
    start, alone = -1, False
    for position, char in enumerate(text):
        what = _kind(char)
        if what is _Char.MARK:
            continue  # belongs to what came before
        if start >= 0 and (alone or what is not _Char.LETTER):
            yield from _folded(text, start, position)
            start = -1
        if start < 0 and what is not _Char.BETWEEN:
            start, alone = position, what is _Char.ALONE
    if start >= 0:
        yield from _folded(text, start, len(text))


def parts_in(text: str) -> Iterator[Word]:
    """Yield the words that a file name runs together: at capitals, digits and underscores.

    >>> [word.text for word in parts_in("GrandmaHDVideo2024_final")]
    ['grandma', 'hd', 'video', '2024', 'final']
    """
    for match in _PART.finditer(text):
        run, offset, start = match.group(), match.start(), 0
        for position in range(1, len(run)):
            if _is_seam(run, position):
                yield from _folded(text, offset + start, offset + position)
                start = position
        yield from _folded(text, offset + start, match.end())


def index_text(field: str, text: str) -> str:
    """Return what the full-text index reads of a segment's *text*: its words with spaces between.

    >>> index_text("name", "BeachDay01.MOV")
    'beachday01 mov beach day 01 mov'
    >>> index_text("text", "OPEN: 9-17 h")
    'open 9 17 h'
    """
    if text.isascii() and field not in RUN_TOGETHER:
        plain = _ASCII_WORD.findall(text.lower())
        if not plain or max(map(len, plain)) <= _LONGEST:
            return " ".join(plain)
    words = [word.text for word in words_in(text)]
    if field in RUN_TOGETHER:
        parts = [word.text for word in parts_in(text)]
        words += parts if parts != words else []
    return " ".join(words)


def _is_seam(run: str, position: int) -> bool:
    before, here, after = run[position - 1], run[position], run[position + 1 : position + 2]
    return here.isupper() and (before.islower() or (before.isupper() and after.islower()))


def _folded(text: str, start: int, end: int) -> Iterator[Word]:
    run, word = fold(text[start:end]), ""
    for char in run:
        what = _kind(char)
        if what is _Char.MARK:
            word += char if word and not _is_variant(char) else ""
            continue
        if word and what is not _Char.LETTER:
            yield from _cut(word, start, end)
            word = ""
        word += "" if what is _Char.BETWEEN else char
        if what is _Char.ALONE:
            yield Word(word, start, end)
            word = ""
    if word:
        yield from _cut(word, start, end)


def _cut(word: str, start: int, end: int) -> Iterator[Word]:
    for offset in range(0, len(word), _LONGEST):
        yield Word(word[offset : offset + _LONGEST], start, end)


def _is_variant(char: str) -> bool:
    return _EMOJI_VARIANTS[0] <= ord(char) <= _EMOJI_VARIANTS[1] or unicodedata.category(char) == "Me"


@lru_cache(maxsize=65536)
def _kind(char: str) -> _Char:
    category = unicodedata.category(char)[0]
    if category == "M":
        return _Char.MARK
    if category not in "LN":
        return _Char.BETWEEN
    code = ord(char)
    return _Char.ALONE if any(low <= code <= high for low, high in _UNSPACED) else _Char.LETTER
