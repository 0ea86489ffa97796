"""What is this product's own about orders."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import TimeInForce, Unit
from venuekit_binance_common.orders.terms import BOTH_POOLS, ConditionalBook, OrderTerms, order_behaviour
from venuekit_binance_common.orders.values import Size

__all__ = ["ORDER_BEHAVIOUR", "ORDER_SIZE", "ORDER_TERMS"]

_COUNTDOWN = "Cancels the plain orders of a symbol; it is not known to cover conditional orders."

#: a contract is one unit of the base asset
ORDER_SIZE = Size(Decimal(1), Unit.BASE)

ORDER_TERMS = OrderTerms(
    root="/fapi",
    pools=BOTH_POOLS,
    conditional=ConditionalBook.QUERIED,
    sizes_in_base=True,
    most_callback=Decimal(20),
    unchanged=-5027,
    has_test=True,
    checks_reducing=True,
    countdown_note=_COUNTDOWN,
)

ORDER_BEHAVIOUR = order_behaviour(more_times=frozenset({TimeInForce.GTD, TimeInForce.RPI}), countdown=_COUNTDOWN)
