"""An emulator on a free port over a directory of buckets, as a fixture that takes any settings."""

import boto3
import pytest

from emulator.stage import BUCKET, Seer, Shelves, Stage
from shotlog.emulator.config import EmulatorConfig
from shotlog.emulator.faults import Faults
from shotlog.emulator.server import EmulatorServer
from shotlog.emulator.service import Emulator


@pytest.fixture(scope="session")
def boto_session():
    return boto3.session.Session()


@pytest.fixture
def stage(tmp_path, boto_session):
    """Return a function that starts an emulator with some settings, for jobs of one record and up."""
    (tmp_path / "buckets" / BUCKET).mkdir(parents=True)
    running = []

    def start(*, faults=None, state=None, duration_s=None, **settings):
        config = EmulatorConfig(
            **{"min_records": 1, "step_seconds": 0, "concurrency": 2, **settings},
            faults=Faults(**(faults or {})),
        )
        root = tmp_path / "buckets"
        seer = Seer()
        emulator = Emulator(
            buckets=Shelves(root), model=seer, config=config, state=state, duration_s=duration_s
        )
        server = EmulatorServer(emulator)
        started = Stage(boto_session, root, seer, server.start(), server, emulator)
        running.append(started)
        return started

    yield start
    for started in running:
        started.stop()
        started.close()
