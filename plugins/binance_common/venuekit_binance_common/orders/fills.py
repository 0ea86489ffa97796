"""Fills, and the orders that the venue itself placed."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar

from venuekit.capabilities import Fill, FillReader, ForcedOrderReader, Order
from venuekit.parts.histories import FromId, Halved, Track
from venuekit.parts.orders import MANY, OrderRoutes, Orders
from venuekit.plugin import Account, Answer, Pager
from venuekit_binance_common.orders.endpoints import OrderEndpoints
from venuekit_binance_common.orders.history import TRACK, order_history
from venuekit_binance_common.orders.rows import complete_fill

if TYPE_CHECKING:
    from datetime import datetime

_PAGE_SIZE = 1000
_FORCED_PAGE_SIZE = 100
_TRACK = Track[Fill](attrgetter("time"), attrgetter("key"))


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
        history = order_history(self.ORDERS.trades, BinanceFills._fills, FromId("fromId"), _TRACK, limit=_PAGE_SIZE)
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
            self.ORDERS.forced, BinanceFills._orders_by_force, Halved(), TRACK, limit=_FORCED_PAGE_SIZE
        )
        return history.walk(self, start=start, end=end, after=after, filters={"symbol": symbol})

    async def _orders_by_force(self, answer: Answer[tuple[Order, ...]]) -> Sequence[Order]:
        orders = Orders(self, self.ORDER_ROUTES)
        return await orders.orders_of(orders.routes.first, MANY.read(answer))

    async def _fills(self, answer: Answer[tuple[Fill, ...]]) -> list[Fill]:
        size = await self.ORDER_ROUTES.sizes(self)
        return [complete_fill(one.row, size(one.row.symbol), one.raw) for one in MANY.read(answer)]
