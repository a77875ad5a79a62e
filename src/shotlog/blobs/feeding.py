"""Read pieces in a thread of their own, for a taker that cannot read from a store itself."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

_AHEAD = 2
_LOOK_SECONDS = 0.1


@contextmanager
def fed(pieces: Iterable[bytes]) -> Iterator[Iterator[bytes]]:
    """Yield *pieces* as another thread reads them; what they raise is raised where they are taken.

    obstore ends a thread in which it writes and is asked to read at once, so that a copy from one stream
    into another would break (its pieces come from a read inside the write).
    """
    shelf: queue.Queue[bytes | BaseException | None] = queue.Queue(_AHEAD)
    given_up = threading.Event()

    def put(piece: bytes | BaseException | None) -> None:
        while not given_up.is_set():
            with contextlib.suppress(queue.Full):
                shelf.put(piece, timeout=_LOOK_SECONDS)
                return

    def read() -> None:
        try:
            for piece in pieces:
                put(piece)
                if given_up.is_set():
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever takes the pieces
            put(error)

    def taken() -> Iterator[bytes]:
        while (piece := shelf.get()) is not None:
            if isinstance(piece, BaseException):
                raise piece
            yield piece

    reader = threading.Thread(target=read, name="feeding", daemon=True)
    reader.start()
    try:
        yield taken()
    finally:
        given_up.set()
        reader.join()
