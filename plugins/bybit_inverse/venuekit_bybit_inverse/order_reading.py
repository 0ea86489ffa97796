"""Reading orders: what is open and what has ended stand in two lists."""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from venuekit.capabilities import Order, OrderReader
from venuekit.parts.histories import Span, Track, merge_histories
from venuekit.plugin import Account, Endpoint, NotFound, Outcome, Pager
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.history_pages import milliseconds, newest_first, span_of
from venuekit_bybit_inverse.order_form import order_name
from venuekit_bybit_inverse.order_payloads import OrderRow
from venuekit_bybit_inverse.order_values import order_of
from venuekit_bybit_inverse.reading import Pages, raw_rows, read_pages, read_rows
from venuekit_bybit_inverse.wire import Page

__all__ = ["BybitOrderReading"]

_PAGE_SIZE = 50
#: of the list of open orders, only what is open
_OPEN_ONLY = 0
_UNFILLED_KEPT = timedelta(hours=24)
_UNFILLED = "the venue keeps orders that ended without a fill for 24 hours: older ones are missing from what has ended"
#: stands for a row without a time, which none should be
_EPOCH = datetime.fromtimestamp(0, UTC)
_TRACK = Track[Order](
    time=lambda order: 0 if order.created_at is None else milliseconds(order.created_at), key=lambda order: order.key
)


class BybitOrderReading(Account, OrderReader):
    """Read orders; conditional ones stand in the same lists as plain ones, under one id for life."""

    __slots__ = ()

    async def get_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """Return an order, open or not; one that ended without a fill is kept for 24 hours."""
        name = order_name(self, "get_order", symbol, order_id, client_id)
        order = await self._find_order(BYBIT.OPEN_ORDERS, symbol, name)
        order = order or await self._find_order(BYBIT.ORDER_HISTORY, symbol, name)
        if order is None:
            raise self._no_order("get_order", symbol, client_id)
        return order

    async def get_open_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """Return an open order."""
        name = order_name(self, "get_open_order", symbol, order_id, client_id)
        order = await self._find_order(BYBIT.OPEN_ORDERS, symbol, name)
        if order is None or not order.is_open:
            raise self._no_order("get_open_order", symbol, client_id)
        return order

    async def get_open_orders(self, *, symbol: str | None = None) -> tuple[Order, ...]:
        """Return what waits, oldest first; an order that cannot be read is left out with a warning."""
        return await self._open_orders(symbol, read_rows)

    async def every_open_order(self, symbol: str | None) -> tuple[Order, ...]:
        """Return what waits, all of it or an error: one that cannot be read is not taken for one that has ended."""
        return await self._open_orders(symbol, read_pages)

    async def _open_orders(
        self, symbol: str | None, read: Callable[..., Awaitable[Pages[OrderRow]]]
    ) -> tuple[Order, ...]:
        found = await read(
            self,
            BYBIT.OPEN_ORDERS,
            attrgetter("order_id"),
            category=CATEGORY,
            symbol=symbol,
            openOnly=_OPEN_ONLY,
            limit=_PAGE_SIZE,
        )
        orders = [order_of(row, found.received_at, raw) for row, raw in zip(found.rows, found.raw, strict=True)]
        # newest first on the wire; those of one moment keep the order they were placed in
        orders.reverse()
        return tuple(sorted(orders, key=_TRACK.time))

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

    async def _find_order(self, endpoint: Endpoint[Page[OrderRow]], symbol: str, name: dict[str, str]) -> Order | None:
        # one page: it begins with the newest, and of one name that is the one
        answer = await self.answer(endpoint, category=CATEGORY, symbol=symbol, **name)
        rows = answer.value.rows
        orders = [
            order_of(row, answer.received_at, raw) for row, raw in zip(rows, raw_rows(answer, len(rows)), strict=True)
        ]
        return max(orders, key=_TRACK.time, default=None)

    def _no_order(self, operation: str, symbol: str, client_id: str | None) -> NotFound:
        words = "the venue has no such order (any more, or not yet)"
        return NotFound(
            words,
            venue=self.venue.id,
            operation=operation,
            subject=symbol,
            client_id=client_id,
            outcome=Outcome.NOT_APPLIED,
        )


def _creation_time(row: OrderRow) -> datetime:
    return row.created_time or _EPOCH


def _within(order: Order, span: Span) -> bool:
    moment: int = _TRACK.time(order)
    return span.start <= moment <= span.end


async def _each(orders: list[Order]) -> AsyncGenerator[Order, None]:
    for order in orders:
        yield order
