"""Endpoints that change orders, as functions of the product's terms."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from venuekit.capabilities import CountdownControl, Order, OrderTestControl
from venuekit.parts.orders import OrderWrites
from venuekit.plugin import Area, Change, Changing, Echoes, Effect, Endpoint, Kind, Parameter
from venuekit_binance_common.endpoints import PAYS
from venuekit_binance_common.orders.parameters import (
    ORDER_NAME,
    THE_SYMBOL,
    amend_parameters,
    batch_parameters,
    order_parameters,
)
from venuekit_binance_common.orders.terms import ConditionalBook, OrderTerms, paying
from venuekit_binance_common.orders.writes import (
    arms,
)
from venuekit_binance_common.payloads import Acknowledgement, CountdownRow, decode_acknowledgement, decode_countdown

if TYPE_CHECKING:
    from venuekit.parts.orders import BatchItem

#: the parts of an order that its answer repeats, by the names of plain orders
_PLACED = {
    "symbol": "symbol",
    "newClientOrderId": "client_id",
    "quantity": "quantity",
    "price": "price",
}
_NAMED = {"symbol": "symbol", "orderId": "id", "origClientOrderId": "client_id"}
_AMENDED = {**_NAMED, "quantity": "quantity", "price": "price"}


def place_endpoint(terms: OrderTerms, writes: OrderWrites) -> Endpoint[Order]:
    """Return the placing of one order."""
    return Endpoint(
        "POST",
        f"{terms.root}/v1/order",
        decode=terms.rows.order.read_one,
        echoes=Echoes(_PLACED),
        parameters=order_parameters(terms),
        note=(
            "Every type: conditional orders wait among the others."
            if terms.conditional is ConditionalBook.PLAIN
            else "Conditional types are refused here: they have a book and an endpoint of their own."
        ),
        **paying(terms.weight, terms.pools[0]),
        **writes.place,
    )


def test_endpoint(terms: OrderTerms) -> Endpoint[Order]:
    """Return the test of one order."""
    return Endpoint(
        "POST",
        f"{terms.root}/v1/order/test",
        decode=terms.rows.order.read_one,
        parameters=order_parameters(terms),
        effect=Effect.READ,
        pools=PAYS,
        serves=(OrderTestControl.test_order,),
        note="Checks an order and places none; what it weighs is not documented.",
    )


def place_batch_endpoint(terms: OrderTerms, writes: OrderWrites) -> Endpoint[tuple[BatchItem, ...]]:
    """Return the placing of several orders."""
    return Endpoint(
        "POST",
        f"{terms.root}/v1/batchOrders",
        decode=terms.rows.read_batch,
        echoes=Echoes.of_items("batchOrders", _PLACED, told="row"),
        parameters=batch_parameters(terms),
        note="At most 5 orders; each has its own result.",
        **paying(5, terms.pools[1]),
        **writes.place_batch,
    )


def amend_endpoint(terms: OrderTerms, unchanged: int, writes: OrderWrites) -> Endpoint[Change[Order]]:
    """Return the amendment of one order; ``unchanged`` is the code for one that amends nothing."""
    return Endpoint(
        "PUT",
        f"{terms.root}/v1/order",
        decode=Changing(terms.rows.order.read_one),
        echoes=Echoes(_AMENDED),
        parameters=amend_parameters(terms),
        no_change=frozenset({unchanged}),
        no_change_is_read=True,
        note="Limit orders only, which lose their place in the queue; both quantity and price are needed.",
        **paying(terms.weight, terms.pools[0]),
        **writes.amend,
    )


def amend_batch_endpoint(terms: OrderTerms, writes: OrderWrites) -> Endpoint[Change[tuple[BatchItem, ...]]]:
    """Return the amendment of several orders."""
    return Endpoint(
        "PUT",
        f"{terms.root}/v1/batchOrders",
        decode=Changing(terms.rows.read_batch),
        echoes=Echoes.of_items("batchOrders", _AMENDED, told="row"),
        parameters=batch_parameters(terms),
        note="At most 5 orders; each has its own result.",
        **paying(5, terms.pools[1]),
        **writes.amend_batch,
    )


def cancel_endpoint(terms: OrderTerms, writes: OrderWrites) -> Endpoint[Change[Order]]:
    """Return the cancelling of one order."""
    return Endpoint(
        "DELETE",
        f"{terms.root}/v1/order",
        decode=Changing(terms.rows.order.read_one),
        echoes=Echoes(_NAMED),
        parameters=(THE_SYMBOL, *ORDER_NAME),
        pools=PAYS,
        **writes.cancel,
    )


def cancel_all_endpoint(path: str, writes: OrderWrites, note: str) -> Endpoint[Change[Acknowledgement]]:
    """Return the endpoint that cancels all orders of a symbol."""
    return Endpoint(
        "DELETE",
        path,
        decode=Changing(decode_acknowledgement),
        parameters=(THE_SYMBOL,),
        pools=PAYS,
        note=note,
        **writes.cancel_all,
    )


def cancel_batch_endpoint(terms: OrderTerms, writes: OrderWrites) -> Endpoint[Change[tuple[BatchItem, ...]]]:
    """Return the cancelling of several orders."""
    return Endpoint(
        "DELETE",
        f"{terms.root}/v1/batchOrders",
        decode=Changing(terms.rows.read_batch),
        echoes=(
            Echoes.of_items("orderIdList", {"": "id"}, told="row"),
            Echoes.of_items("origClientOrderIdList", {"": "client_id"}, told="row"),
        ),
        parameters=(
            THE_SYMBOL,
            Parameter("orderIdList", Kind.LIST),
            Parameter("origClientOrderIdList", Kind.LIST),
        ),
        pools=PAYS,
        note="At most 10 orders; each has its own result.",
        **writes.cancel_batch,
    )


def countdown_endpoint(terms: OrderTerms) -> Endpoint[CountdownRow]:
    """Return the arming of a symbol's countdown."""
    return Endpoint(
        "POST",
        f"{terms.root}/v1/countdownCancelAll",
        decode=decode_countdown,
        echoes=Echoes({"symbol": "symbol", "countdownTime": "countdown_time"}),
        parameters=(THE_SYMBOL, Parameter("countdownTime", Kind.INTEGER, required=True, minimum=Decimal(0))),
        effect=Effect.SESSION,
        area=Area.ORDERS,
        reduces=arms,
        weight=10,
        pools=PAYS,
        serves=(CountdownControl.set_countdown,),
        note=terms.countdown_note,
    )
