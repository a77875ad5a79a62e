"""Which keys a store takes: plain relative paths that mean the same object everywhere, and nothing else."""

from __future__ import annotations

import re

from shotlog.errors import Invalid

#: S3's own bound.
MAX_KEY_BYTES = 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ODD_PARTS = frozenset({"", ".", ".."})


def check_key(key: str) -> str:
    """Return *key* if it names one object below the store's root.

    Keys are hostile text: one with ``..``, an empty part, a control character or a leading slash
    would name another object in a directory than in a bucket, or one outside the store.

    Raises:
        Invalid: the key is none of ours.
    """
    if not _ODD_PARTS.isdisjoint(key.split("/")):
        raise Invalid(f"{key!r} is not a key: empty parts, '.' and '..' are not allowed.")
    return _check_text(key)


def check_prefix(prefix: str) -> str:
    """Return *prefix* if keys can start with it; empty stands for every key.

    Raises:
        Invalid: no key can start so.
    """
    if not _ODD_PARTS.isdisjoint(prefix.split("/")[:-1]):
        raise Invalid(f"{prefix!r} is not a prefix: empty parts, '.' and '..' are not allowed.")
    return _check_text(prefix)


def check_folder_prefix(prefix: str) -> str:
    """Return *prefix* if it names a whole folder, so that deleting ``job_001/`` never takes ``job_0010``.

    Raises:
        Invalid: the prefix is empty or does not end in ``/``.
    """
    if not prefix.endswith("/") or not prefix.strip("/"):
        raise Invalid(f"{prefix!r} is not a folder: the prefix must end in '/'.")
    return check_prefix(prefix)


def _check_text(text: str) -> str:
    try:
        encoded = text.encode()
    except UnicodeEncodeError as error:
        raise Invalid(f"{text!r} is not a key: it is no valid Unicode.") from error
    if len(encoded) > MAX_KEY_BYTES:
        raise Invalid(f"A key of {len(encoded)} bytes is too long; {MAX_KEY_BYTES} are allowed.")
    if _CONTROL.search(text):
        raise Invalid(f"{text!r} is not a key: control characters are not allowed.")
    return text
