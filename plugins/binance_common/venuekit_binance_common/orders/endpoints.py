"""All endpoints of orders and fills, as functions of the terms of a product."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import attrs

from venuekit.capabilities import (
    CountdownControl,
    DeadManControl,
    Fill,
    FillReader,
    ForcedOrderReader,
    Order,
    OrderControl,
    OrderReader,
    OrderTestControl,
    SettingsReader,
)
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.orders import BatchItem, OrderReads, OrderWrites
from venuekit.plugin import Area, Change, Changing, Echoes, Effect, Endpoint, Fault, Kind, Parameter, Role
from venuekit_binance_common.orders.parameters import (
    ALGO_NAME,
    ORDER_NAME,
    algo_parameters,
    amend_parameters,
    batch_parameters,
    order_parameters,
)
from venuekit_binance_common.orders.rows import ALGO_ORDER, ALGO_ORDERS, CANCELED_ALGO_ORDER, OrderIds
from venuekit_binance_common.orders.terms import ConditionalBook, OrderTerms, paying
from venuekit_binance_common.orders.writes import (
    NO_SUCH_PATH,
    algo_reads,
    always,
    arms,
    lost_orders,
    order_reads,
    order_writes,
)
from venuekit_binance_common.payloads import Acknowledgement, CountdownRow, decode_acknowledgement, decode_countdown
from venuekit_binance_common.venue import EVERY_SYMBOL, PAYS, SPAN, SYMBOL, THE_SYMBOL, limit_up_to

T = TypeVar("T")

#: the parts of an order that its answer repeats
_NAMED = {"symbol": "symbol", "orderId": "id", "origClientOrderId": "client_id"}
_AMENDED = {**_NAMED, "quantity": "quantity", "price": "price"}
_PLACED = {"symbol": "symbol", "newClientOrderId": "client_id", "quantity": "quantity", "price": "price"}
_ALGO_NAMED = {"algoId": "id", "clientAlgoId": "client_id"}
_ALGO_PLACED = {"symbol": "symbol", "clientAlgoId": "client_id", "quantity": "quantity"}


@attrs.frozen(kw_only=True)
class AlgoEndpoints(EndpointBook):
    """
    The endpoints of a book of conditional orders.

    Without ``cancel_all`` its orders are ended one by one: no answer to a request that is not documented
    would prove that it ended anything.
    """

    reads: OrderReads
    open_orders: Endpoint[tuple[Order, ...]]
    order: Endpoint[Order]
    all_orders: Endpoint[tuple[Order, ...]]
    place: Endpoint[Order]
    cancel: Endpoint[Change[OrderIds]]
    cancel_all: Endpoint[Change[Acknowledgement]] | None


@attrs.frozen(kw_only=True)
class OrderEndpoints(EndpointBook):
    """The endpoints of orders on a product's terms; None where it has none."""

    terms: OrderTerms
    reads: OrderReads
    open_orders: Endpoint[tuple[Order, ...]]
    order: Endpoint[Order]
    open_order: Endpoint[Order]
    all_orders: Endpoint[tuple[Order, ...]]
    trades: Endpoint[tuple[Fill, ...]]
    #: the history of the venue's own orders
    forced: Endpoint[tuple[Order, ...]]
    place: Endpoint[Order]
    test: Endpoint[Order] | None
    amend: Endpoint[Change[Order]] | None
    cancel: Endpoint[Change[Order]]
    #: cancels all orders of a symbol
    cancel_all: Endpoint[Change[Acknowledgement]]
    place_batch: Endpoint[tuple[BatchItem, ...]]
    amend_batch: Endpoint[Change[tuple[BatchItem, ...]]] | None
    cancel_batch: Endpoint[Change[tuple[BatchItem, ...]]]
    #: arms the countdown of a symbol
    countdown: Endpoint[CountdownRow]
    #: None where conditional orders are among the plain ones
    algo: AlgoEndpoints | None


def order_endpoints(terms: OrderTerms) -> OrderEndpoints:
    """Return the endpoints of one product."""
    root, rows = terms.root, terms.rows
    one_book = terms.conditional is ConditionalBook.PLAIN
    open_orders = _open_orders(f"{root}/openOrders", rows.orders.read_all, *terms.more)
    order = Endpoint(
        "GET",
        f"{root}/order",
        decode=rows.order.read_one,
        echoes=Echoes(_NAMED),
        parameters=(THE_SYMBOL, *ORDER_NAME),
        pools=PAYS,
        serves=(OrderReader.get_order, OrderControl.cancel_order),
        note=(
            f"Orders that ended without a fill are forgotten after {terms.unfilled_days} days"
            + (", all others after 90." if terms.keeps_90_days else "; how long others are kept is not documented.")
        ),
        **terms.over_socket("order.status"),
    )
    open_order = Endpoint(
        "GET",
        f"{root}/openOrder",
        decode=rows.order.read_one,
        echoes=Echoes(_NAMED),
        parameters=(THE_SYMBOL, *ORDER_NAME),
        pools=PAYS,
        serves=(OrderReader.get_open_order,),
    )
    all_orders = _history(
        f"{root}/allOrders",
        rows.orders.read_all,
        OrderReader.iter_orders,
        parameters=(
            SYMBOL if terms.lists_every_symbol else THE_SYMBOL,
            *terms.more,
            Parameter("orderId", Kind.INTEGER),
            *SPAN,
            limit_up_to(1000),
        ),
        note="At most 7 days at once, kept for 90 days." if terms.keeps_90_days else "At most 7 days at once.",
    )
    reads = order_reads(
        order=order, open_order=open_order, open_orders=open_orders, all_orders=all_orders, one_book=one_book
    )
    writes = order_writes(terms, lost_orders(reads))
    unchanged = terms.unchanged
    return OrderEndpoints(
        terms=terms,
        reads=reads,
        open_orders=open_orders,
        order=order,
        open_order=open_order,
        all_orders=all_orders,
        trades=_trades(terms),
        forced=_force_orders(terms),
        place=Endpoint(
            "POST",
            f"{root}/order",
            decode=rows.order.read_one,
            echoes=Echoes(_PLACED),
            parameters=order_parameters(terms),
            note=(
                "Every type: conditional orders wait among the others."
                if one_book
                else "Conditional types are refused here: they have a book and an endpoint of their own."
            ),
            **paying(terms.weight, terms.pools[0]),
            **terms.over_socket("order.place"),
            **writes.place,
        ),
        test=_test(terms) if terms.has_test else None,
        amend=None if unchanged is None else _amend(terms, unchanged, writes),
        cancel=Endpoint(
            "DELETE",
            f"{root}/order",
            decode=Changing(rows.order.read_one),
            echoes=Echoes(_NAMED),
            parameters=(THE_SYMBOL, *ORDER_NAME),
            pools=PAYS,
            **terms.over_socket("order.cancel"),
            **writes.cancel,
        ),
        cancel_all=_cancel_all(
            f"{root}/allOpenOrders", writes, "Conditional orders too." if one_book else "Plain orders only."
        ),
        place_batch=_batch("POST", terms, rows.read_batch, _PLACED, writes.place_batch),
        amend_batch=(
            None if unchanged is None else _batch("PUT", terms, Changing(rows.read_batch), _AMENDED, writes.amend_batch)
        ),
        cancel_batch=Endpoint(
            "DELETE",
            f"{root}/batchOrders",
            decode=Changing(rows.read_batch),
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
        ),
        countdown=Endpoint(
            "POST",
            f"{root}/countdownCancelAll",
            decode=decode_countdown,
            echoes=Echoes({"symbol": "symbol", "countdownTime": "countdown_time"}),
            parameters=(THE_SYMBOL, Parameter("countdownTime", Kind.INTEGER, required=True, minimum=Decimal(0))),
            effect=Effect.SESSION,
            area=Area.ORDERS,
            reduces=arms,
            weight=10,
            pools=PAYS,
            serves=(CountdownControl.set_countdown, DeadManControl.dead_man_switch),
            note=terms.countdown_note,
        ),
        algo=None if one_book else _algo_endpoints(terms),
    )


def _algo_endpoints(terms: OrderTerms) -> AlgoEndpoints:
    root, is_queried = terms.root, terms.conditional is ConditionalBook.QUERIED
    open_orders = _open_orders(
        f"{root}/openAlgoOrders", ALGO_ORDERS.read_all, Parameter("algoType"), Parameter("algoId", Kind.INTEGER)
    )
    order = Endpoint(
        "GET",
        f"{root}/algoOrder",
        decode=ALGO_ORDER.read_one,
        echoes=Echoes(_ALGO_NAMED),
        parameters=ALGO_NAME,
        pools=PAYS,
        serves=(OrderReader.get_order, OrderControl.cancel_order),
        **_optional_read(is_queried),
    )
    all_orders = _history(
        f"{root}/allAlgoOrders",
        ALGO_ORDERS.read_all,
        OrderReader.iter_orders,
        parameters=(THE_SYMBOL, Parameter("algoId", Kind.INTEGER), *SPAN, limit_up_to(1000)),
        **_optional_read(is_queried, "At most 7 days at once."),
    )
    reads = algo_reads(order=order, open_orders=open_orders, all_orders=all_orders)
    writes = order_writes(terms, lost_orders(reads), rests=always)
    return AlgoEndpoints(
        reads=reads,
        open_orders=open_orders,
        order=order,
        all_orders=all_orders,
        place=Endpoint(
            "POST",
            f"{root}/algoOrder",
            decode=ALGO_ORDER.read_one,
            echoes=Echoes(_ALGO_PLACED),
            parameters=algo_parameters(terms),
            note=(
                "Checks no margin before it triggers; at most 200 over all symbols."
                if is_queried
                else "A lost answer whose order is not open stays unknown where the undocumented query is not there."
            ),
            **paying(terms.weight, terms.pools[0]),
            **terms.over_socket("algoOrder.place"),
            **writes.place,
        ),
        cancel=Endpoint(
            "DELETE",
            f"{root}/algoOrder",
            decode=Changing(CANCELED_ALGO_ORDER.read_one),
            echoes=Echoes(_ALGO_NAMED),
            # the venue takes no symbol here; a guard that allows only some wants to know it
            parameters=(*ALGO_NAME, Parameter("symbol", role=Role.SYMBOL, local=True)),
            pools=PAYS,
            **terms.over_socket("algoOrder.cancel"),
            **writes.cancel,
        ),
        cancel_all=_cancel_all(f"{root}/algoOpenOrders", writes, "Conditional orders only.") if is_queried else None,
    )


def _optional_read(is_documented: bool, note: str = "") -> dict[str, Any]:
    """Return the details of a read that some products have without documenting it."""
    if is_documented:
        return {"note": note}
    words = f"{note} Not documented, but reported to answer; where it does not, the open orders are read."
    return {"may_be_absent": True, "faults": {NO_SUCH_PATH: Fault.UNSUPPORTED}, "note": words.strip()}


def _open_orders_weight(parameters: Mapping[str, Any]) -> int:
    return 40 if parameters.get("symbol") is None else 1


def _open_orders(
    path: str, decode: Callable[[bytes], tuple[Order, ...]], *more: Parameter
) -> Endpoint[tuple[Order, ...]]:
    """Return the read of a book; ``more`` are its further parameters."""
    return Endpoint(
        "GET",
        path,
        answer_limit=EVERY_SYMBOL,
        decode=decode,
        rows=((),),
        echoes=Echoes.each({"symbol": "symbol"}),
        parameters=(SYMBOL, *more),
        weight=_open_orders_weight,
        weight_most=40,
        pools=PAYS,
        serves=(OrderReader.get_open_orders, SettingsReader.get_settings),
    )


def _history(path: str, decode: Callable[[bytes], T], serves: Callable[..., Any], **details: Any) -> Endpoint[T]:
    """Return a history, of weight 5 unless the details say another one."""
    usual = {"rows": ((),), "echoes": Echoes.each({"symbol": "symbol"}), "weight": 5}
    return Endpoint("GET", path, decode=decode, pools=PAYS, serves=(serves,), **{**usual, **details})


def _trades(terms: OrderTerms) -> Endpoint[tuple[Fill, ...]]:
    order_id = (Parameter("orderId", Kind.INTEGER),) if terms.trades_by_order else ()
    return _history(
        f"{terms.root}/userTrades",
        terms.rows.fills.read_all,
        FillReader.iter_fills,
        echoes=Echoes.each({"symbol": "symbol", **({"orderId": "order_id"} if terms.trades_by_order else {})}),
        parameters=(
            SYMBOL if terms.more else THE_SYMBOL,
            *terms.more,
            *order_id,
            *SPAN,
            Parameter("fromId", Kind.INTEGER),
            limit_up_to(1000),
        ),
        note=(
            "fromId excludes times; at most 7 days at once"
            + (", kept for three months." if terms.keeps_90_days else ".")
        ),
    )


def _force_orders_weight(parameters: Mapping[str, Any]) -> int:
    return 50 if parameters.get("symbol") is None else 20


def _force_orders(terms: OrderTerms) -> Endpoint[tuple[Order, ...]]:
    kind = Parameter("autoCloseType", choices=frozenset({"LIQUIDATION", "ADL"}))
    return _history(
        f"{terms.root}/forceOrders",
        terms.rows.orders.read_all,
        ForcedOrderReader.iter_forced_orders,
        parameters=(SYMBOL, kind, *SPAN, limit_up_to(100)),
        weight=_force_orders_weight,
        weight_most=50,
    )


def _test(terms: OrderTerms) -> Endpoint[Order]:
    return Endpoint(
        "POST",
        f"{terms.root}/order/test",
        decode=terms.rows.order.read_one,
        parameters=order_parameters(terms),
        effect=Effect.READ,
        pools=PAYS,
        serves=(OrderTestControl.test_order,),
        note="Checks an order and places none; what it weighs is not documented.",
    )


def _amend(terms: OrderTerms, unchanged: int, writes: OrderWrites) -> Endpoint[Change[Order]]:
    """Return the amendment of one order; ``unchanged`` is the code for one that amends nothing."""
    return Endpoint(
        "PUT",
        f"{terms.root}/order",
        decode=Changing(terms.rows.order.read_one),
        echoes=Echoes(_AMENDED),
        parameters=amend_parameters(terms),
        no_change=frozenset({unchanged}),
        no_change_is_read=True,
        note="Limit orders only, which lose their place in the queue; both quantity and price are needed.",
        **paying(terms.weight, terms.pools[0]),
        **terms.over_socket("order.modify"),
        **writes.amend,
    )


def _batch(
    verb: str, terms: OrderTerms, decode: Callable[[bytes], T], repeated: Mapping[str, str], details: Mapping[str, Any]
) -> Endpoint[T]:
    """Return the placing or amendment of several orders."""
    return Endpoint(
        verb,
        f"{terms.root}/batchOrders",
        decode=decode,
        echoes=Echoes.of_items("batchOrders", repeated, told="row"),
        parameters=batch_parameters(terms),
        note="At most 5 orders; each has its own result.",
        **paying(5, terms.pools[1]),
        **details,
    )


def _cancel_all(path: str, writes: OrderWrites, note: str) -> Endpoint[Change[Acknowledgement]]:
    return Endpoint(
        "DELETE",
        path,
        decode=Changing(decode_acknowledgement),
        parameters=(THE_SYMBOL,),
        pools=PAYS,
        note=note,
        **writes.cancel_all,
    )
