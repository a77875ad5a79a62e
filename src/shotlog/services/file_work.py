"""Work through due files with leases: many at once, each exactly once, none lost when a worker dies."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from shotlog.domain.clock import Clock
from shotlog.store import work
from shotlog.store.database import Database
from shotlog.store.work import WorkItem

_LEASE_SECONDS = 60.0
_RENEW_SECONDS = 15.0
_IDLE_SECONDS = 0.2
_BATCH = 4

_log = structlog.get_logger(__name__)

#: Writes what came of one item; runs in the transaction that deletes the item.
Apply = Callable[[Session], None]
#: Does one item's work outside any transaction.
Handle = Callable[[WorkItem], Apply]


def always() -> bool:
    """Say that the work is still wanted, where nobody can call it off."""
    return True


@dataclass
class _Shared:
    error: BaseException | None = None


class FileWork:
    """A loop that leases items of one kind until none is left.

    Args:
        threads: how many items are worked on at once.
    """

    def __init__(self, database: Database, clock: Clock, *, threads: int) -> None:
        self._database = database
        self._clock = clock
        self._threads = threads
        self._owner = uuid.uuid4().hex

    def drain(
        self, kind: str, handle: Handle, *, stop: threading.Event, wanted: Callable[[], bool] = always
    ) -> None:
        """Work until no item of *kind* waits, *stop* is set, nobody *wanted* it any more, or a step fails.

        Raises:
            AppError: what *handle* raised for trouble that is not the file's (a full disk, say); the
                item stays due.
        """
        shared = _Shared()
        ended = threading.Event()
        renewer = threading.Thread(target=self._renew, args=(ended,), daemon=True)
        workers = [
            threading.Thread(target=self._work, args=(kind, handle, stop, wanted, shared), daemon=True)
            for _ in range(self._threads)
        ]
        for thread in (renewer, *workers):
            thread.start()
        for thread in workers:
            thread.join()
        ended.set()
        renewer.join()
        with self._database.write() as session:
            work.release(session, owner=self._owner)  # of items that it has not come to
        if shared.error is not None:
            raise shared.error

    def _renew(self, ended: threading.Event) -> None:
        while not ended.wait(_RENEW_SECONDS):
            with self._database.write() as session:
                work.renew(session, owner=self._owner, now=self._clock(), seconds=_LEASE_SECONDS)

    def _work(
        self,
        kind: str,
        handle: Handle,
        stop: threading.Event,
        wanted: Callable[[], bool],
        shared: _Shared,
    ) -> None:
        try:
            while not stop.is_set() and shared.error is None and wanted():
                items = self._lease(kind)
                if not items and self._all_done(kind):
                    return
                if not items:  # others hold the rest: wait for them, or for their leases to run out
                    stop.wait(_IDLE_SECONDS)
                for item in items:
                    if stop.is_set() or shared.error is not None:
                        break
                    self._do(item, handle)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            shared.error = error

    def _lease(self, kind: str) -> list[WorkItem]:
        with self._database.write() as session:
            return work.lease(
                session, kind, owner=self._owner, now=self._clock(), seconds=_LEASE_SECONDS, limit=_BATCH
            )

    def _all_done(self, kind: str) -> bool:
        with self._database.read() as session:
            return work.waiting(session, kind) == 0

    def _do(self, item: WorkItem, handle: Handle) -> None:
        apply = handle(item)
        with self._database.write() as session:
            if work.finish(session, item, owner=self._owner):
                apply(session)
            else:
                _log.warning("lease_lost", asset=item.asset_id)
