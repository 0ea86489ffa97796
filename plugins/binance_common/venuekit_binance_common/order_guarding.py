"""What a guard wants to know of an order before it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from venuekit_binance_common.order_words import CLOSING_SIDES, SIDE_WORDS

__all__ = ["always", "batch_reduces", "batch_symbols", "largest_notional", "notional", "only_reduces"]

Parameters = Mapping[str, Any]
_YES = frozenset({True, "true"})
#: a leg of hedge mode takes no ``reduceOnly``; what is on its closing side reduces by itself
_CLOSING = frozenset((leg.name, SIDE_WORDS[side]) for leg, side in CLOSING_SIDES.items())


def always(_: Parameters) -> bool:
    """Say that a request takes orders away, and adds none."""
    return True


def only_reduces(parameters: Parameters) -> bool:
    """Say whether an order can do nothing but make a position smaller."""
    leg = (parameters.get("positionSide"), parameters.get("side"))
    return parameters.get("reduceOnly") in _YES or parameters.get("closePosition") in _YES or leg in _CLOSING


def batch_reduces(parameters: Parameters) -> bool:
    """Say whether no order of a batch can do anything but make a position smaller."""
    return all(map(only_reduces, parameters["batchOrders"]))


def batch_symbols(parameters: Parameters) -> tuple[str, ...]:
    """Return the symbols of a batch's items."""
    return tuple(item["symbol"] for item in parameters["batchOrders"])


def notional(*, told: bool) -> Callable[[Parameters], Decimal | None]:
    """
    Return what tells an order's value in the quote asset.

    That is None without a price, and where a contract's size stands in no order (``told`` is False).
    """

    def of(parameters: Parameters) -> Decimal | None:
        price = parameters.get("price") or parameters.get("triggerPrice")
        quantity = parameters.get("quantity")
        if not told or price is None or quantity is None:
            return None
        return Decimal(quantity) * Decimal(price)

    return of


def largest_notional(*, told: bool) -> Callable[[Parameters], Decimal | None]:
    """Return what tells the value of a batch's largest order; None when that of any cannot be told."""
    of_one = notional(told=told)

    def of(parameters: Parameters) -> Decimal | None:
        values = [of_one(item) for item in parameters["batchOrders"]]
        known = [value for value in values if value is not None]
        return max(known, default=None) if len(known) == len(values) else None

    return of
