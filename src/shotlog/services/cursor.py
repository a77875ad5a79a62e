"""Where a page ends, as an opaque text that goes on with the same listing only."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from typing import Any

from shotlog.errors import Invalid


class Cursors:
    """The cursors of one listing.

    Args:
        listing: everything that decides what is listed and in which order.
    """

    def __init__(self, *listing: object) -> None:
        self._key = hashlib.sha256(repr(listing).encode("utf-8", "replace")).hexdigest()[:12]

    def write(self, *position: float) -> str:
        """Return the cursor of a position."""
        return base64.urlsafe_b64encode(json.dumps([self._key, *position]).encode()).decode().rstrip("=")

    def read(self, cursor: str, *types: type[Any]) -> list[Any]:
        """Return the position that ``write`` was given, as numbers of these *types*.

        Raises:
            Invalid: the cursor is damaged, or belongs to another listing.
        """
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            key, *position = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            values = [kind(value) for kind, value in zip(types, position, strict=True)]
            usable = all(math.isfinite(value) and abs(value) < 1e18 for value in values)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise Invalid("The cursor is damaged.", hint="Start again without one.") from error
        if key != self._key or not usable:
            raise Invalid("The cursor belongs to another listing.", hint="Start again without one.")
        return values
