"""
Rows of orders and fills, as declarations of the values that they become, and the words that they are written in.

A row is read with terms that our values lack: ``complete_order`` and ``complete_fill`` make values of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import (
    Fill,
    FillKind,
    Order,
    OrderKind,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    Unit,
    WorkingPrice,
)
from venuekit.parts.columns import Derived, Same, derived, flag, milliseconds, number, price, text, whole
from venuekit.parts.orders import BatchItem
from venuekit.parts.rows import Reads, quick_copy
from venuekit.plugin import PayloadMismatch, WireRow, payload_decoder
from venuekit_bybit_inverse.wire import CONTRACT_SIZE, page_decoder, position_side_of

SIDES = {"Buy": OrderSide.BUY, "Sell": OrderSide.SELL}
TIMES = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "PostOnly": TimeInForce.POST_ONLY,
    "RPI": TimeInForce.RPI,
}
STATUSES = {
    "New": OrderStatus.OPEN,
    "PartiallyFilled": OrderStatus.PARTIALLY_FILLED,
    "Filled": OrderStatus.FILLED,
    "Cancelled": OrderStatus.CANCELED,
    "PartiallyFilledCanceled": OrderStatus.CANCELED,
    "Deactivated": OrderStatus.CANCELED,
    "Rejected": OrderStatus.REJECTED,
    "Untriggered": OrderStatus.UNTRIGGERED,
    # a moment on the way to New: the order goes on under its id
    "Triggered": OrderStatus.OPEN,
}
TRIGGERS = {"LastPrice": WorkingPrice.LAST, "MarkPrice": WorkingPrice.MARK, "IndexPrice": WorkingPrice.INDEX}
#: the directions that a trigger is reached in
RISES, FALLS = 1, 2
#: the kinds of fills that the venue itself brought about
FORCED = {"BustTrade": FillKind.LIQUIDATION, "AdlTrade": FillKind.ADL}
#: the terms that an amendment may change
AMENDED_NUMBERS = ("qty", "price", "triggerPrice", "takeProfit", "stopLoss", "tpLimitPrice", "slLimitPrice")
AMENDED_WORDS = ("triggerBy", "tpslMode", "tpTriggerBy", "slTriggerBy")
_TERMS = (*AMENDED_NUMBERS, *AMENDED_WORDS)

_FILLS = {
    "Trade": FillKind.TRADE,
    **FORCED,
    "Funding": FillKind.FUNDING,
    "Settle": FillKind.DELIVERY,
    "Delivery": FillKind.DELIVERY,
    "ForwardSplitSettle": FillKind.SPLIT,
    "ReverseSplitSettle": FillKind.SPLIT,
    "Dividend": FillKind.DIVIDEND,
}
_TYPES = {"Limit": OrderType.LIMIT, "Market": OrderType.MARKET}
#: orders that close a whole position
TRAILING, TAKE_PROFIT, STOP_LOSS = "TrailingStop", "TakeProfit", "StopLoss"
#: the forms of an empty or absent word in the rows of orders
_NOTHING = frozenset({None, "UNKNOWN", "None", "EC_NoError"})
#: a conditional order of its own: its type follows from the direction it triggers in
_CONDITIONAL = "Stop"
#: orders that close a part of a position, by the names of the parameters that their triggers come from
PARTIAL_STOPS = {"PartialTakeProfit": "takeProfit", "PartialStopLoss": "stopLoss"}
_TAKES_PROFIT = {"TakeProfit": True, "PartialTakeProfit": True, "StopLoss": False, "PartialStopLoss": False}


@attrs.frozen(kw_only=True)
class ListedOrder(Order):
    """
    An order as it is listed.

    ``terms`` are all that an amendment may change, by the venue's names, ``stop_type`` is its word for the kind.
    """

    terms: Mapping[str, Any]
    stop_type: str | None


@attrs.frozen(kw_only=True)
class ListedFill(Fill):
    """A fill as it is listed, with the type and quantity of its order."""

    order_type: OrderType
    order_quantity: Decimal | None


@attrs.frozen(eq=False, repr=False)
class OrderAck(WireRow):
    """The acknowledgement of a request about an order, not yet its result; only those in batches have a time."""

    id: str
    client_id: str | None = None
    created_at: datetime | None = None


@attrs.frozen(eq=False, repr=False)
class _Verdict(WireRow):
    code: int
    msg: str = ""


#: returns the order of a row, given the time of its answer and the venue's own object
complete_order = quick_copy(Order, "received_at", "raw")
#: returns the fill of a row, given the currency of its fee and the venue's own object
complete_fill = quick_copy(Fill, "commission_asset", "raw")


def _side(word: str | None) -> OrderSide:
    """Return the side of an order; a word that is not known stays as it is."""
    return SIDES.get(word or "") or OrderSide(word or "unknown")


def _type(stop_type: str | None, order_type: str | None, direction: int | None, side: OrderSide) -> OrderType:
    """Return the type of an order; a word that is not known stays as it is."""
    if stop_type is None or stop_type in _NOTHING:
        return _TYPES.get(order_type or "") or OrderType(order_type or "unknown")
    if stop_type == TRAILING:
        return OrderType.TRAILING_STOP_MARKET
    takes_profit = _TAKES_PROFIT.get(stop_type)
    if stop_type == _CONDITIONAL:
        takes_profit = (direction == RISES) is (side is OrderSide.SELL)
    if takes_profit is None:
        return OrderType(stop_type)
    if order_type == "Market":
        return OrderType.TAKE_PROFIT_MARKET if takes_profit else OrderType.STOP_MARKET
    return OrderType.TAKE_PROFIT if takes_profit else OrderType.STOP


def _status(word: str | None) -> OrderStatus:
    return OrderStatus.PENDING if word is None else STATUSES.get(word) or OrderStatus(word)


def _change(paid: Decimal | None) -> Decimal | None:
    """Return the effect of a fee, paid > 0, on the account."""
    return None if paid is None else Decimal(0) - paid


def _fee_rate(kind: FillKind, rate: Decimal | None) -> Decimal | None:
    """Return the rate of a fee; that of funding is the market's."""
    return None if kind is FillKind.FUNDING else rate


def _word(name: str, table: Mapping[str, Any], unknown: Callable[[str], Any]) -> Derived:
    def read(word: str | None) -> Any:
        return None if word is None or word in _NOTHING else table.get(word) or unknown(word)

    return derived(read, text(name, may_be_blank=True))


#: of ``GET /v5/order/realtime`` and ``/v5/order/history``
ORDERS = Reads(
    ListedOrder,
    within=("result", "list"),
    id=text("orderId"),
    client_id=text("orderLinkId", may_be_blank=True),
    symbol=text("symbol"),
    kind=derived(
        lambda word: OrderKind.PLAIN if word in _NOTHING else OrderKind.CONDITIONAL,
        text("stopOrderType", may_be_blank=True),
    ),
    side=derived(_side, text("side", is_required=True)),
    type=derived(
        _type,
        text("stopOrderType", may_be_blank=True),
        text("orderType", may_be_blank=True),
        whole("triggerDirection", may_be_blank=True),
        Same("side"),
    ),
    venue_status=text("orderStatus", may_be_blank=True),
    status=derived(_status, Same("venue_status")),
    position_side=derived(position_side_of, whole("positionIdx", may_be_blank=True)),
    time_in_force=_word("timeInForce", TIMES, TimeInForce),
    quantity=number("qty", may_be_blank=True),
    filled=number("cumExecQty", may_be_blank=True),
    price=price("price", may_be_blank=True),
    trigger_price=derived(
        lambda word, price: None if word == TRAILING else price,
        text("stopOrderType", may_be_blank=True),
        price("triggerPrice", may_be_blank=True),
    ),
    # of a trailing stop the venue says that its trigger price is the one that activates it
    activation_price=derived(
        lambda word, price: price if word == TRAILING else None,
        text("stopOrderType", may_be_blank=True),
        price("triggerPrice", may_be_blank=True),
    ),
    average_price=price("avgPrice", may_be_blank=True),
    filled_value=number("cumExecValue", may_be_blank=True),
    commission=derived(_change, number("cumExecFee", may_be_blank=True)),
    contract_size=CONTRACT_SIZE,
    contract_unit=Unit.QUOTE,
    reduce_only=flag("reduceOnly", may_be_blank=True),
    close_position=flag("closeOnTrigger", may_be_blank=True),
    working_price=_word("triggerBy", TRIGGERS, WorkingPrice),
    stp_mode=_word("smpType", {}, str),
    take_profit=price("takeProfit", may_be_blank=True),
    stop_loss=price("stopLoss", may_be_blank=True),
    reject_reason=_word("rejectReason", {}, str),
    created_at=milliseconds("createdTime", as_text=True, may_be_blank=True),
    updated_at=milliseconds("updatedTime", as_text=True, may_be_blank=True),
    stop_type=text("stopOrderType", may_be_blank=True),
    terms=derived(
        lambda *values: dict(zip(_TERMS, values, strict=True)),
        *(number(name, may_be_blank=True) for name in AMENDED_NUMBERS),
        *(text(name, may_be_blank=True) for name in AMENDED_WORDS),
    ),
)
#: of ``GET /v5/execution/list``
FILLS = Reads(
    ListedFill,
    within=("result", "list"),
    id=text("execId"),
    order_id=text("orderId"),
    symbol=text("symbol"),
    side=derived(_side, text("side", may_be_blank=True)),
    price=number("execPrice"),
    quantity=number("execQty"),
    time=milliseconds("execTime", as_text=True),
    client_id=text("orderLinkId", may_be_blank=True),
    value=number("execValue", may_be_blank=True),
    commission=derived(_change, number("execFee", may_be_blank=True)),
    commission_asset=text("feeCurrency", may_be_blank=True),
    kind=derived(lambda word: _FILLS.get(word) or FillKind(word), text("execType", is_required=True)),
    fee_rate=derived(_fee_rate, Same("kind"), number("feeRate", may_be_blank=True)),
    is_maker=flag("isMaker", may_be_blank=True),
    contract_size=CONTRACT_SIZE,
    contract_unit=Unit.QUOTE,
    order_type=derived(
        lambda word: OrderType.MARKET if word == "Market" else OrderType.LIMIT, text("orderType", may_be_blank=True)
    ),
    order_quantity=number("orderQty", may_be_blank=True),
)
decode_orders = page_decoder(ORDERS)
decode_fills = page_decoder(FILLS)

_ACK: Mapping[type, Mapping[str, str]] = {
    OrderAck: {"id": "orderId", "client_id": "orderLinkId", "created_at": "createAt"}
}
decode_acknowledgement = payload_decoder(OrderAck, renames=_ACK, within=("result",))
decode_acknowledgements = payload_decoder(tuple[OrderAck, ...], renames=_ACK, within=("result", "list"))
_decode_verdicts = payload_decoder(tuple[_Verdict, ...], within=("retExtInfo", "list"))


def decode_batch(body: bytes) -> tuple[BatchItem, ...]:
    """
    Return the result of each item: its acknowledgement and its own code are in two lists.

    Raises:
        PayloadMismatch: the lists are not equally long.
    """
    acks, verdicts = decode_acknowledgements(body), _decode_verdicts(body)
    if len(acks) != len(verdicts):
        raise PayloadMismatch(f"result.list has {len(acks)} items, retExtInfo.list {len(verdicts)}")
    return tuple(
        BatchItem(row=ack, code=verdict.code or None, message=verdict.msg)
        for ack, verdict in zip(acks, verdicts, strict=True)
    )
