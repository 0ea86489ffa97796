"""The reads in which orders of either route are looked for, also those of lost writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from venuekit.parts.orders import MANY, Lookup, LostOrders, OrderNames, OrderReads, OrderRows
from venuekit.plugin import AbsenceProof, Endpoint, OrderName, from_milliseconds
from venuekit_binance_common.orders.enums import OPEN_ALGO_STATUSES, OPEN_STATUSES
from venuekit_binance_common.payloads import Acknowledgement

if TYPE_CHECKING:
    from venuekit_binance_common.orders.rows import AlgoOrderRow, OrderRow

__all__ = [
    "NO_SUCH_ORDER",
    "NO_SUCH_PATH",
    "PROOF",
    "UNKNOWN_ORDER",
    "algo_reads",
    "lost_orders",
    "order_reads",
]

#: the codes that refuse a query, and a cancellation, of an order that is not there
NO_SUCH_ORDER = -2013
UNKNOWN_ORDER = -2011
#: the code that refuses a path the venue does not have
NO_SUCH_PATH = -5000
#: an order that no attempt can bring any more is found nowhere: reads may lag for some seconds
PROOF = AbsenceProof(after=timedelta(seconds=10), reads=2)


def order_reads(
    *,
    order: Endpoint[OrderRow],
    open_order: Endpoint[OrderRow],
    open_orders: Endpoint[tuple[OrderRow, ...]],
    all_orders: Endpoint[tuple[OrderRow, ...]],
) -> OrderReads:
    """Return the reads of plain orders: open and ended ones are queried, open ones also by a read of their own."""
    return OrderReads(
        names=OrderNames(
            order_id="orderId", client_id="origClientOrderId", new_client_id="newClientOrderId", numbers=True
        ),
        rows=OrderRows(
            symbol=attrgetter("symbol"),
            order_id=attrgetter("order_id"),
            client_id=attrgetter("client_order_id"),
            created_at=lambda row: _moment(row.time),
            status=attrgetter("status"),
            open_statuses=OPEN_STATUSES,
            fits=_fits,
            terms=_terms,
            is_amended=_is_amended,
        ),
        one=(Lookup(endpoint=order),),
        open_one=(Lookup(endpoint=open_order),),
        placed=(Lookup(endpoint=order), Lookup(endpoint=open_order)),
        open_orders=Lookup(endpoint=open_orders, shape=MANY, lists=True),
        history=Lookup(endpoint=all_orders, shape=MANY),
        no_such_order={NO_SUCH_ORDER},
    )


def algo_reads(
    *,
    order: Endpoint[AlgoOrderRow],
    open_orders: Endpoint[tuple[AlgoOrderRow, ...]],
    all_orders: Endpoint[tuple[AlgoOrderRow, ...]],
) -> OrderReads:
    """Return the reads of conditional orders; where their query may be absent, the open ones are read before it."""
    listed, queried = Lookup(endpoint=open_orders, shape=MANY, lists=True), Lookup(endpoint=order)
    return OrderReads(
        names=OrderNames(order_id="algoId", client_id="clientAlgoId", new_client_id="clientAlgoId", numbers=True),
        rows=OrderRows(
            symbol=attrgetter("symbol"),
            order_id=attrgetter("algo_id"),
            client_id=attrgetter("client_algo_id"),
            created_at=lambda row: _moment(row.create_time),
            status=attrgetter("algo_status"),
            open_statuses=OPEN_ALGO_STATUSES,
            fits=_algo_fits,
        ),
        one=(listed, queried) if order.may_be_absent else (queried,),
        open_one=(listed,),
        placed=(listed, queried),
        open_orders=listed,
        history=Lookup(endpoint=all_orders, shape=MANY),
        no_such_order={NO_SUCH_ORDER},
    )


def lost_orders(reads: OrderReads, server_time: Endpoint[datetime]) -> LostOrders:
    """Return the resolution of lost writes on a route."""
    return LostOrders(
        reads=reads,
        server_time=server_time,
        proof=PROOF,
        items="batchOrders",
        canceled_names=_names_of_cancelled,
        emptied_answer=Acknowledgement(200, "nothing is open"),
    )


def _names_of_cancelled(parameters: Mapping[str, Any]) -> Sequence[OrderName]:
    symbol = parameters["symbol"]
    names = [OrderName(symbol, str(order_id)) for order_id in parameters.get("orderIdList", ())]
    return names + [OrderName(symbol, None, client_id) for client_id in parameters.get("origClientOrderIdList", ())]


def _fits(row: OrderRow, item: Mapping[str, Any]) -> bool:
    same = (row.symbol, row.side, row.orig_type or row.type) == (item["symbol"], item["side"], item["type"])
    # an order that closes the position is asked for without a quantity
    return same and ("quantity" not in item or row.orig_qty == Decimal(item["quantity"]))


def _algo_fits(row: AlgoOrderRow, item: Mapping[str, Any]) -> bool:
    same = (row.symbol, row.side, row.order_type) == (item["symbol"], item["side"], item["type"])
    return same and ("quantity" not in item or row.quantity == Decimal(item["quantity"]))


def _terms(row: OrderRow) -> tuple[Decimal | None, Decimal | None]:
    return row.orig_qty, row.price


def _is_amended(row: OrderRow, item: Mapping[str, Any]) -> bool:
    # where the venue matched a price, this may be another one than it was
    return "price" in item and _terms(row) == (Decimal(item["quantity"]), Decimal(item["price"]))


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_milliseconds(milliseconds)
