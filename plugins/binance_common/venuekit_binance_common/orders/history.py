"""Orders of either route, fills, and their history, in which ended and waiting orders are walked together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from venuekit.capabilities import Fill, FillReader, ForcedOrderReader, Order, OrderTestControl
from venuekit.parts.histories import (
    FromId,
    Halved,
    History,
    HistoryCall,
    Paging,
    Retention,
    Span,
    Track,
    merge_histories,
)
from venuekit.parts.orders import MANY, OrderPart, OrderRoute, Orders
from venuekit.plugin import Account, Answer, Endpoint, Pager, Priority, UnsupportedCapability, from_milliseconds
from venuekit_binance_common.orders.rows import complete_fill

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit.capabilities import OrderRequest
    from venuekit_binance_common.endpoints import BinanceEndpoints


T = TypeVar("T")

_PAGE_SIZE, _FORCED_PAGE_SIZE = 1000, 100
#: a minute less than the venue says, so that no request is too old when it arrives
RETENTION = Retention(age=timedelta(days=90, minutes=-1), words="90 days, asked for 7 days at a time")
#: orders of a history are ordered by the time they were placed
TRACK = Track[Order](lambda order: order.created_at or from_milliseconds(0), attrgetter("key"))
_FILL_TRACK = Track[Fill](attrgetter("time"), attrgetter("key"))


class BinanceOrders(OrderPart, FillReader, ForcedOrderReader):
    """
    Read, place and cancel orders; read fills and forced orders of the last 90 days.

    The client id, which is always sent, is unique among open orders only: while an order of the same id is open, a
    second one is refused with -4116; once the first is filled or cancelled, the same id places a second order. Orders
    that ended without a fill are forgotten after some days: the note of the endpoint says how many. The list of open
    orders of a symbol weighs 1 on each route, of all symbols 40.
    """

    __slots__ = ()

    endpoints: ClassVar[BinanceEndpoints]

    def iter_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Order | None = None,
    ) -> Pager[Order]:
        """
        Walk the orders of a symbol in 90 days, 7 days at a time, by the time they were placed.

        Where the venue keeps no history of conditional orders, the open ones are its only conditional orders.
        """
        if symbol is None:
            raise self.refuse("name a symbol: the venue lists the orders of one at a time")
        name, call = symbol, HistoryCall(self)

        async def items() -> AsyncGenerator[Order, None]:
            span = await call.span(RETENTION, start, end, after=None if after is None else after.created_at)
            orders = Orders(self, self.ORDER_ROUTES)
            sources = [_walk_route(call, orders, route, name, span) for route in self.ORDER_ROUTES]
            async for order in merge_histories(*sources, track=TRACK, after=after):
                yield order

        return Pager(items, cost_per_page=self.endpoints.ORDERS.all_orders.weight_most)

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
        history = order_history(
            self.endpoints.ORDERS.trades, BinanceOrders._fills, FromId("fromId"), _FILL_TRACK, limit=_PAGE_SIZE
        )
        return history.walk(self, start=start, end=end, after=after, filters={"symbol": symbol})

    def iter_forced_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Order | None = None,
    ) -> Pager[Order]:
        """Walk liquidations and deleveraging, 7 days and 100 orders at a time; the client id shows which it is."""
        history = order_history(
            self.endpoints.ORDERS.forced, BinanceOrders._orders_by_force, Halved(), TRACK, limit=_FORCED_PAGE_SIZE
        )
        return history.walk(self, start=start, end=end, after=after, filters={"symbol": symbol})

    async def _orders_by_force(self, answer: Answer[tuple[Order, ...]]) -> Sequence[Order]:
        orders = Orders(self, self.ORDER_ROUTES)
        return await orders.orders_of(orders.routes.first, MANY.read(answer))

    async def _fills(self, answer: Answer[tuple[Fill, ...]]) -> list[Fill]:
        size = await self.ORDER_ROUTES.sizes(self)
        return [complete_fill(one.row, size(one.row.symbol), one.raw) for one in MANY.read(answer)]


class BinanceOrderTest(BinanceOrders, OrderTestControl):
    """Have orders checked."""

    __slots__ = ()

    async def test_order(self, request: OrderRequest) -> None:
        """Return when the venue would take a plain order; it tests none of another route."""
        draft = await Orders(self, self.ORDER_ROUTES).draft(request)
        endpoint, symbol = self.endpoints.ORDERS.test, draft.request.symbol
        if endpoint is None:
            reason = self.venue.unsupported.get(OrderTestControl, "the venue has no test of orders")
            raise self.make_error(UnsupportedCapability, reason, subject=symbol)
        if draft.route is not self.ORDER_ROUTES.first:
            words = "the venue tests limit and market orders only"
            raise self.refuse(words, subject=symbol)
        await self.call(endpoint, **draft.form)


async def _walk_route(
    call: HistoryCall, orders: Orders, route: OrderRoute, symbol: str, span: Span
) -> AsyncGenerator[Order, None]:
    account, reads = orders.account, route.reads.history
    has_answered = False

    async def items(_: Account, answer: Answer[Any]) -> Sequence[Order]:
        nonlocal has_answered
        has_answered = True
        return await orders.orders_of(route, reads.shape.read(answer))

    history = order_history(reads.endpoint, items, Halved(route.names.order_id), TRACK, limit=_PAGE_SIZE)
    try:
        async for order in call.items(history, span, symbol=symbol):
            yield order
    except UnsupportedCapability:
        if has_answered or not (reads.endpoint.may_be_absent and account.lacks(reads.endpoint)):
            raise
    else:
        return
    # that read is as urgent elsewhere as a walk is not
    waiting = Orders(account.with_options(priority=Priority.HISTORY), orders.routes)
    for order in await waiting.list_route(route, symbol):
        if span.start <= TRACK.milliseconds(order) <= span.end:
            yield order


def order_history(
    endpoint: Endpoint[Any],
    items: Callable[[Any, Answer[Any]], Awaitable[Sequence[T]]],
    paging: Paging,
    track: Track[T],
    *,
    limit: int,
) -> History[T]:
    """Return a history of orders or fills: 90 days, asked for 7 days at a time."""
    return History(
        endpoint=endpoint,
        paging=paging,
        items=items,
        track=track,
        limit=limit,
        width=timedelta(days=7),
        retention=RETENTION,
    )
