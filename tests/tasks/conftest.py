"""What tests of the tasks ask for."""

import pytest

from service_stage import started


@pytest.fixture
def service(stage):
    """Return a function that starts an emulator over the stage's store, with settings and faults."""
    yield from started(stage.buckets)
