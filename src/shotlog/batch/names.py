"""Make file names that a batch job accepts as part of an object key.

The provider refuses a record whose URI holds a space, a comma or a percent sign, and it takes keys
literally, so encoding them does not help (rule R26). Names are therefore made safe before an object
is staged: letters are folded to ASCII where Unicode knows how, everything else becomes ``_``, and a
hash of the original stands in where folding would leave nothing to tell two names apart by.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

#: Longest name that is made, in bytes; object keys hold 1,024, file systems 255 a part.
MAX_NAME_BYTES = 200
#: What stands for a name of which nothing readable is left.
_PLACEHOLDER = "file"
#: A longer last part is text after a dot, not an extension.
_MAX_EXTENSION = 16
_LEGAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_ILLEGAL_RUN = re.compile(r"[^A-Za-z0-9._-]+")
_READABLE = re.compile(r"[A-Za-z0-9]")
#: Letters that Unicode does not decompose and that have a customary spelling in ASCII.
_SPELLED_OUT = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
    | {"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "\N{LATIN SMALL LETTER DOTLESS I}": "i"}
)


def sanitize_filename(filename: str) -> str:
    """Return *filename* as a name that a batch job accepts; a safe name comes back unchanged.

    The result holds only ``[A-Za-z0-9._-]``, is never empty, never starts with ``.`` or ``-``, has at
    most 200 bytes and keeps the extension. It is a single path part: slashes become ``_`` too.

    >>> sanitize_filename("Video Nov 14 2025, 10 02 14 AM.mov")
    'Video_Nov_14_2025_10_02_14_AM.mov'
    >>> sanitize_filename("Café Zürich.mp4")
    'Cafe_Zurich.mp4'
    >>> sanitize_filename("東京.mp4")
    'file_c3157073.mp4'
    """
    if _is_safe(filename):
        return filename
    folded = _fold(filename)
    stem, extension = _split_extension(folded)
    stem = stem.lstrip(".-")
    if not _READABLE.search(stem):
        stem = f"{_PLACEHOLDER}_{_digest(filename)}"
    if len(stem) + len(extension) > MAX_NAME_BYTES:
        suffix = f"_{_digest(filename)}"
        stem = stem[: MAX_NAME_BYTES - len(extension) - len(suffix)] + suffix
    return stem + extension


def sanitize_s3_key(key: str) -> str:
    """Return *key* with only its last part made safe; the folders before it stay as they are.

    >>> sanitize_s3_key("My Proxies/clip (1).mp4")
    'My Proxies/clip_1_.mp4'
    """
    folder, slash, name = key.rpartition("/")
    return folder + slash + sanitize_filename(name)


def needs_sanitization(filename: str) -> bool:
    """Say whether `sanitize_filename` would change *filename*."""
    return not _is_safe(filename)


def distinct_names(filenames: Iterable[str]) -> list[str]:
    """Return safe names for *filenames*, in order, no two alike even where case does not count.

    Of names that come out alike the first keeps its name and the others get ``_2``, ``_3``... A name
    that only one source has is never changed for the sake of another.

    >>> distinct_names(["a b.mov", "a,b.mov", "A_b.mov", "a_b_2.mov"])
    ['a_b.mov', 'a_b_3.mov', 'A_b_4.mov', 'a_b_2.mov']
    """
    safe = [sanitize_filename(name) for name in filenames]
    wanted = {name.lower() for name in safe}
    given: set[str] = set()
    counts: Counter[str] = Counter()
    names = []
    for name in safe:
        unique = name
        while unique.lower() in given or (unique is not name and unique.lower() in wanted):
            counts[name.lower()] += 1
            unique = _numbered(name, counts[name.lower()] + 1)
        given.add(unique.lower())
        names.append(unique)
    return names


def _is_safe(name: str) -> bool:
    return len(name) <= MAX_NAME_BYTES and _LEGAL.fullmatch(name) is not None


def _fold(name: str) -> str:
    spelled = unicodedata.normalize("NFKD", name.translate(_SPELLED_OUT))
    bare = "".join(letter for letter in spelled if not unicodedata.combining(letter))
    return _ILLEGAL_RUN.sub("_", bare)


def _split_extension(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    if not dot or not extension or len(extension) > _MAX_EXTENSION:
        return name, ""
    return stem, dot + extension


def _numbered(name: str, number: int) -> str:
    stem, extension = _split_extension(name)
    suffix = f"_{number}{extension}"
    return stem[: MAX_NAME_BYTES - len(suffix)] + suffix


def _digest(name: str) -> str:
    # File names that are no valid Unicode reach Python with lone surrogates.
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
