"""Fills, and the orders that the venue itself placed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, ClassVar

from venuekit.capabilities import Fill, FillReader, ForcedOrderReader, Order
from venuekit.parts.histories import Origin, Page, Span, by_identity
from venuekit.parts.orders import MANY, OrderRoutes, Orders
from venuekit.plugin import Account, Pager, from_milliseconds
from venuekit_binance_common.history_limits import milliseconds
from venuekit_binance_common.orders.endpoints import OrderEndpoints
from venuekit_binance_common.orders.history import ORDER_LIMIT, TRACK, page_of, walk_windows
from venuekit_binance_common.orders.moments import ById
from venuekit_binance_common.orders.values import fill_of

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["BinanceFills"]

_PAGE_SIZE = 1000
_FORCED_PAGE_SIZE = 100


class BinanceFills(Account, FillReader, ForcedOrderReader):
    """Read fills and forced orders of the last 90 days."""

    __slots__ = ()

    ORDERS: ClassVar[OrderEndpoints]
    ORDER_ROUTES: ClassVar[OrderRoutes]

    def iter_fills(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Fill | None = None,
    ) -> Pager[Fill]:
        """
        Walk fills by their ascending ids; only the first of them is looked for by its time, 7 days at a time.

        The rows do not say which fills are forced; their orders do.
        """

        async def walk() -> AsyncGenerator[Fill, None]:
            resume = None if after is None else after.time
            span = await ORDER_LIMIT.span(self, operation="iter_fills", start=start, end=end, after=resume)
            # what lies behind an item from before the stretch begins where the stretch does
            behind_it = after if after is not None and milliseconds(after.time) >= span.start else None
            known: Sequence[Fill] = ()
            if behind_it is not None:
                first: int | None = int(behind_it.id) + 1
            else:
                first, known = await self._first_fills(symbol, span)
            if first is None:
                return
            begin, last = first, from_milliseconds(span.end)

            async def fetch(number: int) -> Page[Fill]:
                if number > begin or not known:
                    return await self._fills(symbol, fromId=number)
                page = await self._fills(symbol, fromId=max(int(fill.id) for fill in known) + 1)
                return Page([*known, *page.items], rows=len(known) + page.count)

            fills = by_identity(
                fetch,
                begin,
                limit=_PAGE_SIZE,
                identity=lambda fill: int(fill.id),
                until=lambda fill: fill.time > last,
                origin=Origin(self.venue.id, "iter_fills"),
            )
            async for fill in fills:
                yield fill

        return Pager(walk, cost_per_page=self.ORDERS.trades.weight_most)

    def iter_forced_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Order | None = None,
    ) -> Pager[Order]:
        """Walk liquidations and deleveraging, 7 days and 100 orders at a time; the client id shows which it is."""
        endpoint, orders = self.ORDERS.forced, Orders(self, self.ORDER_ROUTES)

        async def walk() -> AsyncGenerator[Order, None]:
            resume = None if after is None else after.created_at
            span = await ORDER_LIMIT.span(self, operation="iter_forced_orders", start=start, end=end, after=resume)

            async def fetch(window: Span) -> Page[Order]:
                answer = await self.answer_rows(
                    endpoint, symbol=symbol, startTime=window.start, endTime=window.end, limit=_FORCED_PAGE_SIZE
                )
                return page_of(answer, await orders.orders_of(orders.routes.first, MANY.read(answer)))

            origin = Origin(self.venue.id, "iter_forced_orders")
            async for order in walk_windows(fetch, span, TRACK, _FORCED_PAGE_SIZE, after=after, origin=origin):
                yield order

        return Pager(walk, cost_per_page=endpoint.cost({"symbol": symbol}))

    async def _first_fills(self, symbol: str, span: Span) -> tuple[int | None, Sequence[Fill]]:
        """
        Return the id of the oldest fill of a stretch, and the fills from it on that are known by then.

        Which fills a window holds that has more than a page of them is not documented: its older half is asked then,
        and of a single millisecond the first is looked for by its id.
        """
        pending = list(reversed(span.windows(ORDER_LIMIT.width)))
        while pending:
            window = pending.pop()
            page = await self._fills(symbol, startTime=window.start, endTime=window.end)
            fills = page.items
            if page.count < _PAGE_SIZE:
                if fills:
                    return min(int(fill.id) for fill in fills), fills
            elif window.end > window.start:
                older, newer = window.halves()
                pending += [newer, older]
            else:
                return await self._by_id(symbol).first_of(window.start, min(int(fill.id) for fill in fills)), ()
        return None, ()

    def _by_id(self, symbol: str) -> ById[Fill]:
        return ById(
            fetch=lambda number: self._fills(symbol, fromId=number),
            identity=lambda fill: int(fill.id),
            time=lambda fill: milliseconds(fill.time),
            limit=_PAGE_SIZE,
        )

    async def _fills(self, symbol: str, **where: int) -> Page[Fill]:
        answer = await self.answer_rows(self.ORDERS.trades, symbol=symbol, limit=_PAGE_SIZE, **where)
        size = (await self.ORDER_ROUTES.sizes(self))(symbol)
        sign = self.ORDERS.terms.commission_sign
        fills = [fill_of(one.row, size, one.raw, commission_sign=sign) for one in MANY.read(answer)]
        return page_of(answer, fills)
