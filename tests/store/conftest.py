"""What tests of the store ask for."""

import pytest

from sample_library import SampleLibrary
from shotlog.store.database import Database


@pytest.fixture
def database(database_url):
    """A migrated, empty database of each kind."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def library(database):
    """The same with a hand to fill it."""
    return SampleLibrary(database)
