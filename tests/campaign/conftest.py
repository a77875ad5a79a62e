"""One emulator for many runs of the campaign."""

import pytest

from service_stage import Service


@pytest.fixture(autouse=True)
def impatience(monkeypatch):
    """Try again at once what failed, and look often."""
    monkeypatch.setattr("shotlog.tasks.sweeper._FIRST_RETRY_SECONDS", 0.01)
    monkeypatch.setattr("shotlog.tasks.sweeper._PAUSE_SECONDS", 0.1)
    monkeypatch.setattr("shotlog.tasks.workflows._LOOK_SECONDS", 0.02)
    monkeypatch.setattr("shotlog.tasks.engine._POLL_SECONDS", 0.01)


@pytest.fixture
def service(tmp_path):
    """An emulator over the buckets of this test."""
    (tmp_path / "buckets").mkdir()
    service = Service(tmp_path / "buckets", {"seed": 1}, {})
    yield service
    service.close()
