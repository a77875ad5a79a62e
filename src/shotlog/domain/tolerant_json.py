"""Read JSON as models write it when they do not write JSON, and say what had to be mended or was lost.

One pass from left to right that all but never goes back, so time grows with the length of the text,
whatever it holds. What is mended without loss (escapes, commas, quotes, brackets) is a repair; what had
to be dropped is a loss. Libraries for this repair in silence; here every loss must be known, because a
result with a loss is only a partial one.
"""

from __future__ import annotations

import math
import re
from typing import Any

from shotlog.errors import Unparsable

#: Deeper nesting than this is no answer of any recipe.
MAX_DEPTH = 64

#: Most losses that are named; more would say no more.
MOST_LOSSES = 20

_CLOSERS = {'"': '"', "'": "'", "\u201c": "\u201d"}
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "none": None, "undefined": None}
_NOT_NUMBERS = frozenset({"nan", "-nan", "infinity", "-infinity", "+infinity", "inf", "-inf"})

_BLANK = re.compile(r"[\s\ufeff]*")
_COMMENT = re.compile(r"//[^\n]{0,400}|/\*.{0,400}?\*/", re.DOTALL)
_BARE_KEY = re.compile(r"[^\W\d][\w.-]{0,59}(?=\s{0,20}:)")
_BARE_VALUE = re.compile(r"[^,\]}\n\"{\[]+")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_NEXT_SENSE = re.compile(r"[\"'{}\[\],\u201c]|[^\W\d][\w.-]{0,59}\s{0,20}:")
_PLAIN = {closer: re.compile(rf"[^{re.escape(closer)}\\\x00-\x1f]+") for closer in _CLOSERS.values()}
_CLOSING_RUN = re.compile(r"[\s}\]]*")
_ITEM = re.compile(r"\Z|[\[{\]]|-?\d|true\b|false\b|null\b")
_CUT_KEY = re.compile(r"[\"'\u201c][^\"'\u201d\n]{0,200}\Z")
_KEY_AHEAD = re.compile(r"[\"'\u201c][^\"'\u201d\n]{0,200}[\"'\u201d]\s{0,50}:")
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_PAIR = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")


class _Cut(Exception):
    """The text ended inside the value that was being read."""


class TolerantReader:
    """Reads one object or array of a text, from a position on."""

    def __init__(self, text: str, at: int = 0) -> None:
        self.text = text
        #: Where reading stands; after ``read``, the first character that was not used.
        self.at = at
        #: What was mended without loss, and what was dropped, in words.
        self.repairs: dict[str, None] = {}
        self.losses: dict[str, None] = {}
        #: Whether the text ended before the value did, and inside which top-level member.
        self.cut = False
        self.cut_member: str | None = None
        self._member: str | None = None
        self._open: list[str] = []
        self._guesses = 5

    def read(self) -> Any:
        """Return the object or array that begins here.

        Raises:
            Unparsable: it is nested deeper than any answer.
        """
        return self._container()

    def _container(self) -> Any:
        if len(self._open) >= MAX_DEPTH:
            raise Unparsable("The answer is nested too deeply.")
        opener = self.text[self.at]
        self.at += 1
        self._open.append(opener)
        found: Any = {} if opener == "{" else []
        more = self._more(opener, first=True)
        while more:
            try:
                if opener == "{":
                    self._read_member(found)
                else:
                    found.append(self._value())
            except _Cut:
                self._end_early(inside=True)
                break
            more = self._more(opener, first=False)
        self._open.pop()
        return found

    def _more(self, opener: str, *, first: bool) -> bool:
        """Step over commas, and over the container's end; tell whether another item begins here."""
        while True:
            commas = self._commas()
            char = self._peek()
            if char == "":
                self._end_early(inside=len(self._open) > 1)
                return False
            if char == ("}" if opener == "{" else "]"):
                self.at += 1
                if commas:
                    self._mend("a trailing comma")
                return False
            if char not in "]}":
                if not first and not commas:
                    self._mend("a missing comma")
                return True
            self._mend("a wrong closing bracket")
            if ("[" if char == "]" else "{") in self._open[:-1]:
                return False
            self.at += 1

    def _read_member(self, found: dict[str, Any]) -> None:
        key = self._key()
        if key is None:
            return
        if len(self._open) == 1:
            self._member = key
        self._skip()
        if self._peek() == ":":
            self.at += 1
            self._skip()
        elif self._peek() in ('"', "'", "{", "["):
            self._mend("a missing colon")
        if self._peek() in ("}", "]", ","):
            self._lose(f"{key[:40]!r} had no value")
            return
        value = self._value()
        if key in found and found[key] != value:
            self._lose(f"{key[:40]!r} came twice")
        found[key] = value
        if len(self._open) == 1:
            self._member = None

    def _key(self) -> str | None:
        char = self._peek()
        if char in _CLOSERS:
            return self._string(key=True)
        if bare := _BARE_KEY.match(self.text, self.at):
            self._mend("a key without quotes")
            self.at = bare.end()
            return bare.group()
        self._lose("something that is no member")
        if char in "{[":
            self._container()
        else:
            sense = _NEXT_SENSE.search(self.text, self.at + 1)
            self.at = sense.start() if sense else len(self.text)
        return None

    def _value(self) -> Any:
        char = self._peek()
        if char == "":
            raise _Cut
        if char in "{[":
            return self._container()
        if char in _CLOSERS:
            return self._string(key=False)
        bare = _BARE_VALUE.match(self.text, self.at)
        if bare is None:
            self._lose("something that is no value")
            self.at += 1
            return None
        self.at = bare.end()
        if self.at == len(self.text):
            raise _Cut
        return self._word(bare.group().strip())

    def _word(self, word: str) -> Any:
        if _NUMBER.fullmatch(word) and len(word) <= 300:
            number = float(word) if any(mark in word for mark in ".eE") else int(word)
            if isinstance(number, int) or math.isfinite(number):
                return number
        if word.casefold() in _WORDS:
            if word not in ("true", "false", "null"):
                self._mend("a word of another language")
            return _WORDS[word.casefold()]
        if word.casefold() in _NOT_NUMBERS:
            self._mend("a number that is none")
            return None
        self._mend("a text without quotes")
        return word

    def _string(self, *, key: bool) -> str:
        closer = _CLOSERS[self.text[self.at]]
        if closer != '"':
            self._mend("other quotes")
        self.at += 1
        pieces: list[str] = []
        missed: tuple[int, int] | None = None
        while True:
            if plain := _PLAIN[closer].match(self.text, self.at):
                pieces.append(plain.group())
                self.at = plain.end()
            char = self._peek()
            if char == "":
                return self._close_at(missed, pieces)
            if char == "\\":
                pieces.append(self._escape())
                continue
            self.at += 1
            if char == closer:
                if key or self._closes(self.at):
                    return "".join(pieces)
                self._mend("quotes inside a text")
                if missed is None and _KEY_AHEAD.match(self.text, self.at - 1):
                    missed = len(pieces), self.at - 1
            else:
                self._mend("raw control characters")
            pieces.append(char)

    def _close_at(self, missed: tuple[int, int] | None, pieces: list[str]) -> str:
        """End a text that ran to the end of the answer where a member seems to begin inside it.

        This is the one place that goes back, so it may do so only a few times.
        """
        if missed is None or self._open[-1] == "[" or self._guesses == 0:
            raise _Cut
        self._guesses -= 1
        count, self.at = missed
        self._lose("a closing quote was missing")
        return "".join(pieces[:count]).rstrip().removesuffix(",")

    def _escape(self) -> str:
        """Return what the escape here stands for; a backslash that begins none stands for itself."""
        char = self.text[self.at + 1 : self.at + 2]
        if char in _ESCAPES:
            self.at += 2
            return _ESCAPES[char]
        if char == "u" and (digits := _HEX.match(self.text, self.at + 2)):
            return self._code(digits.group())
        self._mend("an invalid escape")
        self.at += 1
        if char in ("'", "\n"):
            self.at += 1
            return char
        return "\\"

    def _code(self, digits: str) -> str:
        code = int(digits, 16)
        self.at += 6
        if 0xD800 <= code < 0xDC00 and (low := _PAIR.match(self.text, self.at)):
            self.at = low.end()
            return chr(0x10000 + ((code - 0xD800) << 10) + (int(low.group(1), 16) - 0xDC00))
        return chr(code)

    def _closes(self, at: int) -> bool:
        """Tell whether the quote before *at* ends its text, or stands inside it, by what follows."""
        after = _end(_BLANK, self.text, at)
        char = self.text[after : after + 1]
        if char == "":
            return True
        if char in "}]":
            run = _CLOSING_RUN.match(self.text, after)
            rest = self.text[run.end() : run.end() + 1] if run else ""
            return rest in ('"', "'", ",", "`", "") or bool(run and _closers(run.group()) >= len(self._open))
        if char == ",":
            return self._item_at(_end(_BLANK, self.text, after + 1))
        if after == at:
            return False
        return char in _CLOSERS and self._item_at(after)

    def _item_at(self, at: int) -> bool:
        """Tell whether another member or item can begin at *at*."""
        char = self.text[at : at + 1]
        if self._open[-1] == "{":
            if char in _CLOSERS:
                ahead = _KEY_AHEAD.match(self.text, at)
                return ahead is not None or _CUT_KEY.match(self.text, at) is not None
            return char in ("", "}") or _BARE_KEY.match(self.text, at) is not None
        return char in _CLOSERS or _ITEM.match(self.text, at) is not None

    def _commas(self) -> int:
        commas = 0
        self._skip()
        while self._peek() == ",":
            commas += 1
            self.at += 1
            self._skip()
        if commas > 1:
            self._mend("doubled commas")
        return commas

    def _skip(self) -> None:
        self.at = _end(_BLANK, self.text, self.at)
        while comment := _COMMENT.match(self.text, self.at):
            self._mend("a comment")
            self.at = _end(_BLANK, self.text, comment.end())

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _mend(self, what: str) -> None:
        self.repairs[what] = None

    def _lose(self, what: str) -> None:
        if len(self.losses) < MOST_LOSSES:
            self.losses[what] = None

    def _end_early(self, *, inside: bool) -> None:
        if not self.cut:
            self.cut = True
            self.cut_member = self._member if inside else None
            self.at = len(self.text)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _closers(run: str) -> int:
    return run.count("}") + run.count("]")
