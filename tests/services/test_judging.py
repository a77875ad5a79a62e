"""Judging: what came back decides how a record ends and what it costs, and nothing it says can break that."""

import json

import pytest

from run_stage import answer, error
from shotlog.store.tables.findings import AnnotationRow
from shotlog.store.tables.runs import ResultRow


@pytest.mark.parametrize(
    ("text", "stop", "outcome"),
    [
        ('{"summary": {"text": "a dog"}}', "end_turn", "succeeded"),
        ('```json\n{"summary": {"text": "a dog"}}\n```', "end_turn", "succeeded"),
        ('Here you are: {"summary": {"text": "a dog"}} Anything else?', "end_turn", "succeeded"),
        ('{"summary": {"text": "a dog runs", "highlights": ["over the gr', "max_tokens", "partial"),
        ('{"summ', "max_tokens", "truncated"),
        ("", "max_tokens", "truncated"),
        ("The text has been blocked.", "content_filtered", "refused"),
        ("I see a dog.", "end_turn", "unparsable"),
        ("{}", "end_turn", "unparsable"),
        ("", "end_turn", "failed"),
        ('{"summary": NaN}', "end_turn", "unparsable"),
    ],
)
def test_p13_what_the_model_wrote_is_kept_and_decides_the_outcome(stage, chunk, text, stop, outcome):
    terms, job, ids = chunk(1)
    line = answer(ids[0], "{}", stop=stop)
    line["modelOutput"]["output"]["message"]["content"] = [{"text": text}]
    stage.collect(terms, job, line)

    assert stage.account(terms.run.id) == {outcome: 1}
    assert [row.raw_text for row in stage.rows(ResultRow)] == [text]
    assert len(stage.booked()) == 1
    assert bool(stage.rows(AnnotationRow)) == (outcome in ("succeeded", "partial"))
    (record,) = stage.records(terms.run.id)
    assert bool(record.retryable) == (outcome not in ("succeeded", "refused"))


HOSTILE = "\ud800 \x00 '; DROP TABLE records; --"


@pytest.mark.parametrize(
    "line",
    [
        lambda id_: answer(id_, HOSTILE),
        lambda id_: answer(
            id_, json.dumps({"engine": HOSTILE, "summary": {"text": "x", "language": HOSTILE}})
        ),
        lambda id_: answer(id_, stop=HOSTILE),
        lambda id_: answer(id_, "", stop=HOSTILE),
        lambda id_: error(id_, HOSTILE, HOSTILE),
        lambda id_: answer(id_, usage=(10**30, 10**30)),
        lambda id_: answer(id_, usage=(3_000_000_000, 1)),
        lambda id_: answer(id_, usage=("many", None)),
        lambda id_: answer(id_, usage=(True, -1)),
    ],
)
def test_nothing_that_a_line_says_can_stop_the_collection(stage, chunk, line):
    terms, job, ids = chunk(2)
    done = stage.collect(terms, job, line(ids[0]), answer(ids[1]))
    assert done.state == "collected"
    stage.account(terms.run.id)
    assert stage.endings(terms.run.id)[1] == ("succeeded", None)


def test_b23_money_is_booked_once_for_each_answer_at_the_batch_price(stage, chunk):
    terms, job, ids = chunk(2)
    stage.collect(terms, job, answer(ids[0], usage=(1_000_000, 1_000_000)), error(ids[1]))

    assert stage.booked() == [("batch", 30_000 + 120_000)]
    summary = stage.reports.run_summary(terms.run.id, None)
    assert summary["cost_usd"]["actual"] == 0.15


def test_an_answer_that_cannot_be_used_was_paid_all_the_same(stage, chunk):
    terms, job, ids = chunk(1)
    stage.collect(terms, job, answer(ids[0], "", stop="content_filtered", usage=(1_000_000, 0)))
    assert stage.booked() == [("batch", 30_000)]


def test_without_usage_the_cost_is_unknown_and_not_nothing(stage, chunk):
    terms, job, ids = chunk(2)
    stage.collect(terms, job, answer(ids[0], usage=None), answer(ids[1]))

    assert stage.booked()[0] == ("batch", None)
    assert stage.reports.run_summary(terms.run.id, None)["cost_usd"]["actual"] is None
    first = stage.records(terms.run.id)[0]
    assert (first.outcome, first.input_tokens, first.output_tokens) == ("succeeded", None, None)
