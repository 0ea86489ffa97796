"""Endpoints that place, amend and cancel orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import attrs

from venuekit.parts.endpoint_book import EndpointBook
from venuekit.parts.orders import OrderWrites
from venuekit.plugin import Ask, Changing, Echoes, Encoding, Endpoint, Kind, Parameter, Resting, Role
from venuekit_bybit_inverse import order_rows
from venuekit_bybit_inverse.endpoints.order_reads import LOST_ORDERS, ORDER_ID
from venuekit_bybit_inverse.limits import BATCH_WEIGHT_MOST, batch_weight, cost, cost_by_item
from venuekit_bybit_inverse.wire import BASE_COIN, INVERSE, SETTLE_COIN, SYMBOL, THE_SYMBOL

T = TypeVar("T")

CLIENT_ID_PATTERN = "[A-Za-z0-9_-]{1,36}"
#: no such order, it has ended, it was cancelled
NOT_OPEN = frozenset({110001, 110008, 110010})

_CLIENT_ID = Parameter("orderLinkId", role=Role.CLIENT_ID, pattern=CLIENT_ID_PATTERN)
_QUANTITY = Parameter("qty", Kind.DECIMAL, role=Role.QUANTITY, minimum=Decimal(0))
_TRIGGERS = frozenset(order_rows.TRIGGERS)
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
#: the other terms of an order that can be amended
_TERMS = (
    Parameter("price", Kind.DECIMAL, role=Role.PRICE, minimum=Decimal(0)),
    Parameter("triggerPrice", Kind.DECIMAL, minimum=Decimal(0)),
    Parameter("triggerBy", choices=_TRIGGERS),
    *_BRACKET,
)
#: the condition of an order that comes with others: a price other than 0
_ATTACHED = ("takeProfit", "stopLoss", "tpLimitPrice", "slLimitPrice")
#: the items of a batch
_ITEMS = Parameter("request", Kind.LIST, required=True)
#: those whose quantities a guard reads
_SIZED_ITEMS = attrs.evolve(_ITEMS, role=Role.QUANTITY)
#: the names of an order, and where its acknowledgement repeats them
_NAMED = {"orderId": "id", "orderLinkId": "client_id"}
_NEW = {"orderLinkId": "client_id"}

#: whether a late cancel-all may end an order; anything attached to an order rests
_RESTS = Resting(
    kind="orderType",
    market="Market",
    limit="Limit",
    attached=frozenset({"triggerPrice", "triggerDirection", "triggerBy", *(parameter.name for parameter in _BRACKET)}),
)


def _only_reduces(parameters: Mapping[str, Any]) -> bool:
    """Say whether an order can do nothing but make a position smaller: with anything attached, it can do more."""
    attached = (price for price in map(parameters.get, _ATTACHED) if price not in {None, ""})
    return parameters.get("reduceOnly") is True and all(Decimal(price) == 0 for price in attached)


def _notional(parameters: Mapping[str, Any]) -> Decimal:
    """Return the order's ask: a contract is one dollar; an amendment without a quantity asks for no more."""
    return Decimal(parameters.get("qty", 0))


def _ask(item: Mapping[str, Any]) -> Ask:
    """Return the order's ask; an amendment does not name its side, and one without a quantity replaces nothing."""
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
    """Return the symbol of a request that names nothing wider beside it: which of them counts is undocumented."""
    if "symbol" not in parameters or parameters.keys() & {"baseCoin", "settleCoin"}:
        return ()
    return (parameters["symbol"],)


_WRITES = OrderWrites(
    lost=LOST_ORDERS,
    ask=_ask,
    notional=_notional,
    reduces=_only_reduces,
    rests=_RESTS,
    taken={110072},
    not_open=NOT_OPEN,
)


def _write(
    path: str, decode: Callable[[bytes], T], named: Mapping[str, str], *parameters: Parameter, **details: Any
) -> Endpoint[T]:
    """Return a write about one order; ``named`` are the names of it that the answer repeats."""
    return Endpoint(
        "POST",
        f"/v5/order/{path}",
        decode=decode,
        echoes=Echoes(named),
        parameters=(INVERSE, THE_SYMBOL, *parameters),
        encoding=Encoding.JSON,
        pools=cost(f"order_{path}"),
        websocket_method=f"order.{path}",
        **details,
    )


def _batch(
    path: str, decode: Callable[[bytes], T], named: Mapping[str, str], items: Parameter, **details: Any
) -> Endpoint[T]:
    """Return a write about several orders; ``named`` are the names of each that its own answer repeats."""
    return Endpoint(
        "POST",
        f"/v5/order/{path}-batch",
        decode=decode,
        echoes=Echoes.of_items(items.name, named, told="row"),
        parameters=(INVERSE, items),
        encoding=Encoding.JSON,
        weight=batch_weight,
        weight_most=BATCH_WEIGHT_MOST,
        pools=cost_by_item(f"order_{path}_batch"),
        note="At most 20 orders; each has its own code.",
        websocket_method=f"order.{path}-batch",
        **details,
    )


class OrderWriteEndpoints(EndpointBook):
    """Requests that place, amend and cancel orders."""

    CREATE_ORDER = _write(
        "create",
        order_rows.decode_acknowledgement,
        _NEW,
        Parameter("side", required=True, choices=frozenset(order_rows.SIDES)),
        Parameter("orderType", required=True, choices=_ORDER_TYPES),
        attrs.evolve(_QUANTITY, required=True),
        Parameter("timeInForce", choices=frozenset(order_rows.TIMES)),
        Parameter("positionIdx", Kind.INTEGER, minimum=Decimal(0), maximum=Decimal(0)),
        _CLIENT_ID,
        Parameter("reduceOnly", Kind.BOOLEAN),
        Parameter("closeOnTrigger", Kind.BOOLEAN),
        Parameter("triggerDirection", Kind.INTEGER, minimum=Decimal(1), maximum=Decimal(2)),
        *_TERMS,
        Parameter("tpOrderType", choices=_ORDER_TYPES),
        Parameter("slOrderType", choices=_ORDER_TYPES),
        Parameter("smpType"),
        note="Answers before it decides: an accepted order may still be rejected.",
        **_WRITES.place,
    )
    AMEND_ORDER = _write(
        "amend",
        Changing(order_rows.decode_acknowledgement),
        _NAMED,
        ORDER_ID,
        _CLIENT_ID,
        _QUANTITY,
        *_TERMS,
        note="Answers before it decides.",
        **_WRITES.amend,
    )
    CANCEL_ORDER = _write(
        "cancel",
        Changing(order_rows.decode_acknowledgement),
        _NAMED,
        ORDER_ID,
        _CLIENT_ID,
        note="Answers before it decides.",
        **_WRITES.cancel,
    )
    CANCEL_ALL = Endpoint(
        "POST",
        "/v5/order/cancel-all",
        decode=Changing(order_rows.decode_acknowledgements),
        parameters=(INVERSE, SYMBOL, BASE_COIN, SETTLE_COIN, Parameter("orderFilter")),
        encoding=Encoding.JSON,
        symbols=_symbol_alone,
        pools=cost("order_cancel_all"),
        note="Needs a symbol, base coin or settle coin; at most 500 orders a call, which ones is not said.",
        **_WRITES.cancel_all,
    )
    CREATE_BATCH = _batch(
        "create",
        order_rows.decode_batch,
        _NEW,
        _SIZED_ITEMS,
        # here what only reduces counts as well
        **{**_WRITES.place_batch, "notional": _WRITES.largest_notional},
    )
    AMEND_BATCH = _batch("amend", Changing(order_rows.decode_batch), _NAMED, _SIZED_ITEMS, **_WRITES.amend_batch)
    CANCEL_BATCH = _batch(
        "cancel",
        Changing(order_rows.decode_batch),
        _NAMED,
        _ITEMS,
        symbols=_WRITES.symbols,
        client_ids=_WRITES.client_ids,
        **_WRITES.cancel_batch,
    )
