"""Asks: the orders that a request asks for, as far as a guard must know them."""

from __future__ import annotations

from decimal import Decimal

import attrs

__all__ = ["Ask"]


@attrs.frozen(kw_only=True)
class Ask:
    """
    One order that a request asks for, or the new terms of an open one.

    Attributes:
        symbol: The contract.
        buys: Whether it buys; None for new terms that do not name the side.
        notional: Its value in the quote asset; None where it cannot be told.
        reduces: Whether it can do nothing but make a position smaller.
        names: Ids by which the order is, or will be, known.
    """

    symbol: str
    buys: bool | None
    notional: Decimal | None
    reduces: bool = False
    names: frozenset[str] = frozenset()
