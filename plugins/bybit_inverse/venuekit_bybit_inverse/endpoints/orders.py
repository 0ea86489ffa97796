"""Endpoints that place, amend and cancel orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import OrderAmendControl, OrderBatchControl, OrderControl
from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.orders import BatchItem
from venuekit.plugin import (
    Area,
    Ask,
    Change,
    Changing,
    Echoes,
    Effect,
    Encoding,
    Endpoint,
    Kind,
    Parameter,
    Resting,
    Role,
    WriteScope,
    read_items,
)
from venuekit_bybit_inverse import order_payloads as payloads
from venuekit_bybit_inverse.endpoints.order_reads import ORDER_ID
from venuekit_bybit_inverse.endpoints.order_resolution import LOST_ORDERS, PROOF
from venuekit_bybit_inverse.endpoints.parameters import BASE_COIN, INVERSE, SETTLE_COIN, SYMBOL, THE_SYMBOL
from venuekit_bybit_inverse.limits import BATCH_WEIGHT_MOST, batch_weight, cost, cost_by_item

__all__ = ["CLIENT_ID_PATTERN", "NOT_OPEN", "OrderWriteEndpoints"]

CLIENT_ID_PATTERN = "[A-Za-z0-9_-]{1,36}"
#: no such order, it has ended, it was cancelled
NOT_OPEN = frozenset({110001, 110008, 110010})

_CLIENT_ID = Parameter("orderLinkId", role=Role.CLIENT_ID, pattern=CLIENT_ID_PATTERN)
_QUANTITY = Parameter("qty", Kind.DECIMAL, role=Role.QUANTITY, minimum=Decimal(0))
_PRICE = Parameter("price", Kind.DECIMAL, role=Role.PRICE, minimum=Decimal(0))
_TRIGGER_PRICE = Parameter("triggerPrice", Kind.DECIMAL, minimum=Decimal(0))
_TRIGGERS = frozenset({"LastPrice", "MarkPrice", "IndexPrice"})
_TRIGGER_BY = Parameter("triggerBy", choices=_TRIGGERS)
_ORDER_TYPES = frozenset({"Limit", "Market"})
#: take profit and stop loss that come with an order
_BRACKET = (
    Parameter("takeProfit", Kind.DECIMAL, minimum=Decimal(0)),
    Parameter("stopLoss", Kind.DECIMAL, minimum=Decimal(0)),
    Parameter("tpslMode", choices=frozenset({"Full", "Partial"})),
    Parameter("tpTriggerBy", choices=_TRIGGERS),
    Parameter("slTriggerBy", choices=_TRIGGERS),
    Parameter("tpLimitPrice", Kind.DECIMAL, minimum=Decimal(0)),
    Parameter("slLimitPrice", Kind.DECIMAL, minimum=Decimal(0)),
)
#: what makes something of it: a price, other than 0
_ATTACHED = ("takeProfit", "stopLoss", "tpLimitPrice", "slLimitPrice")
#: the items of a batch; a guard reads their quantities
_ITEMS = Parameter("request", Kind.LIST, required=True, role=Role.QUANTITY)

#: whether an order may be ended by a cancellation of all that arrives late; what comes with an order rests
_RESTS = Resting(
    kind="orderType",
    market="Market",
    limit="Limit",
    attached=frozenset({"triggerPrice", "triggerDirection", "triggerBy", *(parameter.name for parameter in _BRACKET)}),
)


_NAMED = {"orderId": "order_id", "orderLinkId": "order_link_id"}
_NAMED_ITEMS = Echoes.of_items("request", _NAMED, told="row")


def _always(_: Mapping[str, Any]) -> bool:
    return True


def _only_reduces(parameters: Mapping[str, Any]) -> bool:
    """Say whether an order can do nothing but make a position smaller: with what is attached, it can do more."""
    return parameters.get("reduceOnly") is True and not any(map(_is_given, map(parameters.get, _ATTACHED)))


def _is_given(price: Any) -> bool:
    return price not in {None, ""} and Decimal(price) != 0


def _all_only_reduce(parameters: Mapping[str, Any]) -> bool:
    return all(map(_only_reduces, parameters["request"]))


def _notional(parameters: Mapping[str, Any]) -> Decimal:
    """Return what is asked for: a contract is one dollar; an amendment without a quantity asks for no more."""
    return Decimal(parameters.get("qty", 0))


def _largest_notional(parameters: Mapping[str, Any]) -> Decimal:
    return max(map(_notional, parameters["request"]), default=Decimal(0))


def _asks(parameters: Mapping[str, Any]) -> Sequence[Ask]:
    return (_ask(parameters),)


def _batch_asks(parameters: Mapping[str, Any]) -> Sequence[Ask]:
    return [*map(_ask, parameters["request"])]


def _ask(item: Mapping[str, Any]) -> Ask:
    """Return what is asked for; an amendment does not name its side, and one without a quantity replaces nothing."""
    side = item.get("side")
    names = ("orderId", "orderLinkId") if "qty" in item else ()
    return Ask(
        symbol=item["symbol"],
        buys=None if side is None else side == "Buy",
        notional=_notional(item),
        reduces=_only_reduces(item),
        names=frozenset(item[name] for name in names if item.get(name)),
    )


def _symbol_alone(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the symbol of what names nothing wider beside it: which of them counts is the venue's business."""
    if "symbol" not in parameters or parameters.keys() & {"baseCoin", "settleCoin"}:
        return ()
    return (parameters["symbol"],)


def _symbols(parameters: Mapping[str, Any]) -> set[str]:
    return {item["symbol"] for item in parameters["request"]}


def _client_ids(parameters: Mapping[str, Any]) -> list[str]:
    return [item["orderLinkId"] for item in parameters["request"] if "orderLinkId" in item]


def _refusals(items: Iterable[BatchItem]) -> Iterable[tuple[int | str | None, str]]:
    return ((item.code, item.message) for item in items if item.code is not None)


def _change_refusals(change: Change[tuple[BatchItem, ...]]) -> Iterable[tuple[int | str | None, str]]:
    return _refusals(change.answer or ())


class OrderWriteEndpoints(EndpointBook):
    """Requests that place, amend and cancel orders."""

    CREATE_ORDER = Endpoint(
        "POST",
        "/v5/order/create",
        decode=payloads.decode_acknowledgement,
        echoes=Echoes({"orderLinkId": "order_link_id"}),
        parameters=(
            INVERSE,
            THE_SYMBOL,
            Parameter("side", required=True, choices=frozenset({"Buy", "Sell"})),
            Parameter("orderType", required=True, choices=_ORDER_TYPES),
            attrs.evolve(_QUANTITY, required=True),
            _PRICE,
            Parameter("timeInForce", choices=frozenset({"GTC", "IOC", "FOK", "PostOnly", "RPI"})),
            Parameter("positionIdx", Kind.INTEGER, minimum=Decimal(0), maximum=Decimal(0)),
            _CLIENT_ID,
            Parameter("reduceOnly", Kind.BOOLEAN),
            Parameter("closeOnTrigger", Kind.BOOLEAN),
            _TRIGGER_PRICE,
            Parameter("triggerDirection", Kind.INTEGER, minimum=Decimal(1), maximum=Decimal(2)),
            _TRIGGER_BY,
            *_BRACKET,
            Parameter("tpOrderType", choices=_ORDER_TYPES),
            Parameter("slOrderType", choices=_ORDER_TYPES),
            Parameter("smpType"),
        ),
        encoding=Encoding.JSON,
        effect=Effect.KEYED,
        write_scope=WriteScope.ORDER,
        rests=_RESTS,
        reduces=_only_reduces,
        notional=_notional,
        asks=_asks,
        doubtful_after_loss=frozenset({110072}),
        resolve=LOST_ORDERS.resolve_order,
        absence_proof=PROOF,
        pools=cost("order_create"),
        serves=(OrderControl.place_order,),
        note="Answers before it decides: an accepted order may still be rejected.",
    )

    AMEND_ORDER = Endpoint(
        "POST",
        "/v5/order/amend",
        decode=Changing(payloads.decode_acknowledgement),
        echoes=Echoes(_NAMED),
        parameters=(
            INVERSE,
            THE_SYMBOL,
            ORDER_ID,
            _CLIENT_ID,
            _QUANTITY,
            _PRICE,
            _TRIGGER_PRICE,
            _TRIGGER_BY,
            *_BRACKET,
        ),
        encoding=Encoding.JSON,
        effect=Effect.SET,
        area=Area.ORDERS,
        write_scope=WriteScope.AMENDMENT,
        notional=_notional,
        asks=_asks,
        readback=LOST_ORDERS.read_amended,
        pools=cost("order_amend"),
        serves=(OrderAmendControl.amend_order,),
        note="Answers before it decides.",
    )

    CANCEL_ORDER = Endpoint(
        "POST",
        "/v5/order/cancel",
        decode=Changing(payloads.decode_acknowledgement),
        echoes=Echoes(_NAMED),
        parameters=(INVERSE, THE_SYMBOL, ORDER_ID, _CLIENT_ID),
        encoding=Encoding.JSON,
        effect=Effect.SET,
        area=Area.ORDERS,
        reduces=_always,
        doubtful_after_loss=NOT_OPEN,
        readback=LOST_ORDERS.read_canceled,
        pools=cost("order_cancel"),
        serves=(OrderControl.cancel_order,),
        note="Answers before it decides.",
    )

    CANCEL_ALL = Endpoint(
        "POST",
        "/v5/order/cancel-all",
        decode=Changing(payloads.decode_canceled),
        parameters=(INVERSE, SYMBOL, BASE_COIN, SETTLE_COIN, Parameter("orderFilter")),
        encoding=Encoding.JSON,
        effect=Effect.SET,
        area=Area.ORDERS,
        write_scope=WriteScope.ALL_ORDERS,
        symbols=_symbol_alone,
        reduces=_always,
        readback=LOST_ORDERS.read_emptied,
        pools=cost("order_cancel_all"),
        serves=(OrderControl.cancel_all_orders,),
        note="Needs a symbol, base coin or settle coin; at most 500 orders a call, which ones is not said.",
    )

    CREATE_BATCH = Endpoint(
        "POST",
        "/v5/order/create-batch",
        decode=payloads.decode_batch,
        echoes=Echoes.of_items("request", {"orderLinkId": "order_link_id"}, told="row"),
        parameters=(INVERSE, _ITEMS),
        encoding=Encoding.JSON,
        effect=Effect.KEYED,
        write_scope=WriteScope.ORDER,
        rests=_RESTS.any_of("request"),
        reduces=_all_only_reduce,
        notional=_largest_notional,
        asks=_batch_asks,
        symbols=_symbols,
        client_ids=_client_ids,
        item_refusals=_refusals,
        resolve=LOST_ORDERS.resolve_batch,
        absence_proof=PROOF,
        weight=batch_weight,
        weight_most=BATCH_WEIGHT_MOST,
        pools=cost_by_item("order_create_batch"),
        serves=(OrderBatchControl.place_orders,),
        note="At most 20 orders; each has its own code.",
    )

    AMEND_BATCH = Endpoint(
        "POST",
        "/v5/order/amend-batch",
        decode=Changing(payloads.decode_batch),
        echoes=_NAMED_ITEMS,
        parameters=(INVERSE, _ITEMS),
        encoding=Encoding.JSON,
        effect=Effect.SET,
        area=Area.ORDERS,
        write_scope=WriteScope.AMENDMENT,
        orders=read_items("request", order_id="orderId", client_id="orderLinkId"),
        notional=_largest_notional,
        asks=_batch_asks,
        symbols=_symbols,
        client_ids=_client_ids,
        item_refusals=_change_refusals,
        readback=LOST_ORDERS.read_amended_batch,
        weight=batch_weight,
        weight_most=BATCH_WEIGHT_MOST,
        pools=cost_by_item("order_amend_batch"),
        serves=(OrderAmendControl.amend_orders,),
        note="At most 20 orders; each has its own code.",
    )

    CANCEL_BATCH = Endpoint(
        "POST",
        "/v5/order/cancel-batch",
        decode=Changing(payloads.decode_batch),
        echoes=_NAMED_ITEMS,
        parameters=(INVERSE, Parameter("request", Kind.LIST, required=True)),
        encoding=Encoding.JSON,
        effect=Effect.SET,
        area=Area.ORDERS,
        reduces=_always,
        symbols=_symbols,
        client_ids=_client_ids,
        item_refusals=_change_refusals,
        readback=LOST_ORDERS.read_canceled_batch,
        weight=batch_weight,
        weight_most=BATCH_WEIGHT_MOST,
        pools=cost_by_item("order_cancel_batch"),
        serves=(OrderBatchControl.cancel_orders,),
        note="At most 20 orders; each has its own code.",
    )
