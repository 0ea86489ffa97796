"""Checks of arguments that several kinds of calls have, before anything is sent."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeGuard

from venuekit.account import Account
from venuekit.capabilities import PositionSide
from venuekit.payloads import is_multiple

__all__ = ["check_amount", "check_one_way", "check_side", "is_number"]


def is_number(value: object) -> TypeGuard[int | Decimal]:
    """Say whether a value is a number that can be sent exactly."""
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)


def check_amount(account: Account, symbol: str, amount: object, *, decimals: int) -> Decimal:
    """
    Return an amount of an asset as it is sent.

    Raises:
        InvalidArgument: it is not above zero, or has more than ``decimals`` decimals; nothing was sent.
    """
    if is_number(amount) and amount > 0 and is_multiple(Decimal(amount), Decimal(1).scaleb(-decimals)):
        return Decimal(amount)
    words = f"the amount must be a positive Decimal of at most {decimals} decimals, not {amount!r}"
    raise account.refuse(words, subject=symbol)


def check_side(account: Account, symbol: str, side: PositionSide | None) -> PositionSide | None:
    """
    Return the side of a position, None where none is given.

    Raises:
        InvalidArgument: there is no such side; nothing was sent.
    """
    if side is not None and side not in set(PositionSide):
        raise account.refuse(f"the side is both, long or short, not {side!r}", subject=symbol)
    return None if side is None else PositionSide(side)


def check_one_way(account: Account, symbol: str, side: PositionSide | None) -> None:
    """
    Refuse a side where every position is one-way.

    Raises:
        InvalidArgument: it is neither None nor BOTH; nothing was sent.
    """
    if side not in {None, PositionSide.BOTH}:
        raise account.refuse(f"a position in one-way mode has no side {side}", subject=symbol)
