"""Make hostile text harmless before it reaches a terminal.

File names and the words of a model come from anybody. A terminal obeys escape sequences, and bidirectional
overrides show a name in another order than it is. JSON needs none of this: it escapes.
"""

from __future__ import annotations

import re

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
#: Controls of ASCII and Latin-1, line and paragraph separators, marks and overrides of direction, the byte
#: order mark, and the lone surrogates that stand for the undecodable bytes of a name.
_HOSTILE = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
_ANY = re.compile(f"[{_HOSTILE}]")
_ANY_BUT_LINES = re.compile(rf"(?!\n)[{_HOSTILE}]")


def one_line(text: str) -> str:
    r"""Return *text* with every character replaced that is more than a sign on the line.

    A replacement stays visible, so that two names do not come to look alike by what was taken out.

    >>> one_line("a\x1b[2Jb\n")
    'a�[2Jb�'
    """
    return _ANY.sub(_REPLACEMENT, text)


def prose(text: str) -> str:
    r"""Return running text on one line: its line ends and tabs are spaces, the rest is as ``one_line``.

    >>> prose(" Two\n\tlines. ")
    'Two lines.'
    """
    return one_line(" ".join(text.split()))


def lines(text: str) -> str:
    """Return *text* made harmless, but in the lines that it has; for tracebacks."""
    return _ANY_BUT_LINES.sub(_REPLACEMENT, text)
