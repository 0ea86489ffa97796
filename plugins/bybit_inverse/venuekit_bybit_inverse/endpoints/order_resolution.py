"""The reads in which orders are looked for, also those of lost writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

from venuekit.parts.orders import Lookup, LostOrders, OrderNames, OrderReads, OrderRows, ReadRow, Shape
from venuekit.plugin import AbsenceProof, Account
from venuekit_bybit_inverse.endpoints.market import MarketEndpoints
from venuekit_bybit_inverse.endpoints.order_reads import OrderReadEndpoints
from venuekit_bybit_inverse.endpoints.parameters import CATEGORY
from venuekit_bybit_inverse.order_rows import AMENDED_NUMBERS, AMENDED_WORDS, SIDES, ListedOrder
from venuekit_bybit_inverse.reading import read_pages, read_rows

#: an order that no attempt can bring any more is in neither list: a few seconds for lists that lag
PROOF = AbsenceProof(after=timedelta(seconds=5))
_PAGE_SIZE = 50


async def _read_open(
    account: Account, lookup: Lookup, parameters: Mapping[str, Any], skip_odd: bool
) -> Sequence[ReadRow]:
    """Read all pages of the open orders, the oldest of one moment first; the venue's pages begin with the newest."""
    read = read_rows if skip_odd else read_pages
    pages = await read(account, lookup.endpoint, attrgetter("id"), **parameters)
    rows = zip(pages.rows, pages.raw, strict=True)
    return [ReadRow(row, raw, pages.received_at) for row, raw in rows][::-1]


def _fits(order: ListedOrder, item: Mapping[str, Any]) -> bool:
    same = (order.symbol, order.side) == (item["symbol"], SIDES[item["side"]])
    return same and order.quantity == Decimal(item["qty"])


def _is_amended(order: ListedOrder, item: Mapping[str, Any]) -> bool:
    # a price of 0 takes it away, and shows as nothing
    return all((order.terms[name] or 0) == Decimal(item[name]) for name in AMENDED_NUMBERS if name in item) and all(
        order.terms[name] == item[name] for name in AMENDED_WORDS if name in item
    )


_NAMES = OrderNames(order_id="orderId", client_id="orderLinkId", new_client_id="orderLinkId")
_PAGE = Shape(attrgetter("rows"), lambda raw: raw["result"]["list"])
_OPEN = Lookup(endpoint=OrderReadEndpoints.OPEN_ORDERS, shape=_PAGE)
_HISTORY = Lookup(endpoint=OrderReadEndpoints.ORDER_HISTORY, shape=_PAGE)

ORDER_READS = OrderReads(
    names=_NAMES,
    rows=OrderRows(
        open_statuses={"New", "PartiallyFilled", "Untriggered", "Triggered"},
        fits=_fits,
        terms=attrgetter("quantity", "price", "trigger_price"),
        is_amended=_is_amended,
    ),
    one=(_OPEN, _HISTORY),
    open_one=(_OPEN,),
    placed=(_OPEN, _HISTORY),
    open_orders=_OPEN,
    history=_HISTORY,
    # of the list of open orders, only open ones
    open_parameters={"openOnly": 0, "limit": _PAGE_SIZE},
    read_open=_read_open,
    constants={"category": CATEGORY},
    ids_are_reused=False,
)
LOST_ORDERS = LostOrders(
    reads=ORDER_READS,
    server_time=MarketEndpoints.SERVER_TIME,
    proof=PROOF,
    items="request",
    canceled_names=lambda parameters: list(map(_NAMES.name_in, parameters["request"])),
    scopes=("symbol", "baseCoin", "settleCoin"),
)
