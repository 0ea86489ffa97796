"""Everything that is asked about orders, as a function of the product's root and of what it has."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs

from venuekit.capabilities import (
    CountdownCancel,
    OrderAmend,
    OrderBatch,
    OrderControl,
    OrderTest,
)
from venuekit.endpoint import Area, Change, Changing, Effect, Endpoint, Kind, Parameter, Readback, Subject
from venuekit_binance_common import order_decoders as decoders
from venuekit_binance_common import order_read_endpoints as reads
from venuekit_binance_common.endpoints import PAYS
from venuekit_binance_common.limits import WEIGHT
from venuekit_binance_common.order_guarding import always, batch_reduces, largest_notional, notional, only_reduces
from venuekit_binance_common.order_parameters import (
    ALGO_FORM,
    ALGO_NAME,
    BATCH,
    ORDER_FORM,
    ORDER_NAME,
    PRICE,
    QUANTITY,
    SIDE,
    THE_SYMBOL,
)
from venuekit_binance_common.order_settling import PROOF, AlgoSettling, OrderSettling
from venuekit_binance_common.order_terms import OrderTerms
from venuekit_binance_common.payloads import Acknowledgement, decode_acknowledgement

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit_binance_common.order_rows import AlgoOrderRow, BatchItem, CountdownRow, OrderRow, TradeRow

__all__ = ["OrderEndpoints", "order_endpoints"]

_OF_ORDERS = "Not known to count conditional orders, which are in a book of their own."


@attrs.frozen(kw_only=True)
class OrderEndpoints:
    """The endpoints of orders; what a product does not have is None."""

    open_orders: Endpoint[tuple[OrderRow, ...]]
    open_algo_orders: Endpoint[tuple[AlgoOrderRow, ...]]
    order: Endpoint[OrderRow]
    open_order: Endpoint[OrderRow]
    all_orders: Endpoint[tuple[OrderRow, ...]]
    algo_order: Endpoint[AlgoOrderRow] | None
    all_algo_orders: Endpoint[tuple[AlgoOrderRow, ...]] | None
    trades: Endpoint[tuple[TradeRow, ...]]
    forced: Endpoint[tuple[OrderRow, ...]]
    place: Endpoint[OrderRow]
    place_algo: Endpoint[AlgoOrderRow]
    test: Endpoint[OrderRow] | None
    amend: Endpoint[Change[OrderRow]]
    cancel: Endpoint[Change[OrderRow]]
    cancel_algo: Endpoint[Change[AlgoOrderRow]]
    cancel_all: Endpoint[Change[Acknowledgement]]
    cancel_all_algo: Endpoint[Change[Acknowledgement]] | None
    place_batch: Endpoint[tuple[BatchItem, ...]]
    amend_batch: Endpoint[Change[tuple[BatchItem, ...]]]
    cancel_batch: Endpoint[Change[tuple[BatchItem, ...]]]
    countdown: Endpoint[CountdownRow]

    @property
    def declared(self) -> tuple[Endpoint[Any], ...]:
        """All of them."""
        found = (getattr(self, field.name) for field in attrs.fields(type(self)))
        return tuple(endpoint for endpoint in found if endpoint is not None)


def order_endpoints(
    terms: OrderTerms,
    *,
    server_time: Endpoint[datetime],
    open_orders: Endpoint[tuple[OrderRow, ...]],
    open_algo_orders: Endpoint[tuple[AlgoOrderRow, ...]],
) -> OrderEndpoints:
    """Return the endpoints of one product."""
    order = reads.order_endpoint(terms)
    open_order = reads.open_order_endpoint(terms)
    algo_order = reads.algo_order_endpoint(terms) if terms.has_algo_history else None
    plain = OrderSettling(order, open_order, open_orders, server_time)
    algo = AlgoSettling(algo_order, open_algo_orders)
    return OrderEndpoints(
        open_orders=open_orders,
        open_algo_orders=open_algo_orders,
        order=order,
        open_order=open_order,
        all_orders=reads.all_orders_endpoint(terms),
        algo_order=algo_order,
        all_algo_orders=reads.all_algo_orders_endpoint(terms) if terms.has_algo_history else None,
        trades=reads.trades_endpoint(terms),
        forced=reads.forced_endpoint(terms),
        place=_place(terms, plain),
        place_algo=_place_algo(terms, algo),
        test=_test(terms) if terms.has_test else None,
        amend=_amend(terms, plain),
        cancel=_cancel(terms, plain),
        cancel_algo=_cancel_algo(terms, algo),
        cancel_all=_cancel_all(f"{terms.root}/v1/allOpenOrders", plain.emptied, "Plain orders only."),
        cancel_all_algo=(
            _cancel_all(f"{terms.root}/v1/algoOpenOrders", algo.emptied, "Conditional orders only.")
            if terms.has_algo_history
            else None
        ),
        place_batch=_place_batch(terms, plain),
        amend_batch=_amend_batch(terms, plain),
        cancel_batch=_cancel_batch(terms, plain),
        countdown=_countdown(terms),
    )


# -- placing


def _paying(weight: int, pools: Mapping[str, int]) -> dict[str, Any]:
    """Return what a call costs: its weight, nothing of it included, and its count of orders."""
    return {"weight": weight, "weight_most": weight, "pools": {WEIGHT: None, **pools}}


def _place(terms: OrderTerms, settling: OrderSettling) -> Endpoint[OrderRow]:
    return Endpoint(
        "POST",
        f"{terms.root}/v1/order",
        decode=decoders.decode_order,
        parameters=ORDER_FORM,
        effect=Effect.KEYED,
        reduces=only_reduces,
        notional=notional(told=terms.sizes_in_base),
        doubtful_after_loss=frozenset({-4116}),
        settle=settling.placed,
        absence_proof=PROOF,
        serves=(OrderControl.place_order,),
        note="Conditional types are refused here: they have a book and an endpoint of their own.",
        **_paying(0, terms.pools[0]),
    )


def _place_algo(terms: OrderTerms, settling: AlgoSettling) -> Endpoint[AlgoOrderRow]:
    can_be_found = terms.has_algo_history
    return Endpoint(
        "POST",
        f"{terms.root}/v1/algoOrder",
        decode=decoders.decode_algo_order,
        parameters=(
            *ALGO_FORM,
            Parameter("callbackRate", Kind.DECIMAL, minimum=Decimal("0.1"), maximum=terms.most_callback),
        ),
        effect=Effect.KEYED,
        reduces=only_reduces,
        notional=notional(told=terms.sizes_in_base),
        doubtful_after_loss=frozenset({-4116}),
        settle=settling.placed,
        absence_proof=PROOF if can_be_found else None,
        serves=(OrderControl.place_order,),
        note=(
            "Checks no margin before it triggers; at most 200 over all symbols."
            if can_be_found
            else "Only the open ones can be read, so a lost answer whose order is not among them stays unknown."
        ),
        **_paying(0, terms.pools[0]),
    )


def _test(terms: OrderTerms) -> Endpoint[OrderRow]:
    return Endpoint(
        "POST",
        f"{terms.root}/v1/order/test",
        decode=decoders.decode_order,
        parameters=ORDER_FORM,
        effect=Effect.READ,
        pools=PAYS,
        serves=(OrderTest.test_order,),
        note="Checks an order and places none; what it weighs is not documented.",
    )


def _place_batch(terms: OrderTerms, settling: OrderSettling) -> Endpoint[tuple[BatchItem, ...]]:
    return Endpoint(
        "POST",
        f"{terms.root}/v1/batchOrders",
        decode=decoders.decode_batch,
        parameters=(BATCH,),
        effect=Effect.KEYED,
        reduces=batch_reduces,
        notional=largest_notional(told=terms.sizes_in_base),
        settle=settling.batch_placed,
        absence_proof=PROOF,
        serves=(OrderBatch.place_orders,),
        note="At most 5 orders; each has its own result.",
        **_paying(5, terms.pools[1]),
    )


# -- changing


def _amend(terms: OrderTerms, settling: OrderSettling) -> Endpoint[Change[OrderRow]]:
    required = (attrs.evolve(QUANTITY, required=True), attrs.evolve(PRICE, required=True))
    return Endpoint(
        "PUT",
        f"{terms.root}/v1/order",
        decode=Changing(decoders.decode_order),
        parameters=(THE_SYMBOL, SIDE, *ORDER_NAME, *required, Parameter("modifyId", Kind.INTEGER)),
        effect=Effect.SET,
        area=Area.ORDERS,
        subject=Subject.SYMBOL,
        notional=notional(told=terms.sizes_in_base),
        no_change=frozenset({terms.unchanged}),
        readback=settling.amended,
        serves=(OrderAmend.amend_order,),
        note="Limit orders only, which lose their place in the queue; both quantity and price are needed.",
        **_paying(0, terms.pools[0]),
    )


def _amend_batch(terms: OrderTerms, settling: OrderSettling) -> Endpoint[Change[tuple[BatchItem, ...]]]:
    return Endpoint(
        "PUT",
        f"{terms.root}/v1/batchOrders",
        decode=Changing(decoders.decode_batch),
        parameters=(BATCH,),
        effect=Effect.SET,
        area=Area.ORDERS,
        subject=Subject.ACCOUNT,
        notional=largest_notional(told=terms.sizes_in_base),
        readback=settling.batch_amended,
        serves=(OrderBatch.amend_orders,),
        note="At most 5 orders; each has its own result.",
        **_paying(5, terms.pools[1]),
    )


def _cancel(terms: OrderTerms, settling: OrderSettling) -> Endpoint[Change[OrderRow]]:
    return Endpoint(
        "DELETE",
        f"{terms.root}/v1/order",
        decode=Changing(decoders.decode_order),
        parameters=(THE_SYMBOL, *ORDER_NAME),
        effect=Effect.SET,
        area=Area.ORDERS,
        reduces=always,
        doubtful_after_loss=frozenset({-2011}),
        readback=settling.canceled,
        pools=PAYS,
        serves=(OrderControl.cancel_order,),
    )


def _cancel_algo(terms: OrderTerms, settling: AlgoSettling) -> Endpoint[Change[AlgoOrderRow]]:
    return Endpoint(
        "DELETE",
        f"{terms.root}/v1/algoOrder",
        decode=Changing(decoders.decode_algo_order),
        parameters=ALGO_NAME,
        effect=Effect.SET,
        area=Area.ORDERS,
        reduces=always,
        doubtful_after_loss=frozenset({-2011}),
        readback=settling.canceled,
        pools=PAYS,
        serves=(OrderControl.cancel_order,),
        note="It names no symbol, so a guard that allows only some symbols does not let it pass.",
    )


def _cancel_all(path: str, emptied: Readback, note: str) -> Endpoint[Change[Acknowledgement]]:
    return Endpoint(
        "DELETE",
        path,
        decode=Changing(decode_acknowledgement),
        parameters=(THE_SYMBOL,),
        effect=Effect.SET,
        area=Area.ORDERS,
        reduces=always,
        readback=emptied,
        pools=PAYS,
        serves=(OrderControl.cancel_all_orders,),
        note=note,
    )


def _cancel_batch(terms: OrderTerms, settling: OrderSettling) -> Endpoint[Change[tuple[BatchItem, ...]]]:
    return Endpoint(
        "DELETE",
        f"{terms.root}/v1/batchOrders",
        decode=Changing(decoders.decode_batch),
        parameters=(
            THE_SYMBOL,
            Parameter("orderIdList", Kind.LIST),
            Parameter("origClientOrderIdList", Kind.LIST),
        ),
        effect=Effect.SET,
        area=Area.ORDERS,
        reduces=always,
        readback=settling.batch_canceled,
        pools=PAYS,
        serves=(OrderBatch.cancel_orders,),
        note="At most 10 orders; each has its own result.",
    )


def _countdown(terms: OrderTerms) -> Endpoint[CountdownRow]:
    return Endpoint(
        "POST",
        f"{terms.root}/v1/countdownCancelAll",
        decode=decoders.decode_countdown,
        parameters=(THE_SYMBOL, Parameter("countdownTime", Kind.INTEGER, required=True, minimum=Decimal(0))),
        effect=Effect.SESSION,
        weight=10,
        pools=PAYS,
        serves=(CountdownCancel.set_countdown,),
        note=terms.countdown_note or _OF_ORDERS,
    )
