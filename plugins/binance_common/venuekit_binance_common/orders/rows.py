"""
The rows of orders, conditional orders and fills, as declarations of the values that they become.

A row does not have the size of its contracts: :func:`complete_order` and :func:`complete_fill` add it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import attrs

from venuekit.capabilities import (
    Fill,
    Order,
    OrderKind,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionSide,
    TimeInForce,
    Unit,
    WorkingPrice,
)
from venuekit.parts.columns import (
    Column,
    Same,
    Words,
    derived,
    flag,
    identifier,
    milliseconds,
    number,
    price,
    text,
    whole,
    words,
)
from venuekit.parts.orders import BatchItem
from venuekit.parts.rows import Reads, quick_copy
from venuekit.plugin import PayloadMismatch, rows_at
from venuekit_binance_common.enums import (
    ALGO_STATUSES,
    NOTHING,
    POSITION_SIDES,
    SIDES,
    STATUSES,
    TIMES,
    TRIGGERS,
    TYPES,
)
from venuekit_binance_common.faults import read_code

_ZERO = Decimal(0)
_PLAIN_STATUSES = Words(STATUSES, OrderStatus)
_NOTHING: Mapping[str, None] = dict.fromkeys(NOTHING)


@attrs.frozen
class Size:
    """The size of one contract; ``size`` is None for a symbol that is not listed any more."""

    size: Decimal | None
    unit: Unit


@attrs.frozen
class OrderIds:
    """The ids of a conditional order, the venue's and the caller's."""

    id: str
    client_id: str | None = None


@attrs.frozen(kw_only=True)
class PlainRows:
    """The declarations of a product's plain orders, alone and in a list, and of its fills."""

    order: Reads[Order]
    orders: Reads[Order]
    fills: Reads[Fill]

    def read_batch(self, body: bytes) -> tuple[BatchItem, ...]:
        """Return the result of each item of a batch; orders and refusals are in one list."""
        items = _REFUSALS.read_all(body)
        return tuple(
            BatchItem(row=self.order.read_one(bytes(row))) if item.code is None else item
            for item, row in zip(items, rows_at(body, ()), strict=True)
        )


def complete_order(order: Order, size: Size, received_at: datetime | None = None, raw: Any = None) -> Order:
    """
    Return the order of a row with the size of its contracts, the time of its answer, and the venue's own object.

    Raises:
        PayloadMismatch: its side is neither BUY nor SELL.
    """
    if order.side is not OrderSide.BUY and order.side is not OrderSide.SELL:
        raise PayloadMismatch(f"side: expected BUY or SELL, got {str(order.side)!r}")
    return _complete_order(order, size.size, size.unit, received_at, raw)


def complete_fill(fill: Fill, size: Size, raw: Any = None) -> Fill:
    """Return the fill of a row likewise."""
    return _complete_fill(fill, size.size, size.unit, raw)


_complete_order = quick_copy(Order, "contract_size", "contract_unit", "received_at", "raw")
_complete_fill = quick_copy(Fill, "contract_size", "contract_unit", "raw")


@cache
def plain_rows(*, in_base: bool, one_book: bool = False, commission_sign: int = -1) -> PlainRows:
    """
    Return the declarations of a product whose contracts are counted in the base asset, or in the quote asset.

    With ``one_book`` conditional orders are among the others: a new one waits for its trigger as long as it has its
    first type, and the trigger price of one that trails means nothing. ``commission_sign`` makes of the commission
    in a row the change of the account: -1 where positive means paid. The row of a fill does not show whether it was
    forced.
    """
    # an inverse contract is quoted in the quote and settled in the base asset
    value, quantity = ("cumQuote", "quoteQty") if in_base else ("cumBase", "baseQty")

    def to_change(commission: Decimal | None) -> Decimal | None:
        return None if commission is None else _ZERO + commission_sign * commission

    first_type, status, stop_price = _type("type"), Same("venue_status"), price("stopPrice", may_be_blank=True)
    order: dict[str, Any] = {
        "id": derived(str, whole("orderId")),
        "client_id": text("clientOrderId", may_be_blank=True),
        "type": derived(_first, _type("origType", may_be_blank=True), first_type),
        "kind": derived(_kind, Same("type")) if one_book else OrderKind.PLAIN,
        "venue_status": text("status", is_required=True),
        "status": derived(_one_book_status, status, first_type)
        if one_book
        else derived(_PLAIN_STATUSES.__getitem__, status),
        "quantity": number("origQty", may_be_blank=True),
        "filled": number("executedQty", may_be_blank=True),
        "trigger_price": derived(_trigger_price, Same("type"), stop_price) if one_book else stop_price,
        "average_price": price("avgPrice", may_be_blank=True),
        "filled_value": number(value, may_be_blank=True),
        "callback_rate": price("priceRate", may_be_blank=True),
        "created_at": milliseconds("time", may_be_blank=True),
        **_TERMS,
    }
    return PlainRows(
        order=Reads(Order, is_single=True, **order | _OPEN_SIDE),
        orders=Reads(Order, **order),
        fills=Reads(
            Fill,
            id=derived(str, whole("id")),
            order_id=derived(str, whole("orderId")),
            symbol=text("symbol"),
            side=words("side", SIDES),
            price=number("price"),
            quantity=number("qty"),
            time=milliseconds("time"),
            position_side=words("positionSide", POSITION_SIDES, unknown=PositionSide, may_be_blank=True),
            value=number(quantity, may_be_blank=True),
            realized_pnl=number("realizedPnl", may_be_blank=True),
            commission=derived(to_change, number("commission", may_be_blank=True)),
            commission_asset=text("commissionAsset", may_be_blank=True),
            is_maker=flag("maker", may_be_blank=True),
        ),
    )


def _type(name: str, *, may_be_blank: bool = False) -> Column:
    return words(name, TYPES, unknown=OrderType, may_be_blank=may_be_blank)


def _word(name: str, table: Mapping[str, Any], unknown: Callable[[str], Any]) -> Column:
    return words(name, {**table, **_NOTHING}, unknown=unknown, may_be_blank=True)


def _first(original: OrderType | None, present: OrderType) -> OrderType:
    return original or present


def _kind(kind: OrderType) -> OrderKind:
    return OrderKind.CONDITIONAL if kind.is_conditional else OrderKind.PLAIN


def _one_book_status(word: str, first_type: OrderType) -> Any:
    return OrderStatus.UNTRIGGERED if word == "NEW" and first_type.is_conditional else _PLAIN_STATUSES[word]


def _trigger_price(kind: OrderType, stop_price: Decimal | None) -> Decimal | None:
    return None if kind is OrderType.TRAILING_STOP_MARKET else stop_price


def _if_triggered(order_id: str | None, figure: Decimal | None) -> Decimal | None:
    return None if order_id is None else figure


#: the terms that both routes have by the same names
_TERMS: Mapping[str, Any] = {
    "symbol": text("symbol"),
    "side": words("side", SIDES),
    "position_side": words("positionSide", POSITION_SIDES, unknown=PositionSide, may_be_blank=True),
    "time_in_force": _word("timeInForce", TIMES, TimeInForce),
    "price": price("price", may_be_blank=True),
    "reduce_only": flag("reduceOnly", may_be_blank=True),
    "close_position": flag("closePosition", may_be_blank=True),
    "working_price": _word("workingType", TRIGGERS, WorkingPrice),
    "price_protect": flag("priceProtect", may_be_blank=True),
    "stp_mode": _word("selfTradePreventionMode", {}, str),
    "price_match": _word("priceMatch", {}, str),
    "expires_at": milliseconds("goodTillDate", may_be_blank=True),
    "activation_price": price("activatePrice", may_be_blank=True),
    "updated_at": milliseconds("updateTime", may_be_blank=True),
}
#: of an order by itself: an answer to a write says that it was accepted, also with a side that cannot be read
_OPEN_SIDE: dict[str, Any] = {"side": words("side", SIDES, unknown=OrderSide)}
_ALGO: dict[str, Any] = {
    "id": derived(str, whole("algoId")),
    "client_id": text("clientAlgoId", may_be_blank=True),
    "kind": OrderKind.CONDITIONAL,
    "type": _type("orderType"),
    "venue_status": derived(lambda word: word or "NEW", text("algoStatus", may_be_blank=True)),
    "status": derived(Words(ALGO_STATUSES, OrderStatus).__getitem__, Same("venue_status")),
    "quantity": number("quantity", may_be_blank=True),
    "trigger_price": price("triggerPrice", may_be_blank=True),
    "callback_rate": price("callbackRate", may_be_blank=True),
    "triggered_order_id": derived(
        lambda name: None if name == "0" else name, identifier("actualOrderId", may_be_blank=True)
    ),
    # a row of one that was never triggered has its own quantity here
    "triggered_filled": derived(_if_triggered, Same("triggered_order_id"), number("actualQty", may_be_blank=True)),
    "triggered_price": derived(_if_triggered, Same("triggered_order_id"), price("actualPrice", may_be_blank=True)),
    "created_at": milliseconds("createTime", may_be_blank=True),
    **_TERMS,
}
ALGO_ORDER, ALGO_ORDERS = Reads(Order, is_single=True, **_ALGO | _OPEN_SIDE), Reads(Order, **_ALGO)
#: the acknowledgement of a cancellation has no more
CANCELED_ALGO_ORDER = Reads(OrderIds, is_single=True, id=_ALGO["id"], client_id=_ALGO["client_id"])

_REFUSALS = Reads(
    BatchItem,
    code=derived(read_code, identifier("code", may_be_blank=True)),
    message=derived(lambda words: words or "", text("msg", may_be_blank=True)),
)
