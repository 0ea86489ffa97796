"""What differs about orders from product to product."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import attrs

from venuekit.endpoint import Parameter
from venuekit_binance_common.limits import ORDERS_1M, ORDERS_10S

__all__ = ["BOTH_POOLS", "MINUTE_POOL", "OrderTerms"]

#: what one order, and a batch, count in the pools of orders: in both of them, or in that of the minute alone
BOTH_POOLS: tuple[Mapping[str, int], Mapping[str, int]] = ({ORDERS_10S: 1, ORDERS_1M: 1}, {ORDERS_10S: 5, ORDERS_1M: 1})
MINUTE_POOL: tuple[Mapping[str, int], Mapping[str, int]] = ({ORDERS_1M: 1}, {ORDERS_1M: 1})


@attrs.frozen(kw_only=True)
class OrderTerms:
    """
    What differs from product to product.

    ``pools`` are what placing or amending one order, and a batch, pay into the pools of orders. ``unchanged`` is the
    code for an amendment that amends nothing. ``sizes_in_base`` says that a contract is counted in the base asset, so
    that price and quantity tell an order's notional. ``most_callback`` is percent.
    """

    root: str
    pools: tuple[Mapping[str, int], Mapping[str, int]]
    unchanged: int
    sizes_in_base: bool
    most_callback: Decimal
    has_algo_history: bool
    has_test: bool
    #: what else histories can be asked by
    more: tuple[Parameter, ...] = ()
    countdown_note: str = ""
