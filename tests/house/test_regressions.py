"""The page of regressions and the tests that are named after them say the same."""

import re
from pathlib import Path

from house.named_tests import named_tests, table_rows

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "regressions.md"
COUNTS = {"B": 23, "S": 19, "P": 13, "I": 5, "M": 11, "R": 6, "F": 10, "E": 5, "C": 6}
IDS = [f"{group}{number:02}" for group, count in COUNTS.items() for number in range(1, count + 1)]
ROWS = {row[0]: row[1:] for row in table_rows(PAGE) if re.fullmatch(r"[A-Z]\d\d", row[0])}


def listed(id_):
    return set(re.findall(r"`(test_\w+)`", ROWS[id_][1]))


def test_every_regression_has_a_row_with_tests_or_the_reason_why_not():
    assert sorted(ROWS) == sorted(IDS)
    silent = [id_ for id_ in IDS if not listed(id_) and not ROWS[id_][0].startswith("Cannot apply: ")]
    assert silent == []


def test_the_page_lists_exactly_the_tests_that_are_named_after_a_regression():
    regressions, _, _ = named_tests()
    assert set(regressions) <= set(IDS)
    assert {id_: listed(id_) for id_ in IDS} == {id_: regressions.get(id_, set()) for id_ in IDS}
