"""The garbage collector of a working process."""

import gc
import weakref

import pytest

from shotlog.tasks.garbage import calm


@pytest.fixture(autouse=True)
def as_before():
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


class Knot:
    """Holds on to itself."""

    def __init__(self):
        self.end = self


def test_what_is_loaded_is_left_alone_and_new_cycles_are_still_collected():
    calm()
    knot = weakref.ref(Knot())

    assert gc.get_freeze_count() > 0
    assert gc.isenabled()
    gc.collect()
    assert knot() is None
