"""Fixtures of the whole product: installations with real processes, and films to give them."""

import functools
import itertools

import pytest

from acceptance import undisturbed as runs
from acceptance.films import make_films
from acceptance.installation import Installation
from once import once


@pytest.fixture
def installation(tmp_path):
    """Make an installation with a home of its own; its processes end with the test."""
    made, numbers = [], itertools.count()

    def make(**settings):
        made.append(Installation(tmp_path / f"installation-{next(numbers)}", **settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope="session")
def films(session_folder):
    """A folder of six good films and photos, and a broken one; nobody writes to it."""
    folder = session_folder / "films"
    with once(session_folder / "films.lock"):
        if not folder.exists():
            make_films(folder)
    return folder


@pytest.fixture
def undisturbed(session_folder, films):
    """Return, for given settings, how all looks after a run over ``films`` that nothing disturbs."""
    return functools.partial(runs.undisturbed, session_folder, films)
