"""Ask about a run's records one by one and at once: the mode on-demand, and the tail of a batch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import structlog

from shotlog.batch.parallel import in_parallel
from shotlog.domain.asset import Asset
from shotlog.domain.clock import Clock
from shotlog.domain.model import Mode
from shotlog.domain.ports import BlobStore, OnDemandModel
from shotlog.errors import Denied, External, Interrupted, Invalid, Rejected
from shotlog.services.applying import apply
from shotlog.services.asking import question, why_unsendable
from shotlog.services.budget import breaks_budget
from shotlog.services.judging import Judgement, failure, judge
from shotlog.services.proxy_store import ProxyStore
from shotlog.services.terms import RunTerms
from shotlog.store import assets as asset_queries
from shotlog.store import records, runs
from shotlog.store.database import Database
from shotlog.store.records import OpenRecord, Subject

_log = structlog.get_logger(__name__)

#: Records that are looked up at once, for each request in flight.
_AHEAD = 16
#: Refusals in a row, with no answer between, after which it is not about the files: they stay open.
_SYSTEMIC = 10


@dataclass(frozen=True, slots=True)
class _Asked:
    """One record with all that asking and judging need."""

    record: OpenRecord
    subject: Subject
    asset: Asset
    #: Where its proxy is in the store.
    key: str


@dataclass
class _Unbooked:
    """The records that were asked about and whose answers no table shows yet."""

    records: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


class OnDemandAsker:
    """Asks about the open records of a run that belong to no chunk.

    A call has no token by which its repeat is known, so those in flight when the process is killed are
    asked again: *concurrency* of them at the most. The answer is stored, and booked, once.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        store: Callable[[], BlobStore],
        model: Callable[[], OnDemandModel],
        proxies: ProxyStore,
        *,
        concurrency: int,
    ) -> None:
        self._database = database
        self._clock = clock
        self._store = store
        self._model = model
        self._proxies = proxies
        self._concurrency = concurrency

    def ask(self, terms: RunTerms, *, stop: threading.Event) -> None:
        """Ask until no record is open, each answer stored as it comes.

        Raises:
            Interrupted: *stop* was set first; what was not asked stays open.
            Denied: the service does not let us in.
            Rejected: the service refuses every request, which is not about the files.
        """
        unbooked = _Unbooked()
        while (page := self._next_page(terms)) is not None:
            refusals: list[Judgement] = []
            for _, judgement in in_parallel(
                lambda one: self._ask_one(one, terms, unbooked, stop), page, self._concurrency
            ):
                if judgement is None:
                    raise Interrupted
                refusals.append(judgement)
                if judgement.ending.code != Rejected.code:
                    self._apply(refusals, terms, unbooked)
                    refusals = []
                elif len(refusals) >= _SYSTEMIC:
                    hint = "`shotlog doctor` looks for the cause."
                    raise Rejected(judgement.ending.message or "", hint=hint)
            self._apply(refusals, terms, unbooked)

    def _apply(self, judgements: Sequence[Judgement], terms: RunTerms, unbooked: _Unbooked) -> None:
        ids = [judgement.ending.record_id for judgement in judgements]
        with unbooked.lock:  # or who looks just now would see these in both places, or in none
            with self._database.write() as session:
                subjects = records.subjects(session, ids, job_id=None)
                # An answer takes its time, and is about the file as it was when it was asked about.
                judgements = [
                    one if subjects[id_].unchanged else replace(one, finding=None)
                    for id_, one in zip(ids, judgements, strict=True)
                ]
                apply(session, judgements, terms, Mode.ON_DEMAND, self._clock())
            unbooked.records.difference_update(ids)

    def _next_page(self, terms: RunTerms) -> list[_Asked] | None:
        """Return the next open records, with their proxies in the store; None when there are none."""
        with self._database.read() as session:
            page = records.open_without_job(session, terms.run.id, limit=self._concurrency * _AHEAD)
            assets = asset_queries.by_id(session, [record.asset_id for record in page])
            subjects = records.subjects(session, [record.id for record in page], job_id=None)
        if not page:
            return None
        uploaded = self._proxies.ensure(list(assets.values()))
        unsendable = why_unsendable(page, assets, uploaded)
        with self._database.write() as session:
            records.close(session, unsendable.values(), self._clock())
        return [
            _Asked(record, subjects[record.id], assets[record.asset_id], uploaded.keys[record.asset_id])
            for record in page
            if record.id not in unsendable
        ]

    def _ask_one(
        self, one: _Asked, terms: RunTerms, unbooked: _Unbooked, stop: threading.Event
    ) -> Judgement | None:
        if stop.is_set():
            return None
        with unbooked.lock, self._database.read() as session:
            run_id = terms.run.id
            if runs.get(session, run_id).cancelling:
                return _failed(one, "cancelled", "The run was cancelled before it was asked.", retryable=True)
            if breaks_budget(session, run_id, len(unbooked.records) + 1):
                return _failed(one, "over_budget", "The run's budget has no room for it.", retryable=True)
            unbooked.records.add(one.record.id)
        try:
            asked = question(terms, one.record, one.asset, key=one.key, uri=self._store().uri(one.key))
            answer = self._model().converse(asked)
        except Denied:
            raise  # that is not about the file: it stays open
        except (External, Invalid) as error:
            if stop.is_set():  # whatever was asked is going down with us
                return None
            _log.warning("record_failed", record=one.record.id, code=error.code, reason=error.message)
            return _failed(one, error.code, error.whole, retryable=error.retryable)
        return judge(one.subject, answer, terms, Mode.ON_DEMAND)


def _failed(one: _Asked, code: str, message: str, *, retryable: bool) -> Judgement:
    return Judgement(failure(one.record.id, code, message, retryable=retryable), None)
