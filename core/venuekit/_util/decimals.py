"""Sums of money that do not depend on the decimal context of the thread, which other libraries change for good."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from functools import reduce


def _context(digits: int) -> Context:
    """Return a context of which nothing comes from the defaults of the process, which can be changed, too."""
    traps = [InvalidOperation, DivisionByZero, Overflow]
    bounds = {"Emin": -999_999, "Emax": 999_999, "capitals": 1, "clamp": 0}
    return Context(prec=digits, rounding=ROUND_HALF_EVEN, traps=traps, flags=[], **bounds)


#: the context in which the methods of accounts, streams and views count: that of Python as it comes
DECIMALS = _context(28)
#: more digits than a product of prices, sizes and quantities has, so that nothing is rounded
EXACT = _context(400)
#: digits of a quotient that has no end
_QUOTIENT = _context(34)
_ONE, _NOTHING = Decimal(1), Decimal(0)


def product(*factors: Decimal) -> Decimal:
    """Return the exact product of numbers, 1 of none."""
    result = _ONE
    for factor in factors:
        result = EXACT.multiply(result, factor)
    return result


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum of numbers, 0 of none."""
    return reduce(EXACT.add, amounts, _NOTHING)


def quotient(dividend: Decimal, divisor: Decimal) -> Decimal:
    """Return a quotient with 34 digits; exact where it has no more."""
    return _QUOTIENT.divide(dividend, divisor)
