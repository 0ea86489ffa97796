"""Endpoints that read orders and fills, and how orders are found in them, also those of lost writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, TypeVar

from venuekit.capabilities import (
    FillReader,
    ForcedOrderReader,
    OrderAmendControl,
    OrderBatchControl,
    OrderControl,
    OrderReader,
    SettingsReader,
)
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.orders import Lookup, LostOrders, OrderNames, OrderReads, OrderRows, ReadRow, Shape
from venuekit.plugin import AbsenceProof, Account, Echoes, Endpoint, Kind, Parameter, Role
from venuekit_bybit_inverse import order_rows
from venuekit_bybit_inverse.limits import cost
from venuekit_bybit_inverse.reading import read_pages
from venuekit_bybit_inverse.wire import (
    ANY_PRODUCT,
    BASE_COIN,
    CATEGORY,
    CURSOR,
    END,
    INVERSE,
    SETTLE_COIN,
    START,
    SYMBOL,
    limit,
)

T = TypeVar("T")

ORDER_ID = Parameter("orderId", role=Role.ORDER_ID)

#: an order that no attempt can bring any more is in neither list: a few seconds for lists that lag
_PROOF = AbsenceProof(after=timedelta(seconds=5))
_PAGE_SIZE = 50
_NAMES = OrderNames(order_id="orderId", client_id="orderLinkId", new_client_id="orderLinkId")


def _list(
    path: str, decode: Callable[[bytes], T], *parameters: Parameter, pool: str, order_id: str = "id", **details: Any
) -> Endpoint[T]:
    """Return a list of orders or fills; the attribute ``order_id`` of its rows is the id of their order."""
    return Endpoint(
        "GET",
        path,
        decode=decode,
        rows=(("result", "list"),),
        echoes=Echoes.each({"symbol": "symbol", "orderId": order_id, "orderLinkId": "client_id"}, "rows"),
        parameters=(*parameters, SYMBOL, BASE_COIN, ORDER_ID, Parameter("orderLinkId"), CURSOR),
        pools=cost(pool),
        **details,
    )


class OrderReadEndpoints(EndpointBook):
    """Reads of orders and fills."""

    OPEN_ORDERS = _list(
        "/v5/order/realtime",
        order_rows.decode_orders,
        ANY_PRODUCT,
        SETTLE_COIN,
        Parameter("openOnly", Kind.INTEGER, minimum=Decimal(0), maximum=Decimal(1)),
        Parameter("orderFilter"),
        limit(_PAGE_SIZE),
        pool="order_realtime",
        serves=(
            OrderReader.get_open_orders,
            OrderReader.get_open_order,
            OrderReader.get_order,
            OrderReader.iter_orders,
            OrderControl.cancel_order,
            OrderControl.cancel_all_orders,
            OrderAmendControl.amend_order,
            OrderAmendControl.amend_orders,
            OrderBatchControl.cancel_orders,
            SettingsReader.get_settings,
        ),
    )
    ORDER_HISTORY = _list(
        "/v5/order/history",
        order_rows.decode_orders,
        INVERSE,
        SETTLE_COIN,
        Parameter("orderFilter"),
        Parameter("orderStatus"),
        START,
        END,
        limit(_PAGE_SIZE),
        pool="order_history",
        serves=(OrderReader.get_order, OrderReader.iter_orders, ForcedOrderReader.iter_forced_orders),
        note="At most 7 days a request, two years back; cancelled and rejected orders without a fill for 24 hours.",
    )
    EXECUTIONS = _list(
        "/v5/execution/list",
        order_rows.decode_fills,
        INVERSE,
        START,
        END,
        Parameter("execType"),
        limit(100),
        pool="executions",
        order_id="order_id",
        serves=(FillReader.iter_fills, ForcedOrderReader.iter_forced_orders),
        note="At most 7 days a request, two years back, newest first.",
    )


async def _read_open(
    account: Account, lookup: Lookup, parameters: Mapping[str, Any], skip_odd: bool
) -> Sequence[ReadRow]:
    """Read all pages of the open orders, the oldest of one moment first; the venue's pages begin with the newest."""
    by = Account.answer_rows if skip_odd else Account.answer
    pages = await read_pages(account, lookup.endpoint, attrgetter("id"), by=by, **parameters)
    rows = zip(pages.rows, pages.raw, strict=True)
    return [ReadRow(row, raw, pages.received_at) for row, raw in rows][::-1]


def _fits(order: order_rows.ListedOrder, item: Mapping[str, Any]) -> bool:
    same = (order.symbol, order.side) == (item["symbol"], order_rows.SIDES.get(item["side"]))
    return same and order.quantity == Decimal(item["qty"])


def _is_amended(order: order_rows.ListedOrder, item: Mapping[str, Any]) -> bool:
    numbers = [name for name in order_rows.AMENDED_NUMBERS if name in item]
    words = [name for name in order_rows.AMENDED_WORDS if name in item]
    # a price of 0 takes it away, and shows as nothing
    return all((order.terms[name] or 0) == Decimal(item[name]) for name in numbers) and all(
        order.terms[name] == item[name] for name in words
    )


_PAGE = Shape(attrgetter("rows"), lambda raw: raw["result"]["list"])
_OPEN = Lookup(endpoint=OrderReadEndpoints.OPEN_ORDERS, shape=_PAGE)
_HISTORY = Lookup(endpoint=OrderReadEndpoints.ORDER_HISTORY, shape=_PAGE)

ORDER_READS = OrderReads(
    names=_NAMES,
    rows=OrderRows(
        open_statuses={word for word, status in order_rows.STATUSES.items() if not status.is_final},
        fits=_fits,
        terms=attrgetter("quantity", "price", "trigger_price"),
        is_amended=_is_amended,
        of_event=lambda order: order,
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
    proof=_PROOF,
    items="request",
    canceled_names=lambda parameters: list(map(_NAMES.name_in, parameters["request"])),
    scopes=("symbol", "baseCoin", "settleCoin"),
)
