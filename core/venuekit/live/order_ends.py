"""Order ends: asks how orders ended that a read does not list any more."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from venuekit.account import Account
from venuekit.capabilities import EventOrigin, Order, OrderReader, OrderUpdate, StreamEvent
from venuekit.errors import AccountClosed, NotFound, OperationError
from venuekit.live.account_book import FOUND_ENDED, AccountBook

_log = logging.getLogger(__name__)

#: orders that are asked for at a time, one by one
_MOST = 10


class OrderEnds:
    """Finds out how orders ended, by asking for each one."""

    def __init__(self, account: Account, book: AccountBook) -> None:
        self._account = account
        self._book = book

    async def of(self, gone: Iterable[Order]) -> list[StreamEvent]:
        """Return the events of orders that are not open any more: RECOVERED where the venue still knows their end."""
        events: list[StreamEvent] = []
        for number, order in enumerate(gone):
            ended = await self._ask_for(order) if number < _MOST else None
            if ended is None or ended.is_open:
                events.append(self._event(order, EventOrigin.INFERRED))
            else:
                events.append(self._event(ended, EventOrigin.RECOVERED))
        return events

    async def of_doubted(self) -> list[StreamEvent]:
        """Ask for the orders of which it is in doubt whether they are open; return the events of those that ended."""
        events: list[StreamEvent] = []
        orders = self._book.orders
        for key in list(orders.doubted)[:_MOST]:
            live = orders.get(key)
            ended = None if live is None else await self._ask_for(live.order)
            if ended is not None and not ended.is_open and orders.get(key) is not None:
                orders.end(key)
                events.append(self._event(ended, EventOrigin.RECOVERED))
        return events

    async def _ask_for(self, order: Order) -> Order | None:
        try:
            return await OrderReader.of(self._account).get_order(order.symbol, order_id=order.id)
        except (NotFound, AccountClosed):
            return None
        except OperationError as failure:
            _log.info("how order %s ended could not be read: %s", order.id, failure)
            return None

    def _event(self, order: Order, origin: EventOrigin) -> OrderUpdate:
        at, time = self._account.now(), order.updated_at
        return OrderUpdate(order=order, time=time, change=FOUND_ENDED, received_at=at, message=0, origin=origin)
