"""Orders, and their history: open and ended ones stand in two lists."""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

from venuekit.capabilities import Order
from venuekit.parts.histories import Span, Track, merge_histories
from venuekit.parts.orders import OrderAmendPart, OrderBatchPart, OrderPart
from venuekit.plugin import Pager
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.history_pages import milliseconds, newest_first, span_of
from venuekit_bybit_inverse.order_payloads import OrderRow
from venuekit_bybit_inverse.order_routes import ORDER_ROUTES
from venuekit_bybit_inverse.order_values import order_of

__all__ = ["BybitOrders"]

_PAGE_SIZE = 50
_UNFILLED_KEPT = timedelta(hours=24)
_UNFILLED = "the venue keeps orders that ended without a fill for 24 hours: older ones are missing from what has ended"
#: stands for a row without a time, which none should be
_EPOCH = datetime.fromtimestamp(0, UTC)
_TRACK = Track[Order](
    time=lambda order: 0 if order.created_at is None else milliseconds(order.created_at), key=lambda order: order.key
)


class BybitOrders(OrderPart, OrderBatchPart, OrderAmendPart):
    """
    Read, place, amend and cancel orders; conditional ones stand in the same lists as plain ones, under one id for life.

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
        Walk what has ended in two years, 7 days and 50 rows at a time, together with what is open now.

        What ended without a fill is kept for 24 hours; a ``start`` before that is warned of.
        """

        async def walk() -> AsyncGenerator[Order, None]:
            resume = None if after is None else after.created_at
            span = await span_of(self, "iter_orders", start, end, after=resume)
            if start is not None and await self.venue_time() - start > _UNFILLED_KEPT:
                warnings.warn(_UNFILLED, UserWarning, stacklevel=2)
            waiting = [order for order in await self.get_open_orders(symbol=symbol) if _within(order, span)]
            async for order in merge_histories(
                self._iter_ended_orders(symbol, span), _each(waiting), track=_TRACK, after=after
            ):
                yield order

        return Pager(walk, cost_per_page=1)

    async def _iter_ended_orders(self, symbol: str | None, span: Span) -> AsyncGenerator[Order, None]:
        rows = newest_first(
            self,
            BYBIT.ORDER_HISTORY,
            span,
            operation="iter_orders",
            time=_creation_time,
            key=lambda row: row.order_id,
            limit=_PAGE_SIZE,
            category=CATEGORY,
            symbol=symbol,
        )
        async for found in rows:
            yield order_of(found.row, found.received_at, found.raw)


def _creation_time(row: OrderRow) -> datetime:
    return row.created_time or _EPOCH


def _within(order: Order, span: Span) -> bool:
    moment: int = _TRACK.time(order)
    return span.start <= moment <= span.end


async def _each(orders: list[Order]) -> AsyncGenerator[Order, None]:
    for order in orders:
        yield order
