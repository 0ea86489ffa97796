"""Orders, fills, and their histories: open and ended orders are in two lists."""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from operator import attrgetter

from venuekit.capabilities import Fill, FillKind, FillReader, ForcedOrderReader, Order, OrderKind, OrderStatus, Unit
from venuekit.parts.histories import HistoryCall, Track, each, merge_histories
from venuekit.parts.orders import OrderAmendPart, OrderBatchPart, OrderPart, Orders
from venuekit.plugin import Account, OrderName, Pager, from_milliseconds
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.instruments import settle_coins
from venuekit_bybit_inverse.order_routes import ORDER_ROUTES
from venuekit_bybit_inverse.order_rows import FORCED, ListedFill, complete_fill, complete_order
from venuekit_bybit_inverse.reading import TWO_YEARS, ReceivedRow, cursor_history, itself
from venuekit_bybit_inverse.wire import CONTRACT_SIZE

_UNFILLED_KEPT = timedelta(hours=24)
_UNFILLED = "the venue keeps orders that ended without a fill for 24 hours: older ones are missing from what has ended"
_ORDERS = cursor_history(
    BYBIT.ORDER_HISTORY,
    lambda received: complete_order(received.row, received.received_at, received.raw),
    time=lambda order: order.created_at or from_milliseconds(0),  # every row should have one
    key=attrgetter("key"),
    limit=50,
    category=CATEGORY,
)
_FILLS_TRACK = Track[Fill](attrgetter("time"), attrgetter("key"))
#: an order that was given already may have been filled for so long
_OVERLAP = timedelta(hours=1)
_EXECUTIONS = cursor_history(
    BYBIT.EXECUTIONS,
    itself,
    time=attrgetter("row.time"),
    key=attrgetter("row.id"),
    limit=100,
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


class BybitFills(Account, FillReader, ForcedOrderReader):
    """Read fills of the last two years; liquidations and deleveraging are known by the kind of their fills."""

    __slots__ = ()

    def iter_fills(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Fill | None = None,
    ) -> Pager[Fill]:
        """Walk fills, 7 days and 100 rows at a time; funding, which stands among them, is left out."""
        call = HistoryCall(self)

        async def items() -> AsyncGenerator[Fill, None]:
            span = await call.span(TWO_YEARS, start, end, after=None if after is None else after.time)
            settle = (await settle_coins(self, frozenset({symbol}))).get(symbol)
            rows = call.items(_EXECUTIONS, span, symbol=symbol)
            fills = (
                complete_fill(one.row, one.row.commission_asset or settle, one.raw)
                async for one in rows
                if one.row.kind is not FillKind.FUNDING
            )
            async for fill in merge_histories(fills, track=_FILLS_TRACK, after=after):
                yield fill

        return Pager(items, cost_per_page=_EXECUTIONS.cost({}))

    def iter_forced_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Order | None = None,
    ) -> Pager[Order]:
        """
        Walk the orders behind forced fills, each once; one that is no longer listed is described by its first fill.

        Liquidations and deleveraging are two histories, read side by side.
        """
        call = HistoryCall(self)

        async def items() -> AsyncGenerator[Order, None]:
            resume = None if after is None else after.created_at or after.updated_at
            behind = None if resume is None else resume - _OVERLAP
            span = await call.span(TWO_YEARS, start, end, after=behind)
            fills = [call.items(_EXECUTIONS, span, symbol=symbol, execType=kind) for kind in FORCED]
            seen: set[str] = set()
            met, held = after is None, list[ReceivedRow[ListedFill]]()
            async for received in merge_histories(*fills, track=_EXECUTIONS.track):
                if received.row.kind not in FORCED.values() or received.row.order_id in seen:
                    continue
                seen.add(received.row.order_id)
                if met:
                    yield await self._order_of_fill(received)
                elif after is not None and received.row.order_id == after.id:
                    met, held = True, []
                else:
                    held.append(received)
            for received in held:  # the item to continue behind is gone
                if resume is None or received.row.time >= resume:
                    yield await self._order_of_fill(received)

        return Pager(items, cost_per_page=_EXECUTIONS.cost({}))

    async def _order_of_fill(self, received: ReceivedRow[ListedFill]) -> Order:
        fill = received.row
        route, name = ORDER_ROUTES.first, OrderName(fill.symbol, fill.order_id)
        order = await Orders(self, ORDER_ROUTES).find(route, name, (route.reads.history,))
        if order is not None:
            return order
        return Order(
            id=fill.order_id,
            client_id=fill.client_id,
            symbol=fill.symbol,
            kind=OrderKind.PLAIN,
            side=fill.side,
            type=fill.order_type,
            status=OrderStatus.FILLED,
            quantity=fill.order_quantity,
            contract_size=CONTRACT_SIZE,
            contract_unit=Unit.QUOTE,
            venue_status=None,
            updated_at=fill.time,
            received_at=received.received_at,
            raw=received.raw,
        )
