"""The reads in which orders are looked for, also those of lost writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

from venuekit.parts.orders import Lookup, LostOrders, OrderNames, OrderReads, OrderRows, ReadRow, Shape
from venuekit.plugin import AbsenceProof, Account
from venuekit_bybit_inverse.endpoints.order_reads import OrderReadEndpoints
from venuekit_bybit_inverse.endpoints.parameters import CATEGORY
from venuekit_bybit_inverse.endpoints.reads import ReadEndpoints
from venuekit_bybit_inverse.order_payloads import OrderAck, OrderRow
from venuekit_bybit_inverse.reading import read_pages, read_rows

#: an order that no attempt can bring any more is in neither list: a few seconds for lists that lag
PROOF = AbsenceProof(after=timedelta(seconds=5))
_PAGE_SIZE = 50
#: the values an amendment may change: the name each is sent by, and the attribute of the order's row
_AMENDED_NUMBERS = {
    "qty": "qty",
    "price": "price",
    "triggerPrice": "trigger_price",
    "takeProfit": "take_profit",
    "stopLoss": "stop_loss",
    "tpLimitPrice": "tp_limit_price",
    "slLimitPrice": "sl_limit_price",
}
_AMENDED_WORDS = {
    "triggerBy": "trigger_by",
    "tpslMode": "tpsl_mode",
    "tpTriggerBy": "tp_trigger_by",
    "slTriggerBy": "sl_trigger_by",
}


async def _read_open(
    account: Account, lookup: Lookup, parameters: Mapping[str, Any], skip_odd: bool
) -> Sequence[ReadRow]:
    """Read all pages of the open orders, the oldest of one moment first; the venue's pages begin with the newest."""
    read = read_rows if skip_odd else read_pages
    pages = await read(account, lookup.endpoint, attrgetter("order_id"), **parameters)
    rows = zip(pages.rows, pages.raw, strict=True)
    return [ReadRow(row, raw, pages.received_at) for row, raw in rows][::-1]


def _fits(row: OrderRow, item: Mapping[str, Any]) -> bool:
    return row.symbol == item["symbol"] and row.side == item["side"] and row.qty == Decimal(item["qty"])


def _is_amended(row: OrderRow, item: Mapping[str, Any]) -> bool:
    # a price of 0 takes it away, and shows as nothing
    numbers = {name: getattr(row, attribute) or 0 for name, attribute in _AMENDED_NUMBERS.items()}
    words = {name: getattr(row, attribute) for name, attribute in _AMENDED_WORDS.items()}
    return all(numbers[name] == Decimal(item[name]) for name in item.keys() & numbers.keys()) and all(
        words[name] == item[name] for name in item.keys() & words.keys()
    )


_NAMES = OrderNames(order_id="orderId", client_id="orderLinkId", new_client_id="orderLinkId")
_PAGE = Shape(attrgetter("rows"), lambda raw: raw["result"]["list"])
_OPEN = Lookup(endpoint=OrderReadEndpoints.OPEN_ORDERS, shape=_PAGE)
_HISTORY = Lookup(endpoint=OrderReadEndpoints.ORDER_HISTORY, shape=_PAGE)

ORDER_READS = OrderReads(
    names=_NAMES,
    rows=OrderRows(
        symbol=attrgetter("symbol"),
        order_id=attrgetter("order_id"),
        client_id=attrgetter("order_link_id"),
        created_at=attrgetter("created_time"),
        status=attrgetter("order_status"),
        open_statuses={"New", "PartiallyFilled", "Untriggered", "Triggered"},
        fits=_fits,
        terms=attrgetter("qty", "price", "trigger_price"),
        is_amended=_is_amended,
        answer=lambda row: OrderAck(row.order_id, row.order_link_id, row=row),
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
    server_time=ReadEndpoints.SERVER_TIME,
    proof=PROOF,
    items="request",
    canceled_names=lambda parameters: list(map(_NAMES.name_in, parameters["request"])),
    scopes=("symbol", "baseCoin", "settleCoin"),
)
