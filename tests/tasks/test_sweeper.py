"""The sweeper: what is due is begun, what failed is tried again ever later, and lasting trouble is told."""

import threading
from types import SimpleNamespace

import pytest

from shotlog.errors import Interrupted, Invalid, Throttled, Unavailable
from shotlog.tasks import sweeper as module
from shotlog.tasks.sweeper import Sweeper

IMPORT = ("import", 1)
RUN = ("run", 2)
PASSING = Unavailable("the network is gone")


@pytest.fixture
def time(monkeypatch):
    """A monotonic clock that stands until it is moved."""
    time = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: time.now))
    return time


class Sweeps:
    """A sweeper over things that stay due, and what it began."""

    def __init__(self, *due):
        self.due, self.begun = list(due), []
        self.sweeper = Sweeper(lambda: self.due)
        self.sweeper._ensure = lambda name, key: self.begun.append((name, key))

    def again(self):
        self.begun.clear()
        self.sweeper.sweep()
        return self.begun


def test_everything_that_is_due_is_begun_at_every_sweep(time):
    sweeps = Sweeps(IMPORT, RUN)
    assert sweeps.again() == sweeps.again() == [IMPORT, RUN]
    sweeps.due.remove(IMPORT)
    assert sweeps.again() == [RUN]


def test_what_failed_waits_ever_longer_and_holds_nobody_else_up(time):
    sweeps = Sweeps(IMPORT, RUN)
    pauses = []
    for _ in range(12):
        sweeps.sweeper.ended(*IMPORT, PASSING)
        pause = 0
        while sweeps.again() == [RUN]:
            time.now += 1
            pause += 1
        pauses.append(pause)
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


@pytest.mark.parametrize("ended", [None, Interrupted()])
def test_a_success_makes_up_for_all_failures_and_an_interruption_is_none(time, ended):
    sweeps = Sweeps(RUN)
    for _ in range(6):
        sweeps.sweeper.ended(*RUN, PASSING)
    sweeps.sweeper.ended(*RUN, ended)
    assert sweeps.again() == [RUN]
    assert sweeps.sweeper.trouble(*RUN) is None
    sweeps.sweeper.ended(*RUN, PASSING)
    time.now += 1
    assert sweeps.again() == [RUN]


@pytest.mark.parametrize("error", [PASSING, Throttled("slow down")])
def test_trouble_that_may_pass_is_told_only_when_it_does_not(time, error):
    sweeper = Sweeper(list)
    told = []
    for _ in range(5):
        sweeper.ended(*RUN, error)
        told.append(sweeper.trouble(*RUN))
    assert told == [None, None, None, None, error]
    assert sweeper.trouble(*IMPORT) is None


@pytest.mark.parametrize("error", [Invalid("no such role"), KeyError("a bug")])
def test_trouble_that_will_not_pass_is_told_at_once_and_tried_again_all_the_same(time, error):
    sweeps = Sweeps(RUN)
    sweeps.sweeper.ended(*RUN, error)
    assert sweeps.sweeper.trouble(*RUN) is error
    assert sweeps.again() == []
    time.now += 1
    assert sweeps.again() == [RUN]


@pytest.mark.parametrize("error", [PASSING, RuntimeError("a surprise")])
def test_a_sweep_that_breaks_is_not_the_last(error):
    swept, told = threading.Event(), []

    def due():
        told.append(1)
        if len(told) == 2:
            raise error
        if len(told) == 3:
            swept.set()
        return []

    sweeper = Sweeper(due)
    sweeper.start(lambda name, key: None)
    while not swept.is_set():
        sweeper.wake()
        swept.wait(0.01)
    sweeper.close()
    assert len(told) >= 3


def test_closing_one_that_never_began_is_fine():
    Sweeper(list).close()
