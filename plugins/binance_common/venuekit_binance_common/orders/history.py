"""Orders of either route, and their history: what has ended is walked together with what waits."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import attrs

from venuekit.capabilities import Order, OrderTestControl
from venuekit.parts.histories import NO_ORIGIN, Origin, Page, Span, Track, merge_histories, walk_by_cursor
from venuekit.parts.orders import OrderPart, OrderRoute, Orders
from venuekit.plugin import Answer, Pager, Priority, UnsupportedCapability
from venuekit_binance_common.history_limits import HistoryLimit, milliseconds
from venuekit_binance_common.orders.endpoints import OrderEndpoints
from venuekit_binance_common.orders.moments import ById

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit.capabilities import OrderRequest

__all__ = ["ORDER_LIMIT", "TRACK", "BinanceOrderTest", "BinanceOrders", "page_of", "walk_windows"]

T = TypeVar("T")

#: a minute less than the venue says, so that what is asked for is not too old when it arrives
ORDER_LIMIT = HistoryLimit(
    width=timedelta(days=7), words="90 days, asked for 7 days at a time", keeps=timedelta(days=90, minutes=-1)
)
_PAGE_SIZE = 1000
#: orders of a history are ordered by the time they were placed
TRACK = Track[Order](
    time=lambda order: 0 if order.created_at is None else milliseconds(order.created_at), key=lambda order: order.key
)


class BinanceOrders(OrderPart):
    """
    Read, place and cancel orders.

    The client id, which is always sent, is unique among open orders only: while an order of the same id is open, a
    second one is refused with -4116; once the first is filled or cancelled, the same id places a second order. Orders
    that ended without a fill are forgotten after some days: the note of the endpoint says how many. The list of open
    orders of a symbol weighs 1 on each route, of all symbols 40.
    """

    __slots__ = ()

    ORDERS: ClassVar[OrderEndpoints]

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
            raise self.refuse(
                "name a symbol: the venue lists the orders of one at a time",
                operation="iter_orders",
            )
        name = symbol

        async def walk() -> AsyncGenerator[Order, None]:
            resume = None if after is None else after.created_at
            span = await ORDER_LIMIT.span(self, operation="iter_orders", start=start, end=end, after=resume)
            sources = [_walk_route(Orders(self, self.ORDER_ROUTES), route, name, span) for route in self.ORDER_ROUTES]
            async for order in merge_histories(*sources, track=TRACK, after=after):
                yield order

        return Pager(walk, cost_per_page=self.ORDERS.all_orders.weight_most)


class BinanceOrderTest(BinanceOrders, OrderTestControl):
    """Have orders checked."""

    __slots__ = ()

    async def test_order(self, request: OrderRequest) -> None:
        """Return when the venue would take a plain order; it tests none of another route."""
        draft = await Orders(self, self.ORDER_ROUTES).draft("test_order", request)
        endpoint, symbol = self.ORDERS.test, draft.request.symbol
        if endpoint is None:
            reason = self.venue.unsupported.get(OrderTestControl, "the venue has no test of orders")
            raise UnsupportedCapability(reason, venue=self.venue.id, operation="test_order", subject=symbol)
        if draft.route is not self.ORDER_ROUTES.first:
            words = "the venue tests limit and market orders only"
            raise self.refuse(words, operation="test_order", subject=symbol)
        await self.call(endpoint, **draft.form)


async def _walk_route(orders: Orders, route: OrderRoute, symbol: str, span: Span) -> AsyncGenerator[Order, None]:
    account, history = orders.account, route.reads.history.endpoint
    has_answered = False

    async def fetch_page(**where: int) -> Page[Order]:
        nonlocal has_answered
        answer = await account.answer_rows(history, symbol=symbol, limit=_PAGE_SIZE, **where)
        has_answered = True
        return page_of(answer, await orders.orders_of(route, route.reads.history.shape.read(answer)))

    async def fetch(window: Span) -> Page[Order]:
        return await fetch_page(startTime=window.start, endTime=window.end)

    async def fetch_from(number: int) -> Page[Order]:
        return await fetch_page(**{route.names.order_id: number})

    by_id = ById(fetch=fetch_from, identity=lambda order: int(order.id), time=TRACK.time, limit=_PAGE_SIZE)
    origin = Origin(account.venue.id, "iter_orders")
    try:
        async for order in walk_windows(fetch, span, TRACK, _PAGE_SIZE, origin=origin, by_id=by_id):
            yield order
    except UnsupportedCapability:
        if has_answered or not (history.may_be_absent and account.lacks(history)):
            raise
    else:
        return
    # that read is as urgent elsewhere as a walk is not
    waiting = Orders(account.with_options(priority=Priority.HISTORY), orders.routes)
    for order in await waiting.list_route(route, symbol):
        if span.start <= TRACK.time(order) <= span.end:
            yield order


def page_of(answer: Answer[Any], items: Sequence[T]) -> Page[T]:
    """Return the items of an answer as a page that counts its rows, those that could not be read as well."""
    return Page(items, rows=len(items) + len(answer.odd))


async def walk_windows(
    fetch: Callable[[Span], Awaitable[Page[Any]]],
    span: Span,
    track: Track[Any],
    limit: int,
    *,
    after: Any = None,
    origin: Origin = NO_ORIGIN,
    by_id: ById[Any] | None = None,
) -> AsyncGenerator[Any, None]:
    """
    Walk a history oldest first that is asked for by windows, from behind an item on.

    Which rows a window holds that has more than ``limit`` is not documented: it is halved until it has fewer. A
    millisecond that has as many is read ``by_id``.

    Raises:
        PayloadMismatch: one millisecond holds more than a page, and there are no ids to ask by.
    """

    async def page(window: Span, _: str | None) -> Page[Any]:
        answered = await fetch(window)
        rows, is_full = sorted(answered.items, key=track.time), answered.count >= limit
        if by_id is not None and is_full and window.start == window.end:
            known = min(map(by_id.identity, rows))
            return Page((await attrs.evolve(by_id, origin=origin).whole(window.start, known))[::-1])
        # turned round: the walk expects a page to begin with the newest
        return Page(rows[::-1], "more" if is_full else None)

    windows = span.windows(ORDER_LIMIT.width)
    async for item in walk_by_cursor(page, windows, track=track, after=after, most_pages=1, origin=origin):
        yield item
