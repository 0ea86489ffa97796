"""What is this venue's own about orders: one book, and neither amendments nor tests."""

from __future__ import annotations

from decimal import Decimal

from venuekit_binance_common.orders.terms import EACH_BY_THE_MINUTE, ConditionalBook, OrderTerms, order_behaviour

__all__ = ["NO_AMENDMENT", "NO_ORDER_TEST", "ORDER_BEHAVIOUR", "ORDER_TERMS"]

NO_AMENDMENT = "the venue documents no amendment of orders: cancel the order and place another one"
NO_ORDER_TEST = "the venue documents no order test"
_COUNTDOWN = "Cancels every open order of a symbol, conditional ones too: they are in the same book."

ORDER_TERMS = OrderTerms(
    root="/fapi",
    pools=EACH_BY_THE_MINUTE,
    conditional=ConditionalBook.PLAIN,
    sizes_in_base=True,
    most_callback=Decimal(5),
    unchanged=None,
    has_test=False,
    weight=1,
    times=frozenset({"GTC", "IOC", "FOK", "GTX", "HIDDEN"}),
    matches=False,
    unfilled_days=7,
    keeps_90_days=False,
    commission_sign=1,
    trades_by_order=False,
    countdown_note=_COUNTDOWN,
)

ORDER_BEHAVIOUR = order_behaviour(amend_batch=0, duplicate=None, countdown=_COUNTDOWN)
