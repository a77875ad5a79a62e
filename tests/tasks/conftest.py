"""What tests of the tasks ask for."""

import pytest

from service_stage import Service


@pytest.fixture
def service(stage):
    """Return a function that starts an emulator over the stage's store, with settings and faults."""
    running = []

    def start(faults=None, **settings):
        running.append(Service(stage.buckets, settings, faults or {}))
        return running[-1]

    yield start
    for each in running:
        each.close()
