"""Exact arithmetic: one context for everything, and the two ways venues round money."""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext
from typing import ParamSpec, TypeVar

ZERO = Decimal(0)
PRICE_DECIMALS = 12

# 50 digits: more than the 34 of the amounts, so that a mean price of many fills stays exact to 1e-8 of money.
_CONTEXT = Context(prec=50, rounding=ROUND_HALF_EVEN)
_PRICE_UNIT = Decimal(1).scaleb(-PRICE_DECIMALS)

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Rounding(enum.StrEnum):
    """A venue's rounding of an amount of money to the digits that it keeps."""

    TOWARD_ZERO = "toward_zero"
    NEAREST = "nearest"


_MODES = {Rounding.TOWARD_ZERO: ROUND_DOWN, Rounding.NEAREST: ROUND_HALF_UP}


def exact(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Run a function in the ledger's decimal context, independent of the caller's."""

    @functools.wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with localcontext(_CONTEXT):
            return function(*args, **kwargs)

    return run


@exact
def round_to(amount: Decimal, decimals: int, rounding: Rounding) -> Decimal:
    """Return an amount of money with ``decimals`` places; both ways treat a loss as the mirror of a gain."""
    return amount.quantize(Decimal(1).scaleb(-decimals), rounding=_MODES[rounding])


@exact
def round_price(price: Decimal) -> Decimal:
    """Return a price for showing, with 12 places at most; the ledger itself computes with the unrounded one."""
    return price.quantize(_PRICE_UNIT) if price.as_tuple().exponent < -PRICE_DECIMALS else price  # type: ignore[operator]


def to_price(price: Decimal | None) -> Decimal | None:
    """Return a price for showing; None for None, for negative prices and for those that round to zero."""
    shown = None if price is None else round_price(price)
    return shown if shown is not None and shown > 0 else None
