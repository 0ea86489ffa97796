"""Orders, and their history: open and ended ones are in two lists."""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from venuekit.capabilities import Order
from venuekit.parts.histories import HistoryCall, each, merge_histories
from venuekit.parts.orders import OrderAmendPart, OrderBatchPart, OrderPart
from venuekit.plugin import Pager
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.histories import TWO_YEARS, cursor_history
from venuekit_bybit_inverse.order_routes import ORDER_ROUTES
from venuekit_bybit_inverse.order_rows import complete_order

_UNFILLED_KEPT = timedelta(hours=24)
_UNFILLED = "the venue keeps orders that ended without a fill for 24 hours: older ones are missing from what has ended"
#: the time of a row without one, which none should be
_EPOCH = datetime.fromtimestamp(0, UTC)
_ORDERS = cursor_history(
    BYBIT.ORDER_HISTORY,
    lambda received: complete_order(received.row, received.received_at, received.raw),
    time=lambda order: order.created_at or _EPOCH,
    key=attrgetter("key"),
    limit=50,
    category=CATEGORY,
)


class BybitOrders(OrderPart, OrderBatchPart, OrderAmendPart):
    """
    Read, place, amend and cancel orders; conditional ones are in the same lists as plain ones, under one id for life.

    Every request about an order is acknowledged first and decided later: a placed or amended order is returned as
    PENDING, and may still be rejected. An order that ended without a fill is kept for 24 hours. Cancelling everything
    cancels all orders of the symbol, or of every coin that anything settles in, unseen first.
    """

    __slots__ = ()

    ORDER_ROUTES = ORDER_ROUTES

    def iter_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Order | None = None,
    ) -> Pager[Order]:
        """
        Walk the orders that ended in two years, 7 days and 50 rows at a time, together with the open ones.

        An order that ended without a fill is kept for 24 hours; a ``start`` before that is warned of.
        """
        call = HistoryCall(self)

        async def items() -> AsyncGenerator[Order, None]:
            span = await call.span(TWO_YEARS, start, end, after=None if after is None else after.created_at)
            if start is not None and await self.venue_time() - start > _UNFILLED_KEPT:
                warnings.warn(_UNFILLED, UserWarning, stacklevel=2)
            open_orders = await self.get_open_orders(symbol=symbol)
            waiting = (order for order in open_orders if span.start <= _ORDERS.track.milliseconds(order) <= span.end)
            sources = call.items(_ORDERS, span, symbol=symbol), each(waiting)
            async for order in merge_histories(*sources, track=_ORDERS.track, after=after):
                yield order

        return Pager(items, cost_per_page=_ORDERS.cost({}))
