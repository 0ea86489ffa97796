"""What is this product's own about orders."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import Unit
from venuekit.plugin import Parameter
from venuekit_binance_common.orders.terms import MINUTE_POOL, ConditionalBook, OrderTerms, order_behaviour
from venuekit_binance_common.orders.values import Size

__all__ = ["NO_ORDER_TEST", "ORDER_BEHAVIOUR", "ORDER_SIZE", "ORDER_TERMS"]

NO_ORDER_TEST = "the venue documents no order test for COIN-M futures"
_COUNTDOWN = "Cancels the plain orders of a symbol; it is not known to cover conditional orders."

#: a contract is some of the quote asset, how much hangs on the symbol
ORDER_SIZE = Size(None, Unit.QUOTE)

ORDER_TERMS = OrderTerms(
    root="/dapi",
    pools=MINUTE_POOL,
    conditional=ConditionalBook.REPORTED,
    sizes_in_base=False,
    most_callback=Decimal(10),
    unchanged=-4197,
    has_test=False,
    times=frozenset({"GTC", "IOC", "FOK", "GTX"}),
    more=(Parameter("pair"),),
    countdown_note=_COUNTDOWN,
)

ORDER_BEHAVIOUR = order_behaviour(countdown=_COUNTDOWN)
