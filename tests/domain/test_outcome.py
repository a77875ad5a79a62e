"""The seven ways in which a record ends."""

from shotlog.domain.outcome import Outcome


def test_f01_only_succeeded_and_partial_count_as_analysed():
    assert [outcome.value for outcome in Outcome if outcome.analysed] == ["succeeded", "partial"]


def test_b21_a_retry_asks_neither_what_succeeded_nor_what_was_refused():
    assert {outcome for outcome in Outcome if not outcome.can_succeed_later} == {
        Outcome.SUCCEEDED,
        Outcome.REFUSED,
    }


def test_only_a_truncated_answer_wants_more_tokens():
    assert [outcome for outcome in Outcome if outcome.wants_more_tokens] == [Outcome.TRUNCATED]


def test_there_are_exactly_seven_words():
    assert [outcome.value for outcome in Outcome] == [
        "succeeded",
        "partial",
        "failed",
        "refused",
        "truncated",
        "unparsable",
        "missing",
    ]
