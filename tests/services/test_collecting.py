"""Collecting over output of every kind: each record gets its one outcome, and nothing counts twice."""

import json

import pytest

from run_stage import answer, error
from shotlog.blobs.directory import DirectoryBlobs
from shotlog.errors import Unavailable
from shotlog.services.collecting import Collector
from shotlog.store.tables.findings import AnnotationRow, SegmentRow
from shotlog.store.tables.library import AssetRow
from shotlog.store.tables.runs import LedgerRow, RecordRow, ResultRow

TOTALS = "manifest.json.out"


def test_b11_answers_reach_their_assets_in_whatever_order_they_come(stage, chunk):
    terms, job, ids = chunk(3)
    lines = [answer(id_, f"record {id_}") for id_ in (ids[2], ids[0], ids[1])]
    done = stage.collect(terms, job, *lines)

    assert (done.state, done.unmatched_records, done.message) == ("collected", 0, None)
    assert stage.account(terms.run.id) == {"succeeded": 3}
    said = {row.record_id: row.body["text"] for row in stage.rows(AnnotationRow)}
    assert said == {id_: f"record {id_}" for id_ in ids}
    asked = {record.id: record.asset_id for record in stage.records(terms.run.id)}
    assert {row.record_id: row.asset_id for row in stage.rows(AnnotationRow)} == asked


def test_b11_lines_that_name_no_record_of_the_chunk_are_counted_and_change_nothing(stage, chunk):
    stage.assets(1, first=100)
    other = stage.plan(paths=("/films/100",)).run.id
    (foreign,) = stage.record_ids(other)
    terms, job, ids = chunk(1)
    strange = [answer(foreign), answer(999_999), {**answer(1), "recordId": "CALLED0001"}]
    nameless = {key: value for key, value in answer(1).items() if key != "recordId"}
    done = stage.collect(terms, job, answer(ids[0]), *strange, nameless, {**answer(1), "recordId": 7})

    assert done.unmatched_records == 5
    assert stage.account(terms.run.id) == {"succeeded": 1}
    assert stage.endings(other) == [(None, None)]
    assert len(stage.rows(LedgerRow)) == 1


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("Completed", "no_line"),
        ("PartiallyCompleted", "job_out_of_time"),
        ("Expired", "job_expired"),
        ("Stopped", "job_stopped"),
    ],
)
def test_what_a_job_finished_is_kept_and_the_rest_is_missing(stage, chunk, state, code):
    terms, job, ids = chunk(3, state)
    stage.collect(terms, job, answer(ids[1]))

    assert stage.account(terms.run.id) == {"succeeded": 1, "missing": 2}
    assert stage.endings(terms.run.id)[0] == ("missing", code)
    assert all(record.retryable for record in stage.records(terms.run.id) if record.outcome == "missing")


def test_a_failed_job_fails_what_it_has_not_answered_with_its_own_reason(stage, chunk):
    terms, job, ids = chunk(2, "Failed", "The role cannot be assumed.")
    stage.collect(terms, job, answer(ids[0]))

    assert stage.account(terms.run.id) == {"succeeded": 1, "failed": 1}
    last = stage.records(terms.run.id)[1]
    assert (last.code, last.message, last.retryable) == ("job_failed", "The role cannot be assumed.", True)


def test_a_job_that_nobody_knows_any_more_leaves_its_records_missing(stage, chunk):
    terms, job, _ = chunk(2, None)
    stage.collector.collect(job.id, terms)
    assert stage.endings(terms.run.id) == [("missing", "job_lost")] * 2
    assert stage.account(terms.run.id) == {"missing": 2}


def test_s10_a_completed_job_without_any_output_is_no_success(stage, chunk):
    terms, job, _ = chunk(2)
    stage.collector.collect(job.id, terms)
    assert stage.account(terms.run.id) == {"missing": 2}
    assert stage.booked() == []


def test_s11_error_lines_fail_their_records_with_code_and_reason_and_cost_nothing(stage, chunk):
    terms, job, ids = chunk(5)
    stage.collect(
        terms,
        job,
        error(ids[0]),
        error(ids[1], 500, "It broke."),
        error(ids[2], 429, "Slow down."),
        error(ids[3], 400, "Not now.", retryable=True),
        error(ids[4], "InternalServerException", "Oh.", retryable=False),
    )

    assert stage.account(terms.run.id) == {"failed": 5}
    found = [(record.code, record.message, record.retryable) for record in stage.records(terms.run.id)]
    assert found == [
        ("400", "The video is broken.", False),
        ("500", "It broke.", True),
        ("429", "Slow down.", True),
        ("400", "Not now.", True),
        ("InternalServerException", "Oh.", False),
    ]
    assert stage.booked() == []
    assert "The video is broken." in stage.rows(ResultRow)[0].raw_text


def test_an_error_that_is_null_is_none(stage, chunk):
    terms, job, ids = chunk(1)
    stage.collect(terms, job, answer(ids[0], error=None))
    assert stage.account(terms.run.id) == {"succeeded": 1}


def test_an_error_of_any_shape_fails_the_record(stage, chunk):
    terms, job, ids = chunk(3)
    said = ["broken", ["broken"], {}]
    lines = [{"recordId": f"rec_{id_}", "error": one} for id_, one in zip(ids, said, strict=True)]
    stage.collect(terms, job, *lines)
    assert stage.endings(terms.run.id) == [("failed", "unknown")] * 3


def test_garbage_between_the_lines_costs_no_record(stage, chunk):
    terms, job, ids = chunk(2)
    garbage = [
        b"",
        b"   ",
        b"not json",
        b"[1]",
        b"null",
        b"\xff\xfe\x00",
        b'{"recordId": "rec_',
        b"[" * 100_000,
    ]
    done = stage.collect(terms, job, answer(ids[0]), *garbage, answer(ids[1]))

    assert stage.account(terms.run.id) == {"succeeded": 2}
    assert done.unmatched_records == 6


def test_p13_a_line_with_neither_output_nor_error_is_unparsable_and_kept(stage, chunk):
    terms, job, ids = chunk(1)
    stage.collect(terms, job, {"recordId": f"rec_{ids[0]}", "modelOutput": "words"})
    assert stage.account(terms.run.id) == {"unparsable": 1}
    assert "words" in stage.rows(ResultRow)[0].raw_text


def test_line_breaks_of_unicode_end_no_line(stage, chunk):
    terms, job, ids = chunk(1)
    line = json.dumps(answer(ids[0], "one\u2028two\u0085three"), ensure_ascii=False).encode()
    inner = line.replace(rb"\\u2028", "\u2028".encode()).replace(rb"\\u0085", "\u0085".encode())
    stage.collect(terms, job, inner)
    assert stage.account(terms.run.id) == {"succeeded": 1}
    assert "\u2028" in stage.rows(ResultRow)[0].raw_text


def test_a_record_that_is_answered_twice_counts_once(stage, chunk):
    terms, job, ids = chunk(2)
    lines = [answer(ids[0], "first"), answer(ids[0], "second"), error(ids[1]), answer(ids[1], "after all")]
    done = stage.collect(terms, job, *lines)

    assert stage.account(terms.run.id) == {"succeeded": 2}
    assert [row.body["text"] for row in stage.rows(AnnotationRow)] == ["first", "after all"]
    assert (len(stage.booked()), done.unmatched_records) == (2, 0)


def test_several_output_objects_are_read_and_other_objects_are_not(stage, chunk):
    terms, job, ids = chunk(2)
    stage.output(job, [answer(ids[0])], "manifest.jsonl.out")
    stage.output(job, [answer(ids[1])], "nested/more.jsonl.out")
    stage.output(job, [error(ids[0]), error(ids[1])], "notes.jsonl")
    stage.collector.collect(job.id, terms)
    assert stage.account(terms.run.id) == {"succeeded": 2}


def test_totals_that_disagree_with_the_output_are_told(stage, chunk):
    terms, job, ids = chunk(2, "Expired", "It took too long.")
    stage.output(job, [{"processedRecordCount": 2, "totalRecordCount": 2}], TOTALS)
    done = stage.collect(terms, job, answer(ids[0]))

    assert "2 records in its output, which has 1 lines" in done.message
    assert done.message.startswith("It took too long.; ")


@pytest.mark.parametrize("totals", [{"processedRecordCount": 1}, {}, b"", b"{", {"processedRecordCount": -4}])
def test_totals_that_agree_or_say_nothing_are_no_message(stage, chunk, totals):
    terms, job, ids = chunk(1)
    stage.output(job, [totals], TOTALS)
    done = stage.collect(terms, job, answer(ids[0]))
    assert (done.state, done.message) == ("collected", None)


def test_collecting_twice_changes_nothing(stage, chunk):
    terms, job, ids = chunk(4)
    stage.collect(terms, job, answer(ids[0]), answer(ids[1], usage=None), error(ids[2]), answer(777))
    before = stage.traces()
    stage.clock.tick(3600)
    stage.collector.collect(job.id, terms)

    assert stage.traces() == before


def test_c02_collecting_again_what_was_half_collected_books_nothing_twice(stage, chunk):
    terms, job, ids = chunk(3)
    lines = [answer(ids[0]), answer(ids[1]), answer(888)]
    stage.output(job, lines)

    class Breaking(DirectoryBlobs):
        def get(self, key):
            raise Unavailable("The store is gone.")

    stage.output(job, [{"processedRecordCount": 3}], "zz/" + TOTALS)
    broken = Breaking(stage.buckets / "clips", bucket="clips")
    with pytest.raises(Unavailable):
        Collector(stage.database, stage.clock, lambda: broken).collect(job.id, terms)
    assert stage.open(terms.run.id) == 1
    before = stage.traces()

    stage.clock.tick(60)
    stage.collector.collect(job.id, terms)
    after = stage.traces()
    for name in ("ResultRow", "LedgerRow", "AnnotationRow", "SegmentRow", "AssetRow"):
        assert after[name] == before[name], name
    assert after["RecordRow"][:2] == before["RecordRow"][:2]
    assert stage.account(terms.run.id) == {"succeeded": 2, "missing": 1}
    assert stage.job(job.id).unmatched_records == 1


def test_a_file_that_changed_meanwhile_gets_no_findings_but_its_record_an_outcome(stage, chunk):
    terms, job, ids = chunk(2)
    changed = stage.records(terms.run.id)[0].asset_id
    stage.change(AssetRow, changed, fingerprint="another")
    stage.collect(terms, job, *(answer(id_) for id_ in ids))

    assert stage.endings(terms.run.id) == [("succeeded", None)] * 2
    assert {row.asset_id for row in stage.rows(AnnotationRow)} == {stage.records(terms.run.id)[1].asset_id}
    assert [row.analysed_at is not None for row in stage.rows(AssetRow)] == [False, True]
    assert len(stage.booked()) == 2


def test_a_newer_answer_puts_the_older_one_of_its_section_out_of_force(stage, chunk):
    terms, job, ids = chunk(1)
    stage.collect(terms, job, answer(ids[0], "an old dog"))
    again, job = stage.ended(again=True)
    stage.collect(again, job, answer(stage.record_ids(again.run.id)[0], "a new cat"))

    found = [(row.body["text"], row.current) for row in stage.rows(AnnotationRow)]
    assert found == [("an old dog", False), ("a new cat", True)]
    words = [row.text for row in stage.rows(SegmentRow, SegmentRow.annotation_id.is_not(None))]
    assert words == ["a new cat"]


def test_only_an_ended_job_is_collected(stage):
    stage.assets(1)
    terms = stage.plan()
    (job,) = stage.jobs(terms.run.id)
    stage.collector.collect(job.id, terms)
    assert stage.job(job.id).state == "planned"
    assert stage.open(terms.run.id) == 1


def test_more_records_than_one_transaction_takes_are_all_accounted_for(stage, chunk):
    stage.assets(1201)
    terms, job = stage.ended(rules={"max_records": 2000})
    ids = stage.record_ids(terms.run.id)
    stage.collect(terms, job, *(answer(id_) for id_ in ids[:601]))

    assert stage.account(terms.run.id) == {"succeeded": 601, "missing": 600}
    assert len(stage.rows(RecordRow, RecordRow.code == "no_line")) == 600
