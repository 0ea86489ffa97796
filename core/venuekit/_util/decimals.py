"""Sums of money that do not depend on the decimal context of the thread, which other libraries change for good."""

from __future__ import annotations

from decimal import Context, Decimal

#: more digits than a product of prices, sizes and quantities has, so that nothing is rounded
EXACT = Context(prec=400)
#: digits of a quotient that has no end
_QUOTIENT = Context(prec=34)
_ONE = Decimal(1)


def product(*factors: Decimal) -> Decimal:
    """Return the exact product of numbers, 1 of none."""
    result = _ONE
    for factor in factors:
        result = EXACT.multiply(result, factor)
    return result


def quotient(dividend: Decimal, divisor: Decimal) -> Decimal:
    """Return a quotient with 34 digits; exact where it has no more."""
    return _QUOTIENT.divide(dividend, divisor)
