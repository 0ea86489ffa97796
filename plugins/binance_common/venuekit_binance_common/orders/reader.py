"""Reading orders: two books, plain and conditional, shown as one; or the one book that there is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import attrs

from venuekit.capabilities import Order, OrderReader
from venuekit.parts.concurrency import gather
from venuekit.parts.histories import NO_ORIGIN, Origin, Page, Span, Track, merge_histories, walk_by_cursor
from venuekit.plugin import Answer, Endpoint, NotFound, Outcome, Pager, Priority, UnsupportedCapability
from venuekit_binance_common.history_limits import HistoryLimit, milliseconds
from venuekit_binance_common.orders.endpoints import OrderEndpoints
from venuekit_binance_common.orders.form import order_name
from venuekit_binance_common.orders.lost_orders import NO_SUCH_ORDER, read_or_none
from venuekit_binance_common.orders.moments import ById
from venuekit_binance_common.orders.values import Size, algo_order_of, order_of
from venuekit_binance_common.symbols.contracts import BinanceContracts

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit_binance_common.orders.algo_endpoints import AlgoEndpoints
    from venuekit_binance_common.orders.rows import AlgoOrderRow, OrderRow

__all__ = ["ORDER_LIMIT", "TRACK", "BinanceOrderReading", "algo_named", "page_of", "raws_of", "walk_windows"]

T = TypeVar("T")

#: a minute less than the venue says, so that what is asked for is not too old when it arrives
ORDER_LIMIT = HistoryLimit(
    width=timedelta(days=7), words="90 days, asked for 7 days at a time", keeps=timedelta(days=90, minutes=-1)
)
_PAGE_SIZE = 1000
#: how orders are told apart in a history: by the time they were placed
TRACK = Track[Order](
    time=lambda order: 0 if order.created_at is None else milliseconds(order.created_at), key=lambda order: order.key
)


class BinanceOrderReading(BinanceContracts, OrderReader):
    """Read orders: what is not in the plain book is looked for in the conditional one, where there is one."""

    __slots__ = ()

    ORDERS: ClassVar[OrderEndpoints]
    #: what a contract is; its size is None where each symbol has its own
    ORDER_SIZE: ClassVar[Size]

    async def get_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """
        Return an order, open or not; of a client id in both books, the plain one.

        Where conditional orders cannot be queried, only the open ones are found. Orders that ended without a fill are
        forgotten after some days: the note of the endpoint says how many.
        """
        name = order_name(self, "get_order", symbol, order_id, client_id)
        order = await self._plain_order(symbol, name) or await self._algo_order(symbol, order_id, client_id)
        if order is None:
            raise self._no_order("get_order", symbol, client_id)
        return order

    async def get_open_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """Return an open order."""
        name = order_name(self, "get_open_order", symbol, order_id, client_id)
        order = await self._plain_order(symbol, name, self.ORDERS.open_order)
        order = order or await self._open_algo_order(symbol, order_id, client_id)
        if order is None or not order.is_open:
            raise self._no_order("get_open_order", symbol, client_id)
        return order

    async def get_open_orders(self, *, symbol: str | None = None) -> tuple[Order, ...]:
        """
        Return what waits in every book, oldest first; each weighs 1 for a symbol, 40 for all.

        An order that cannot be read is left out with a warning.
        """
        return await self._open_orders(symbol, self.answer_rows)

    async def _open_orders(
        self, symbol: str | None, read: Callable[..., Coroutine[Any, Any, Any]]
    ) -> tuple[Order, ...]:
        """Return what waits; ``read`` says whether an order that cannot be read is left out."""
        algo = self.ORDERS.algo
        if algo is None:
            orders = await self._orders(await read(self.ORDERS.open_orders, symbol=symbol))
        else:
            plain, conditional = await gather(
                read(self.ORDERS.open_orders, symbol=symbol), read(algo.open_orders, symbol=symbol)
            )
            orders = [*await self._orders(plain), *await self._algo_orders(conditional)]
        return tuple(sorted(orders, key=TRACK.time))

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

        Where the venue keeps no history of conditional orders, those that are open now stand for all of them.
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
            sources = [self._walk_plain(name, span)]
            if self.ORDERS.algo is not None:
                sources.append(self._walk_algo(self.ORDERS.algo, name, span))
            async for order in merge_histories(*sources, track=TRACK, after=after):
                yield order

        return Pager(walk, cost_per_page=self.ORDERS.all_orders.weight_most)

    async def _walk_plain(self, symbol: str, span: Span) -> AsyncGenerator[Order, None]:
        async def fetch(window: Span) -> Page[Order]:
            answer = await self.answer_rows(
                self.ORDERS.all_orders, symbol=symbol, startTime=window.start, endTime=window.end, limit=_PAGE_SIZE
            )
            return page_of(answer, await self._orders(answer))

        async def fetch_from(number: int) -> Page[Order]:
            answer = await self.answer_rows(self.ORDERS.all_orders, symbol=symbol, orderId=number, limit=_PAGE_SIZE)
            return page_of(answer, await self._orders(answer))

        by_id, origin = _by_id(fetch_from), Origin(self.venue.id, "iter_orders")
        async for order in walk_windows(fetch, span, TRACK, _PAGE_SIZE, origin=origin, by_id=by_id):
            yield order

    async def _walk_algo(self, algo: AlgoEndpoints, symbol: str, span: Span) -> AsyncGenerator[Order, None]:
        history, has_answered = algo.all_orders, False

        async def fetch(window: Span) -> Page[Order]:
            nonlocal has_answered
            answer = await self.answer_rows(
                history, symbol=symbol, startTime=window.start, endTime=window.end, limit=_PAGE_SIZE
            )
            has_answered = True
            return page_of(answer, await self._algo_orders(answer))

        async def fetch_from(number: int) -> Page[Order]:
            answer = await self.answer_rows(history, symbol=symbol, algoId=number, limit=_PAGE_SIZE)
            return page_of(answer, await self._algo_orders(answer))

        by_id, origin = _by_id(fetch_from), Origin(self.venue.id, "iter_orders")
        try:
            async for order in walk_windows(fetch, span, TRACK, _PAGE_SIZE, origin=origin, by_id=by_id):
                yield order
        except UnsupportedCapability:
            if has_answered or not (history.may_be_absent and self.lacks(history)):
                raise
        else:
            return
        # that read is as urgent elsewhere as a walk is not
        answer = await self.with_options(priority=Priority.HISTORY).answer_rows(algo.open_orders, symbol=symbol)
        for order in sorted(await self._algo_orders(answer), key=TRACK.time):
            if span.start <= TRACK.time(order) <= span.end:
                yield order

    # -- one order, of either book

    async def _plain_order(
        self, symbol: str, name: Mapping[str, Any], endpoint: Endpoint[OrderRow] | None = None
    ) -> Order | None:
        answer = await read_or_none(self.answer(endpoint or self.ORDERS.order, symbol=symbol, **name))
        return None if answer is None else self._order_of(answer.value, await self._size(symbol), *_reading(answer))

    async def _algo_order(self, symbol: str, order_id: str | None, client_id: str | None) -> Order | None:
        algo = self.ORDERS.algo
        if algo is None:
            return None
        if algo.order.may_be_absent:
            # whatever a read says that is not documented, an open order is found, and can be cancelled
            order = await self._open_algo_order(symbol, order_id, client_id)
            if order is not None or self.lacks(algo.order):
                return order
        try:
            answer = await read_or_none(self.answer(algo.order, **algo_named(order_id, client_id)))
        except UnsupportedCapability:
            if not (algo.order.may_be_absent and self.lacks(algo.order)):
                raise
            return None
        if answer is None or answer.value.symbol != symbol:
            return None
        return algo_order_of(answer.value, await self._size(symbol), *_reading(answer))

    async def _open_algo_order(self, symbol: str, order_id: str | None, client_id: str | None) -> Order | None:
        if self.ORDERS.algo is None:
            return None
        answer = await self.answer(self.ORDERS.algo.open_orders, symbol=symbol)
        for order in await self._algo_orders(answer):
            if order_id == order.id or (order_id is None and client_id == order.client_id):
                return order
        return None

    # -- rows

    def _order_of(self, row: OrderRow, size: Size, received_at: datetime, raw: Any) -> Order:
        """Return the order of a row of the plain book."""
        return order_of(row, size, received_at, raw, one_book=self.ORDERS.algo is None)

    async def _orders(self, answer: Answer[tuple[OrderRow, ...]]) -> list[Order]:
        size = await self._sizes()
        rows, raws = answer.value, raws_of(answer)
        return [
            self._order_of(row, size(row.symbol), answer.received_at, raw) for row, raw in zip(rows, raws, strict=True)
        ]

    async def _algo_orders(self, answer: Answer[tuple[AlgoOrderRow, ...]]) -> list[Order]:
        size = await self._sizes()
        rows, raws = answer.value, raws_of(answer)
        return [
            algo_order_of(row, size(row.symbol), answer.received_at, raw) for row, raw in zip(rows, raws, strict=True)
        ]

    async def _sizes(self) -> Callable[[str], Size]:
        """Return what tells the size of a symbol's contracts."""
        usual = self.ORDER_SIZE
        if usual.size is not None:
            return lambda _: usual
        contracts = await self.read_once(self.CONTRACTS)

        def size(symbol: str) -> Size:
            contract = contracts.get(symbol)
            return usual if contract is None else Size(contract.contract_size, usual.unit)

        return size

    async def _size(self, symbol: str) -> Size:
        return (await self._sizes())(symbol)

    def _no_order(self, operation: str, symbol: str, client_id: str | None) -> NotFound:
        return NotFound(
            "Order does not exist.",  # the venue's words, of each book that was asked
            venue=self.venue.id,
            operation=operation,
            subject=symbol,
            client_id=client_id,
            code=NO_SUCH_ORDER,
            outcome=Outcome.NOT_APPLIED,
        )


def algo_named(order_id: str | None, client_id: str | None) -> dict[str, int | str]:
    """Return how a conditional order is named."""
    return {"clientAlgoId": client_id or ""} if order_id is None else {"algoId": int(order_id)}


def raws_of(answer: Answer[Any]) -> Sequence[Any]:
    """Return the venue's own object of each row, None where they are not kept."""
    raws: Sequence[Any] = [None] * len(answer.value) if answer.raw is None else answer.raw
    return raws


def page_of(answer: Answer[Any], items: Sequence[T]) -> Page[T]:
    """Return the items of an answer as a page that counts its rows, those that could not be read as well."""
    return Page(items, rows=len(items) + len(answer.odd))


def _by_id(fetch: Callable[[int], Awaitable[Page[Order]]]) -> ById[Order]:
    return ById(fetch=fetch, identity=lambda order: int(order.id), time=TRACK.time, limit=_PAGE_SIZE)


def _reading(answer: Answer[Any]) -> tuple[datetime, Any]:
    return answer.received_at, answer.raw


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
