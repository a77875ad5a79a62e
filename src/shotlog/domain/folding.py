"""Fold words so that search finds them without case, diacritics or width mattering."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Return *text* without case and diacritics.

    >>> fold("Été, Straße, ｶﾒﾗ")
    'ete, strasse, カメラ'
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))
