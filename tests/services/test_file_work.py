"""Work on files: leased by one at a time, taken over from the dead, and never written by the late."""

import threading

import pytest

from run_stage import NO_STOP, NOON, Clock
from sample_library import SampleLibrary
from shotlog.errors import Interrupted, Unavailable
from shotlog.services.file_work import FileWork
from shotlog.store import work
from shotlog.store.tables.library import AssetRow


class Bench:
    """Assets with an item of work each, and a note of what was done about them."""

    def __init__(self, database):
        self.database, self.clock = database, Clock()
        self.handled, self.written = [], []
        library = SampleLibrary(database)
        self.assets = [library.asset(f"/films/{number}.mp4", names=False) for number in range(6)]
        self.derive()

    def derive(self):
        with self.database.write() as session:
            work.derive(session, "probe", AssetRow.id.in_(self.assets))

    def drain(self, handle=None, *, threads=1, stop=NO_STOP, **options):
        work_ = FileWork(self.database, self.clock, threads=threads)
        work_.drain("probe", handle or self.handle, stop=stop, **options)

    def handle(self, item):
        self.handled.append(item.asset_id)
        return lambda _: self.written.append(item.asset_id)

    def lease(self, owner, limit=10):
        with self.database.write() as session:
            return work.lease(session, "probe", owner=owner, now=self.clock(), seconds=60, limit=limit)

    def waiting(self):
        with self.database.read() as session:
            return work.waiting(session, "probe")


@pytest.fixture
def bench(database):
    return Bench(database)


@pytest.mark.parametrize("threads", [1, 4])
def test_each_item_is_done_once(bench, threads):
    bench.drain(threads=threads)
    assert sorted(bench.handled) == sorted(bench.written) == bench.assets
    assert bench.waiting() == 0


def test_deriving_twice_makes_no_second_item(bench):
    bench.derive()
    assert bench.waiting() == 6


def test_no_item_is_leased_to_two(bench):
    first, second = bench.lease("one", 4), bench.lease("two", 4)
    assert [item.asset_id for item in [*first, *second]] == bench.assets
    assert bench.lease("three") == []


def test_a_lease_that_has_run_out_is_taken_over(bench):
    bench.lease("dead")
    bench.clock.tick(59)
    assert bench.lease("heir") == []
    bench.clock.tick(2)
    taken = bench.lease("heir")
    assert [(item.asset_id, item.attempts) for item in taken] == [(id_, 2) for id_ in bench.assets]


def test_a_lease_that_is_renewed_stays(bench):
    bench.lease("alive")
    bench.clock.tick(50)
    with bench.database.write() as session:
        work.renew(session, owner="alive", now=bench.clock(), seconds=60)
    bench.clock.tick(50)
    assert bench.lease("heir") == []


def test_the_late_write_nothing(bench):
    """Whoever lost the lease finds it out in the transaction that would have written."""

    def handle(item):
        if item.asset_id == bench.assets[0] and not bench.handled:
            bench.clock.tick(61)
            (stolen,) = bench.lease("thief", 1)
            assert stolen.id == item.id
            with bench.database.write() as session:
                assert work.finish(session, stolen, owner="thief")
        return bench.handle(item)

    bench.drain(handle)
    assert sorted(bench.written) == bench.assets[1:]
    assert bench.waiting() == 0


def test_who_lost_a_lease_that_another_still_has_does_not_take_the_item_away(bench):
    (item,) = bench.lease("late", 1)
    bench.clock.tick(61)
    bench.lease("heir", 1)
    with bench.database.write() as session:
        assert not work.finish(session, item, owner="late")
    assert bench.waiting() == 6


def test_the_leases_of_a_dead_process_are_freed_at_once_by_who_knows_that_it_is_dead(bench):
    bench.lease("dead")
    with bench.database.write() as session:
        work.release_all(session)
    bench.drain()
    assert bench.waiting() == 0


def test_stopping_in_the_middle_leaves_the_rest_due(bench):
    stop = threading.Event()

    def handle(item):
        stop.set()
        return bench.handle(item)

    bench.drain(handle, stop=stop)
    assert (len(bench.written), bench.waiting()) == (1, 5)


def test_work_that_nobody_wants_any_more_is_not_begun(bench):
    bench.drain(wanted=lambda: False)
    assert (bench.handled, bench.waiting()) == ([], 6)


@pytest.mark.parametrize("error", [Unavailable("The disk is full."), Interrupted()])
def test_trouble_is_raised_and_its_item_stays_due(bench, error):
    def handle(item):
        if item.asset_id == bench.assets[1]:
            raise error
        return bench.handle(item)

    with pytest.raises(type(error)):
        bench.drain(handle)
    assert (bench.written, bench.waiting()) == (bench.assets[:1], 5)


def test_b04_after_trouble_the_items_are_free_for_the_next_try(bench):
    def broken(_):
        raise Unavailable("The disk is full.")

    with pytest.raises(Unavailable):
        bench.drain(broken)
    assert len(bench.lease("next")) == 6


def test_b04_m10_what_is_written_and_the_item_that_goes_are_one_transaction(bench):
    def handle(item):
        def apply(session):
            session.get(AssetRow, item.asset_id).probed_at = NOON
            raise Unavailable("in the middle")

        return apply

    with pytest.raises(Unavailable):
        bench.drain(handle)
    assert bench.waiting() == 6
    with bench.database.read() as session:
        assert session.query(AssetRow).filter(AssetRow.probed_at.is_not(None)).count() == 0
