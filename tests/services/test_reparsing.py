"""Reparsing: the kept answers read anew, for nothing."""

from run_stage import answer
from shotlog.services.reparsing import Reparser
from shotlog.services.terms import LimitRules, TermsBook
from shotlog.store.tables.findings import AnnotationRow
from shotlog.store.tables.library import AssetRow
from shotlog.store.tables.runs import RecordRow


def collected(stage, *texts):
    stage.assets(len(texts))
    terms, job = stage.ended()
    ids = stage.record_ids(terms.run.id)
    stage.output(job, [answer(id_, text) for id_, text in zip(ids, texts, strict=True)])
    stage.collector.collect(job.id, terms)
    return terms.run.id


def reparse(stage, run_id):
    terms = TermsBook(stage.database, stage.catalog, LimitRules(min_records=1), region="us-east-1")
    return dict(Reparser(stage.database, stage.clock, terms).reparse(run_id))


def test_b22_reading_anew_with_the_same_parser_changes_nothing_and_books_nothing(stage):
    run_id = collected(stage, "a dog runs", "{no JSON")
    before = (stage.endings(run_id), stage.booked(), len(stage.rows(AnnotationRow)))
    changes = reparse(stage, run_id)

    assert changes == {("succeeded", "succeeded"): 1, ("unparsable", "unparsable"): 1}
    assert (stage.endings(run_id), stage.booked(), len(stage.rows(AnnotationRow))) == before


def test_what_could_not_be_read_then_and_can_be_now_is_in_force(stage):
    run_id = collected(stage, "a dog runs")
    (record,) = stage.records(run_id)
    stage.change(RecordRow, record.id, outcome="unparsable", code="unparsable")
    stage.change(AssetRow, record.asset_id, analysed_at=None)
    booked = stage.booked()

    assert reparse(stage, run_id) == {("unparsable", "succeeded"): 1}
    assert stage.endings(run_id) == [("succeeded", None)]
    assert stage.rows(AssetRow)[0].analysed_at is not None
    assert stage.booked() == booked
