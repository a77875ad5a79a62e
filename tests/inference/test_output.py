"""Reading what a job wrote, whatever it wrote and however it comes in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.inference.output import JobTotals, read_record, read_records, read_totals, split_lines

SUCCESS = {
    "modelInput": {"messages": []},
    "modelOutput": {
        "output": {"message": {"role": "assistant", "content": [{"text": '{"a":1}'}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 8701, "outputTokens": 212, "totalTokens": 8913},
    },
    "recordId": "rec_1",
}
FAILURE = {
    "modelInput": {},
    "error": {
        "errorCode": 400,
        "errorMessage": "Provided S3 URI is invalid",
        "expired": False,
        "retryable": False,
    },
    "recordId": "rec_2",
}


def record(value, **changes):
    return read_record(json.dumps({**value, **changes}).encode())


def test_a_success_has_text_stop_reason_and_tokens():
    read = record(SUCCESS)
    assert (read.record_id, read.error, read.defect, read.has_usage) == ("rec_1", None, "", True)
    assert (read.answer.text, read.answer.stop_reason) == ('{"a":1}', "end_turn")
    assert (read.answer.input_tokens, read.answer.output_tokens) == (8701, 212)


def test_s11_a_record_with_an_error_has_no_answer_but_a_reason():
    read = record(FAILURE)
    assert read.answer is None
    assert (read.error.code, read.error.message) == ("400", "Provided S3 URI is invalid")
    assert (read.error.retryable, read.error.expired) == (False, False)


def test_r35_an_error_of_null_is_none():
    assert record(SUCCESS, error=None).answer is not None


def test_r35_the_documented_short_error_is_read_too():
    read = record(FAILURE, error={"errorCode": 500, "errorMessage": None})
    assert (read.error.code, read.error.message, read.error.retryable) == ("500", "", None)


def test_r36_converses_explicit_nulls_are_read():
    output = {
        "output": {
            "message": {
                "role": "assistant",
                "content": [
                    {"text": None, "image": None, "toolUse": None},
                    {"text": "yes", "image": None, "video": None},
                    None,
                ],
            }
        },
        "stopReason": "max_tokens",
        "usage": {"inputTokens": 5, "outputTokens": 6, "cacheReadInputTokens": None},
        "metrics": {"latencyMs": 3},
        "trace": None,
    }
    read = record(SUCCESS, modelOutput=output, error=None)
    assert (read.answer.text, read.answer.stop_reason) == ("yes", "max_tokens")


@pytest.mark.parametrize(
    "output",
    [
        {},
        {"output": None},
        {"output": {"message": None}, "usage": None, "stopReason": None},
        {"output": {"message": {"content": None}}},
        {"output": {"message": {"content": "text"}}},
        {"output": {"message": {"content": 5}}, "usage": [], "stopReason": 5},
        {"output": [], "usage": {"inputTokens": "5", "outputTokens": -1}},
    ],
)
def test_s11_an_answer_without_anything_is_empty_and_its_cost_unknown(output):
    read = record(SUCCESS, modelOutput=output)
    assert (read.answer.text, read.answer.stop_reason, read.has_usage) == ("", "", False)


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"[1]",
        b'"text"',
        b"null",
        b'{"recordId":"rec_1"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b"9" * 5000,
    ],
)
def test_a_line_that_is_no_record_is_reported_with_its_bytes(line):
    read = read_record(line)
    assert read.defect
    assert (read.answer, read.error, read.raw_line) == (None, None, line)


def test_a_record_without_an_id_says_so():
    assert record(SUCCESS, recordId=7).record_id is None
    assert record({"recordId": "rec_1"}).record_id == "rec_1"


PIECES = st.binary(max_size=40)


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=12), st.data())
def test_lines_come_out_whole_wherever_the_pieces_are_cut(lines, data):
    whole = b"\n".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    expected = whole.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    assert list(split_lines(pieces)) == expected


@given(st.lists(PIECES, max_size=20))
def test_any_bytes_are_read_without_an_exception(pieces):
    for read in read_records(pieces):
        assert read.defect or read.answer or read.error


def test_r37_only_a_newline_ends_a_record():
    text = "one\u2028two\u0085three\x0b\x0c\u2029four\r"
    line = json.dumps({"recordId": "rec_1", "modelOutput": {"x": text}}, ensure_ascii=False).encode()
    reads = list(read_records([line + b"\n" + line + b"\r\n\n  \n" + line]))
    assert [read.record_id for read in reads] == ["rec_1"] * 3
    assert not any(read.defect for read in reads)


def test_s10_r34_records_are_joined_by_id_in_any_order():
    lines = [json.dumps({**SUCCESS, "recordId": f"rec_{n}"}).encode() for n in (3, 1, 2)]
    assert [read.record_id for read in read_records([b"\n".join(lines)])] == ["rec_3", "rec_1", "rec_2"]


def test_a_line_beyond_all_measure_is_cut_and_reported_and_the_next_is_read():
    pieces = [b'{"a":"', *[b"x" * 100] * 50, b'"}\n{"b":1}\n', b"y" * 2000]
    lines = list(split_lines(pieces, limit=1000))
    assert len(lines) == 3
    assert lines[1] == b'{"b":1}'
    assert read_record(lines[0]).defect
    assert all(len(line) <= 4096 for line in lines)


def test_r40_totals_are_read_with_or_without_further_members():
    totals = {
        "totalRecordCount": 2400,
        "processedRecordCount": 2400,
        "successRecordCount": 2398,
        "errorRecordCount": 2,
        "inputTokenCount": 1951382,
        "outputTokenCount": 405633,
        "cacheReadInputTokenCount": 0,
    }
    assert read_totals(json.dumps(totals).encode()) == JobTotals(2400, 2400, 2398, 2, 1951382, 405633)
    assert read_totals(b'{"totalRecordCount": null}') == JobTotals(None, None, None, None, None, None)


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"\xff", b"{"])
def test_r40_totals_that_are_none_are_no_error(data):
    assert read_totals(data) is None
