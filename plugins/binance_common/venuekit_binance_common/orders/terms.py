"""What differs about orders from product to product."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from decimal import Decimal

import attrs

from venuekit.endpoint import Parameter
from venuekit_binance_common.limits import ORDERS_1M, ORDERS_10S
from venuekit_binance_common.orders.enums import TIMES

__all__ = ["BOTH_POOLS", "EACH_BY_THE_MINUTE", "MINUTE_POOL", "ConditionalBook", "OrderTerms", "Pools"]

#: what one order, and a batch, count in the pools of orders
Pools = tuple[Mapping[str, int], Mapping[str, int]]

BOTH_POOLS: Pools = ({ORDERS_10S: 1, ORDERS_1M: 1}, {ORDERS_10S: 5, ORDERS_1M: 1})
MINUTE_POOL: Pools = ({ORDERS_1M: 1}, {ORDERS_1M: 1})
#: where it is not documented what a batch counts: as the most orders that it may have
EACH_BY_THE_MINUTE: Pools = ({ORDERS_1M: 1}, {ORDERS_1M: 5})


class ConditionalBook(enum.StrEnum):
    """Where conditional orders wait, and what can be read of them there."""

    PLAIN = "plain"  #: among the plain orders
    QUERIED = "queried"  #: in a book of their own with queries, a history and a request that ends all of it
    REPORTED = "reported"  #: in a book of their own, whose queries and history are not documented and may be absent


@attrs.frozen(kw_only=True)
class OrderTerms:
    """
    What differs from product to product.

    ``pools`` are what placing or amending one order, and a batch, pay into the pools of orders, ``weight`` what one
    order weighs besides. ``unchanged`` is the code for an amendment that amends nothing, None where orders cannot be
    amended. ``sizes_in_base`` says that a contract is counted in the base asset, so that price and quantity tell an
    order's notional. ``most_callback`` is percent. ``times`` are the words for how long an order is good.
    ``unfilled_days`` is for how long orders that ended without a fill can be read. ``commission_sign`` makes of the
    commission that is printed with a fill what it did to the account: -1 where positive means paid.
    """

    root: str
    pools: Pools
    conditional: ConditionalBook
    sizes_in_base: bool
    most_callback: Decimal
    unchanged: int | None
    has_test: bool
    weight: int = 0
    times: frozenset[str] = frozenset(TIMES)
    #: whether it takes a price match, a mode of self-trade prevention, and a date until which an order is good
    matches: bool = True
    unfilled_days: int = 3
    #: whether it says that all other orders, and fills, are kept for three months
    keeps_90_days: bool = True
    commission_sign: int = -1
    #: whether an amendment may ask to be refused where the order does not reduce
    checks_reducing: bool = False
    #: whether fills can be asked by their order
    trades_by_order: bool = True
    #: what else histories can be asked by
    more: tuple[Parameter, ...] = ()
    countdown_note: str
