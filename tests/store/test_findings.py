"""What is said about an asset: the latest record's word is in force, whichever comes in first."""

import pytest
import sqlalchemy as sa

from sample_library import NOW
from shotlog.store import findings
from shotlog.store.findings import Finding
from shotlog.store.tables.findings import AnnotationRow, SegmentRow
from shotlog.store.tables.library import AssetRow


@pytest.fixture
def asset(library):
    return library.asset("/films/a.mp4", names=False)


@pytest.fixture
def older(library, asset):
    return library.record(asset, "succeeded")[1]


@pytest.fixture
def later(library, asset, older):
    return library.record(asset, "succeeded")[1]


def said(asset, record, **words):
    return Finding(
        asset,
        record,
        "local",
        {section: {"text": text} for section, text in words.items()},
        {section: [(section, text, None, None)] for section, text in words.items()},
    )


def put(database, *found):
    with database.write() as session:
        findings.apply(session, found, NOW)


def in_force(database):
    with database.read() as session:
        rows = session.execute(
            sa.select(AnnotationRow.section, AnnotationRow.record_id).where(AnnotationRow.current)
        )
        found = sorted(session.scalars(sa.select(SegmentRow.text)))
        return dict(rows.all()), found


def test_a_later_record_takes_the_place_of_an_older_one(database, asset, older, later):
    put(database, said(asset, older, summary="a cat", chapters="cats"))
    put(database, said(asset, later, summary="a dog"))

    assert in_force(database) == ({"summary": later, "chapters": older}, ["a dog", "cats"])


def test_what_an_older_record_says_too_late_is_history_at_once(database, asset, older, later):
    put(database, said(asset, later, summary="a dog"))
    put(database, said(asset, older, summary="a cat", chapters="cats"))

    assert in_force(database) == ({"summary": later, "chapters": older}, ["a dog", "cats"])


def test_a_record_that_is_read_anew_takes_its_own_place(database, asset, older, later):
    put(database, said(asset, older, summary="a cat"))
    put(database, said(asset, later, chapters="dogs"))
    with database.write() as session:
        findings.replace(session, asset, older, said(asset, older, summary="a cow", chapters="cows"), NOW)

    assert in_force(database) == ({"summary": older, "chapters": later}, ["a cow", "dogs"])


def test_an_asset_of_which_nothing_is_said_any_more_is_not_analysed(database, asset, older):
    put(database, said(asset, older, summary="a cat"))
    with database.write() as session:
        findings.replace(session, asset, older, None, NOW)
        analysed = session.scalar(sa.select(AssetRow.analysed_at).where(AssetRow.id == asset))

    assert (in_force(database), analysed) == (({}, []), None)
