"""What tests of the services ask for: a library to run on, and a provider over HTTP."""

import pytest

from import_stage import ImportStage
from run_stage import RunStage
from service_stage import started
from shotlog.services.adopting import Adopter
from shotlog.services.following import Follower
from shotlog.store import imports
from shotlog.store.database import Database


@pytest.fixture
def database(database_url):
    """A migrated, empty database of each kind."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def stage(tmp_path, database):
    """A library with its store and services, on each kind of database."""
    return RunStage(tmp_path, database)


@pytest.fixture
def chunk(stage):
    """Return a function that makes an ended job of some records: its terms, itself, and their ids."""

    def make(count=3, state="Completed", message=None):
        stage.assets(count)
        terms, job = stage.ended(state, message)
        return terms, job, stage.record_ids(terms.run.id)

    return make


@pytest.fixture
def service(stage):
    """Return a function that starts an emulator over the stage's store, with settings and faults."""
    yield from started(stage.buckets)


@pytest.fixture
def follower(stage):
    """Return a function that makes a follower of a provider's jobs."""

    def make(provider, poll_seconds=0.005):
        return Follower(stage.database, stage.clock, lambda: provider, poll_seconds=poll_seconds)

    return make


@pytest.fixture
def shelf(tmp_path, database):
    """A folder of films and what takes them in, on each kind of database."""
    return ImportStage(tmp_path, database)


@pytest.fixture
def adopter(stage):
    """Return a function that makes an adopter of a provider's jobs."""

    def make(provider):
        return Adopter(
            stage.database,
            stage.clock,
            lambda: stage.store,
            lambda: getattr(provider, "batch", provider),
            catalog=lambda: stage.catalog,
            recipes=lambda: stage.recipes,
            engine="bedrock",
            tail="wait",
        )

    return make


@pytest.fixture
def known(stage):
    """The library's own id, which the first import gives it, so that a backup has it."""
    with stage.database.write() as session:
        return imports.library_uid(session, stage.clock())
