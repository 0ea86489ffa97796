"""The reads in which orders of either route are looked for, also those of lost writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from venuekit.capabilities import Order
from venuekit.parts.orders import MANY, Lookup, LostOrders, OrderNames, OrderReads, OrderRows
from venuekit.plugin import AbsenceProof, Endpoint, OrderName
from venuekit_binance_common.orders.enums import OPEN_ALGO_STATUSES, OPEN_STATUSES, SIDES, TYPES
from venuekit_binance_common.payloads import Acknowledgement

#: the codes that refuse a query, and a cancellation, of an order that is not there
NO_SUCH_ORDER = -2013
UNKNOWN_ORDER = -2011
#: the code that refuses a path the venue does not have
NO_SUCH_PATH = -5000
#: an order that no attempt can bring any more is found nowhere: reads may lag for some seconds
PROOF = AbsenceProof(after=timedelta(seconds=10), reads=2)


def order_reads(
    *,
    order: Endpoint[Order],
    open_order: Endpoint[Order],
    open_orders: Endpoint[tuple[Order, ...]],
    all_orders: Endpoint[tuple[Order, ...]],
) -> OrderReads:
    """Return the reads of plain orders: open and ended ones are queried, open ones also by a read of their own."""
    return OrderReads(
        names=OrderNames(
            order_id="orderId", client_id="origClientOrderId", new_client_id="newClientOrderId", numbers=True
        ),
        rows=OrderRows(
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
    order: Endpoint[Order],
    open_orders: Endpoint[tuple[Order, ...]],
    all_orders: Endpoint[tuple[Order, ...]],
) -> OrderReads:
    """Return the reads of conditional orders; where their query may be absent, the open ones are read before it."""
    listed, queried = Lookup(endpoint=open_orders, shape=MANY, lists=True), Lookup(endpoint=order)
    return OrderReads(
        names=OrderNames(order_id="algoId", client_id="clientAlgoId", new_client_id="clientAlgoId", numbers=True),
        rows=OrderRows(open_statuses=OPEN_ALGO_STATUSES, fits=_fits),
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


def _fits(order: Order, item: Mapping[str, Any]) -> bool:
    same = (order.symbol, order.side, order.type) == (item["symbol"], SIDES[item["side"]], TYPES[item["type"]])
    # an order that closes the position is asked for without a quantity
    return same and ("quantity" not in item or order.quantity == Decimal(item["quantity"]))


def _terms(order: Order) -> tuple[Decimal | None, Decimal | None]:
    return order.quantity, order.price


def _is_amended(order: Order, item: Mapping[str, Any]) -> bool:
    # where the venue matched a price, this may be another one than it was
    return "price" in item and _terms(order) == (Decimal(item["quantity"]), Decimal(item["price"]))
