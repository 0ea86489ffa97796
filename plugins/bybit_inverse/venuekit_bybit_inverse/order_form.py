"""The form of an order: values the venue cannot take are refused before sending, and none is rounded."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from venuekit.capabilities import (
    Amendment,
    OrderBehaviour,
    OrderRequest,
    OrderSide,
    OrderType,
    PositionSide,
    TimeInForce,
)
from venuekit.parts.orders import common_misfit, missing_term
from venuekit.plugin import OrderName
from venuekit_bybit_inverse.endpoints.order_reads import ORDER_READS
from venuekit_bybit_inverse.order_rows import FALLS, RISES, SIDES, TIMES, TRIGGERS

_SIDE_WORDS = {side: word for word, side in SIDES.items()}
_TIME_WORDS = {time: word for word, time in TIMES.items()}
TRIGGER_WORDS = {trigger: word for word, trigger in TRIGGERS.items()}
_LIMITS = frozenset({OrderType.LIMIT, OrderType.STOP, OrderType.TAKE_PROFIT})
_PROFITS = frozenset({OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_MARKET})
#: values that other venues have and this one lacks
_MISSING = {
    "close_position": "the venue has no order that closes whatever is open: give the quantity, with reduce_only",
    "price_protect": "the venue has no price protection of triggers",
    "activation_price": "trailing stops belong to the position here, not to an order",
    "callback_rate": "trailing stops belong to the position here, not to an order",
    "expires_at": "orders do not expire here",
    "price_match": "the venue does not choose prices",
}


def misfit(declared: OrderBehaviour, request: OrderRequest) -> str | None:
    """Return why the venue cannot take an order, as far as its form shows."""
    words = missing_term(_MISSING, request) or common_misfit(declared, request)
    if words is not None:
        return words
    if request.position_side not in {None, PositionSide.BOTH}:
        return f"a position in one-way mode has no side {request.position_side}"
    if request.type not in _LIMITS and request.time_in_force in {TimeInForce.POST_ONLY, TimeInForce.RPI}:
        return f"a {request.type} order takes at once, so it cannot be {request.time_in_force}"
    if request.working_price is not None and request.working_price not in TRIGGER_WORDS:
        return f"{request.working_price!r} is not known here"
    return None


def wire_order(request: OrderRequest) -> dict[str, Any]:
    """Return an order by the venue's names, numbers as plain digits."""
    conditional = request.type.is_conditional
    rises = (request.side is OrderSide.BUY) is not (request.type in _PROFITS)
    found: dict[str, Any] = {
        "symbol": request.symbol,
        "side": _SIDE_WORDS[request.side],
        "orderType": "Limit" if request.type in _LIMITS else "Market",
        "qty": request.quantity,
        "price": request.price,
        "timeInForce": None if request.time_in_force is None else _TIME_WORDS[request.time_in_force],
        "orderLinkId": request.client_id,
        "reduceOnly": True if request.reduce_only else None,
        "triggerPrice": request.trigger_price,
        "triggerDirection": (RISES if rises else FALLS) if conditional else None,
        "triggerBy": None if request.working_price is None else TRIGGER_WORDS[request.working_price],
        "smpType": request.stp_mode,
    }
    return {name: value for name, value in found.items() if value is not None}


def wire_amendment(amendment: Amendment) -> dict[str, Any]:
    """Return an amendment by the venue's names; it does not name the side."""
    name = OrderName(amendment.symbol, amendment.order_id, amendment.client_id)
    numbers = {"qty": amendment.quantity, "price": amendment.price}
    return {"symbol": amendment.symbol, **ORDER_READS.names.ids(name), **numbers}


def texts(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item of a batch as it travels: numbers as plain digits, None left out."""
    return {
        name: format(value, "f") if isinstance(value, Decimal) else value
        for name, value in item.items()
        if value is not None
    }
