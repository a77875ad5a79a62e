"""Money in whole micro-dollars, and the one place where it is rounded or written out.

Prices are micro-dollars per million tokens, so a record's cost is an integer product divided once.
Every division rounds half up to the micro-dollar; a million records are off by half a dollar at worst.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from shotlog.errors import Invalid

#: Micro-dollars in a dollar, and tokens that a price is for.
MILLION = 1_000_000


def divide(numerator: int, denominator: int) -> int:
    """Divide whole non-negative numbers and round half up.

    >>> divide(5, 2), divide(4, 3)
    (3, 1)
    """
    return (2 * numerator + denominator) // (2 * denominator)


def microusd(amount: str | float | Decimal) -> int:
    """Read an amount in dollars as micro-dollars, half up.

    Raises:
        Invalid: it is no number, not finite, or below zero.

    >>> microusd("0.06"), microusd(0.0000175)
    (60000, 18)
    """
    try:
        value = Decimal(str(amount).strip().removeprefix("$"))
    except InvalidOperation as error:
        raise Invalid(f"{amount!r} is no amount of money.", hint="Write dollars, such as 4.50.") from error
    if not value.is_finite() or value < 0 or value > 10**12:
        raise Invalid(f"{amount!r} is no amount of money.", hint="Write dollars, such as 4.50.")
    return int((value * MILLION).to_integral_value(ROUND_HALF_UP))


def usd(amount: int | None) -> float | None:
    """Return micro-dollars as dollars for JSON; unknown stays None."""
    return None if amount is None else amount / MILLION


def format_usd(amount: int | None) -> str:
    """Write micro-dollars for people: more decimals the smaller it is, and ``$0.00`` only for nothing.

    >>> format_usd(12_300), format_usd(42), format_usd(1_234_560_000), format_usd(None)
    ('$0.0123', '$0.000042', '$1,234.56', 'unknown')
    """
    if amount is None:
        return "unknown"
    if amount == 0:
        return "$0.00"
    if amount < 0:
        return "-" + format_usd(-amount)
    decimals = 6 if 0 < amount < MILLION // 100 else 4 if amount < 100 * MILLION else 2
    unit = 10 ** (6 - decimals)
    whole, rest = divmod(divide(amount, unit), 10**decimals)
    return f"${whole:,}.{rest:0{decimals}d}"
