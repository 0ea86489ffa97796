"""What changes orders, as functions of what the product has."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from venuekit.capabilities import CountdownControl, OrderAmendControl, OrderBatchControl, OrderControl, OrderTestControl
from venuekit.parts.orders import LostOrders
from venuekit.plugin import Area, Change, Changing, Echoes, Effect, Endpoint, Kind, Parameter, Readback, WriteScope
from venuekit_binance_common.endpoints import PAYS
from venuekit_binance_common.orders import decoders
from venuekit_binance_common.orders.guards import (
    always,
    arms,
    asks,
    batch_asks,
    batch_client_ids,
    batch_orders,
    batch_reduces,
    batch_rests,
    batch_symbols,
    largest_notional,
    notional,
    only_reduces,
    rests,
)
from venuekit_binance_common.orders.lookups import PROOF
from venuekit_binance_common.orders.parameters import (
    ORDER_NAME,
    THE_SYMBOL,
    amend_parameters,
    batch_parameters,
    order_parameters,
)
from venuekit_binance_common.orders.terms import ConditionalBook, OrderTerms, paying
from venuekit_binance_common.payloads import Acknowledgement, decode_acknowledgement

if TYPE_CHECKING:
    from venuekit.parts.orders import BatchItem
    from venuekit_binance_common.orders.rows import CountdownRow, OrderRow

__all__ = [
    "amend_batch_endpoint",
    "amend_endpoint",
    "cancel_all_endpoint",
    "cancel_batch_endpoint",
    "cancel_endpoint",
    "countdown_endpoint",
    "place_batch_endpoint",
    "place_endpoint",
    "test_endpoint",
]


#: what an order says of itself that it was asked for, by the names of plain orders
_PLACED = {
    "symbol": "symbol",
    "newClientOrderId": "client_order_id",
    "quantity": "orig_qty",
    "price": "price",
}
_NAMED = {"symbol": "symbol", "orderId": "order_id", "origClientOrderId": "client_order_id"}
_AMENDED = {**_NAMED, "quantity": "orig_qty", "price": "price"}


def place_endpoint(terms: OrderTerms, resolution: LostOrders) -> Endpoint[OrderRow]:
    """Return the placing of one order."""
    return Endpoint(
        "POST",
        f"{terms.root}/v1/order",
        decode=decoders.decode_order,
        echoes=Echoes(_PLACED),
        parameters=order_parameters(terms),
        effect=Effect.KEYED,
        write_scope=WriteScope.ORDER,
        rests=rests,
        reduces=only_reduces,
        notional=notional(in_base=terms.sizes_in_base),
        asks=asks(in_base=terms.sizes_in_base),
        doubtful_after_loss=frozenset({-4116}),
        resolve=resolution.resolve_order,
        absence_proof=PROOF,
        serves=(OrderControl.place_order,),
        note=(
            "Every type: conditional orders wait among the others."
            if terms.conditional is ConditionalBook.PLAIN
            else "Conditional types are refused here: they have a book and an endpoint of their own."
        ),
        **paying(terms.weight, terms.pools[0]),
    )


def test_endpoint(terms: OrderTerms) -> Endpoint[OrderRow]:
    """Return the test of one order."""
    return Endpoint(
        "POST",
        f"{terms.root}/v1/order/test",
        decode=decoders.decode_order,
        parameters=order_parameters(terms),
        effect=Effect.READ,
        pools=PAYS,
        serves=(OrderTestControl.test_order,),
        note="Checks an order and places none; what it weighs is not documented.",
    )


def _refusals(items: Iterable[BatchItem]) -> Iterable[tuple[int | str | None, str]]:
    return ((item.code, item.message) for item in items if item.code is not None)


def _change_refusals(change: Change[tuple[BatchItem, ...]]) -> Iterable[tuple[int | str | None, str]]:
    return _refusals(change.answer or ())


def place_batch_endpoint(terms: OrderTerms, resolution: LostOrders) -> Endpoint[tuple[BatchItem, ...]]:
    """Return the placing of several orders."""
    return Endpoint(
        "POST",
        f"{terms.root}/v1/batchOrders",
        decode=decoders.decode_batch,
        echoes=Echoes.of_items("batchOrders", _PLACED, told="row"),
        parameters=batch_parameters(terms),
        effect=Effect.KEYED,
        write_scope=WriteScope.ORDER,
        rests=batch_rests,
        reduces=batch_reduces,
        symbols=batch_symbols,
        client_ids=batch_client_ids,
        notional=largest_notional(in_base=terms.sizes_in_base),
        asks=batch_asks(in_base=terms.sizes_in_base),
        item_refusals=_refusals,
        resolve=resolution.resolve_batch,
        absence_proof=PROOF,
        serves=(OrderBatchControl.place_orders,),
        note="At most 5 orders; each has its own result.",
        **paying(5, terms.pools[1]),
    )


def amend_endpoint(terms: OrderTerms, unchanged: int, resolution: LostOrders) -> Endpoint[Change[OrderRow]]:
    """Return the amendment of one order; ``unchanged`` is the code for one that amends nothing."""
    return Endpoint(
        "PUT",
        f"{terms.root}/v1/order",
        decode=Changing(decoders.decode_order),
        echoes=Echoes(_AMENDED),
        parameters=amend_parameters(terms),
        effect=Effect.SET,
        area=Area.ORDERS,
        write_scope=WriteScope.AMENDMENT,
        notional=notional(in_base=terms.sizes_in_base),
        asks=asks(in_base=terms.sizes_in_base),
        no_change=frozenset({unchanged}),
        no_change_is_read=True,
        readback=resolution.read_amended,
        serves=(OrderAmendControl.amend_order,),
        note="Limit orders only, which lose their place in the queue; both quantity and price are needed.",
        **paying(terms.weight, terms.pools[0]),
    )


def amend_batch_endpoint(terms: OrderTerms, resolution: LostOrders) -> Endpoint[Change[tuple[BatchItem, ...]]]:
    """Return the amendment of several orders."""
    return Endpoint(
        "PUT",
        f"{terms.root}/v1/batchOrders",
        decode=Changing(decoders.decode_batch),
        echoes=Echoes.of_items("batchOrders", _AMENDED, told="row"),
        parameters=batch_parameters(terms),
        effect=Effect.SET,
        area=Area.ORDERS,
        write_scope=WriteScope.AMENDMENT,
        orders=batch_orders,
        symbols=batch_symbols,
        client_ids=batch_client_ids,
        notional=largest_notional(in_base=terms.sizes_in_base, amends=True),
        asks=batch_asks(in_base=terms.sizes_in_base),
        item_refusals=_change_refusals,
        readback=resolution.read_amended_batch,
        serves=(OrderAmendControl.amend_orders,),
        note="At most 5 orders; each has its own result.",
        **paying(5, terms.pools[1]),
    )


def cancel_endpoint(terms: OrderTerms, resolution: LostOrders) -> Endpoint[Change[OrderRow]]:
    """Return the cancelling of one order."""
    return Endpoint(
        "DELETE",
        f"{terms.root}/v1/order",
        decode=Changing(decoders.decode_order),
        echoes=Echoes(_NAMED),
        parameters=(THE_SYMBOL, *ORDER_NAME),
        effect=Effect.SET,
        area=Area.ORDERS,
        reduces=always,
        doubtful_after_loss=frozenset({-2011}),
        readback=resolution.read_canceled,
        pools=PAYS,
        serves=(OrderControl.cancel_order,),
    )


def cancel_all_endpoint(path: str, emptied: Readback, note: str) -> Endpoint[Change[Acknowledgement]]:
    """Return what empties a book of a symbol."""
    return Endpoint(
        "DELETE",
        path,
        decode=Changing(decode_acknowledgement),
        parameters=(THE_SYMBOL,),
        effect=Effect.SET,
        area=Area.ORDERS,
        reduces=always,
        write_scope=WriteScope.ALL_ORDERS,
        readback=emptied,
        pools=PAYS,
        serves=(OrderControl.cancel_all_orders,),
        note=note,
    )


def cancel_batch_endpoint(terms: OrderTerms, resolution: LostOrders) -> Endpoint[Change[tuple[BatchItem, ...]]]:
    """Return the cancelling of several orders."""
    return Endpoint(
        "DELETE",
        f"{terms.root}/v1/batchOrders",
        decode=Changing(decoders.decode_batch),
        echoes=(
            Echoes.of_items("orderIdList", {"": "order_id"}, told="row"),
            Echoes.of_items("origClientOrderIdList", {"": "client_order_id"}, told="row"),
        ),
        parameters=(
            THE_SYMBOL,
            Parameter("orderIdList", Kind.LIST),
            Parameter("origClientOrderIdList", Kind.LIST),
        ),
        effect=Effect.SET,
        area=Area.ORDERS,
        reduces=always,
        item_refusals=_change_refusals,
        readback=resolution.read_canceled_batch,
        pools=PAYS,
        serves=(OrderBatchControl.cancel_orders,),
        note="At most 10 orders; each has its own result.",
    )


def countdown_endpoint(terms: OrderTerms) -> Endpoint[CountdownRow]:
    """Return the arming of a symbol's countdown."""
    return Endpoint(
        "POST",
        f"{terms.root}/v1/countdownCancelAll",
        decode=decoders.decode_countdown,
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
