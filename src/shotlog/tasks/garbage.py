"""Keep Python's garbage collector from walking through all loaded code again and again."""

from __future__ import annotations

import gc

#: New containers between two rounds; Python's own 700 mean a round for every second record.
_ROUND = 20_000


def calm() -> None:
    """Take what is loaded by now out of the collector's rounds, and make them rarer.

    A working process makes millions of short-lived values and next to no cycles; the rounds cost it a fifth
    of the time in which it takes results in (``benchmarks/ingest.py``).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ROUND, 20, 20)
