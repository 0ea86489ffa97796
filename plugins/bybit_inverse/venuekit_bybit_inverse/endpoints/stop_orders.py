"""Reads of a symbol's orders within the resolution of a lost stop: all that are open, and all of a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import unquote

from venuekit.plugin import Call, Endpoint, PayloadMismatch, to_milliseconds
from venuekit_bybit_inverse.endpoints.order_reads import OrderReadEndpoints
from venuekit_bybit_inverse.order_rows import ListedOrder
from venuekit_bybit_inverse.wire import CATEGORY, Page

_PAGE_SIZE = 50


async def read_open(call: Call, symbol: str) -> tuple[ListedOrder, ...]:
    """Return the open orders of a symbol."""
    return await _read_pages(call, OrderReadEndpoints.OPEN_ORDERS, symbol=symbol, openOnly=0)


async def read_ended(call: Call, symbol: str, since: datetime) -> tuple[ListedOrder, ...]:
    """Return the orders of a symbol that were made since then, as the history has them."""
    return await _read_pages(call, OrderReadEndpoints.ORDER_HISTORY, symbol=symbol, startTime=to_milliseconds(since))


async def _read_pages(call: Call, endpoint: Endpoint[Page[ListedOrder]], **which: Any) -> tuple[ListedOrder, ...]:
    """
    Return the orders of all pages, each once.

    Raises:
        PayloadMismatch: a page holds nothing new, so what is behind it cannot be asked for.
    """
    found: dict[str, ListedOrder] = {}
    while True:
        page = await call(endpoint, category=CATEGORY, limit=_PAGE_SIZE, **which)
        known = len(found)
        found |= {order.id: order for order in page.rows}
        if not page.rows or not page.cursor:
            return tuple(found.values())
        if len(found) == known:
            raise PayloadMismatch(f"{endpoint}: a page holds nothing new behind {known} orders")
        which["cursor"] = unquote(page.cursor)
