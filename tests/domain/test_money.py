"""Money is whole micro-dollars, rounded half up, and never shown as nothing when it is something."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.domain.money import MILLION, divide, format_usd, microusd, usd
from shotlog.errors import Invalid


@given(st.integers(0, 10**18), st.integers(1, 10**9))
def test_division_is_off_by_half_at_most_and_rounds_halves_up(numerator, denominator):
    exact = Fraction(numerator, denominator)
    assert -Fraction(1, 2) < divide(numerator, denominator) - exact <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (0, "$0.00"),
        (1, "$0.000001"),
        (9_999, "$0.009999"),
        (10_000, "$0.0100"),
        (12_345, "$0.0123"),
        (13_630_000, "$13.6300"),
        (99_999_999, "$100.0000"),
        (100_000_000, "$100.00"),
        (12_013_902_361, "$12,013.90"),
        (-42, "-$0.000042"),
        (None, "unknown"),
    ],
)
def test_s17_small_amounts_keep_their_decimals(amount, written):
    assert format_usd(amount) == written


@given(st.integers(1, 10**12))
def test_s17_something_is_never_written_as_nothing(amount):
    assert any(digit in format_usd(amount) for digit in "123456789")


@given(st.integers(0, 10**15))
def test_dollars_read_back_to_the_same_micro_dollars(amount):
    assert microusd(f"{amount // MILLION}.{amount % MILLION:06d}") == amount


@pytest.mark.parametrize("text", ["", "ten", "nan", "inf", "-1", "1e99"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(Invalid):
        microusd(text)


def test_unknown_money_stays_unknown_in_json():
    assert usd(None) is None
    assert usd(1_500_000) == 1.5
