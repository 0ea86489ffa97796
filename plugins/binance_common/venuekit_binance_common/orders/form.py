"""The form of an order: values the venue cannot take are refused before sending, and none is rounded."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from venuekit.capabilities import OrderBehaviour, OrderRequest, OrderType, PositionSide, TimeInForce
from venuekit.parts.checks import is_number
from venuekit.parts.orders import common_misfit
from venuekit.plugin import MadeId, to_milliseconds
from venuekit_binance_common.enums import CLOSING_SIDES, SIDE_WORDS, TIME_WORDS, TRIGGER_WORDS, TYPE_WORDS

_LIMITS = frozenset({OrderType.LIMIT, OrderType.STOP, OrderType.TAKE_PROFIT})
_CLOSING = frozenset({OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET})
#: percent
LEAST_CALLBACK = Decimal("0.1")


def misfit(most_callback: Decimal, declared: OrderBehaviour, request: OrderRequest) -> str | None:
    """Return why the venue cannot take an order, as far as its form shows; callback rates are percent."""
    return common_misfit(declared, request) or _own_misfit(most_callback, declared, request)


def _own_misfit(most_callback: Decimal, declared: OrderBehaviour, request: OrderRequest) -> str | None:
    kind, leg, rate = request.type, request.position_side, request.callback_rate
    if request.reduce_only and leg is not None and request.side != CLOSING_SIDES.get(leg, request.side):
        return f"a {request.side} does not reduce the {leg} leg"
    if kind == OrderType.MARKET and request.time_in_force is not None:
        return f"a {kind} order takes no time_in_force"
    if request.close_position and (request.quantity is not None or request.reduce_only):
        return "an order that closes the position takes neither quantity nor reduce_only"
    if request.close_position and kind not in _CLOSING:
        return f"a {kind} order cannot close whatever is open: only stop_market and take_profit_market can"
    if request.price is not None and request.price_match is not None:
        return "give a price or let the venue match one, not both"
    trails = kind == OrderType.TRAILING_STOP_MARKET
    if trails and rate is None:
        return f"a {kind} order needs a callback_rate"
    if not trails and (rate is not None or request.activation_price is not None):
        return f"a {kind} order does not trail"
    if rate is not None and not (is_number(rate) and LEAST_CALLBACK <= rate <= most_callback):
        return f"callback_rate must be from {LEAST_CALLBACK} up to {most_callback} percent, not {rate!r}"
    if request.working_price is not None and request.working_price not in TRIGGER_WORDS:
        return f"{request.working_price!r} is not known here"
    return _expiry_misfit(declared, request)


def _expiry_misfit(declared: OrderBehaviour, request: OrderRequest) -> str | None:
    expires_at = request.expires_at
    if expires_at is None:
        is_dated = request.time_in_force == TimeInForce.GTD
        return "an order that is good till a date needs an expires_at" if is_dated else None
    if request.time_in_force not in {None, TimeInForce.GTD}:
        return "only an order that is good till a date has an expires_at"
    if TimeInForce.GTD not in declared.times_in_force:
        return "orders do not expire here"
    if expires_at.tzinfo is None:
        return f"{expires_at} has no time zone"
    return f"{expires_at} is no whole second" if expires_at.microsecond else None


def order_form(request: OrderRequest) -> dict[str, Any]:
    """Return an order of the plain book by the venue's names."""
    form = _both_forms(request)
    return _with_names_of_book(form, request, "newClientOrderId", "stopPrice", "activationPrice")


def algo_form(request: OrderRequest) -> dict[str, Any]:
    """Return an order of the conditional book by the venue's names."""
    form = {"algoType": "CONDITIONAL", **_both_forms(request)}
    del form["newOrderRespType"]
    return _with_names_of_book(form, request, "clientAlgoId", "triggerPrice", "activatePrice")


def _with_names_of_book(
    form: dict[str, Any], request: OrderRequest, client_id: str, trigger_price: str, activation_price: str
) -> dict[str, Any]:
    """Add the terms that each book has by a name of its own, and return the form."""
    form[client_id] = request.client_id
    if request.trigger_price is not None:
        form[trigger_price] = request.trigger_price
    if request.activation_price is not None:
        form[activation_price] = request.activation_price
    return form


def texts(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item of a batch as it travels: numbers as plain digits, flags as words."""
    return {name: _text(value) for name, value in item.items() if value is not None}


def _text(value: Any) -> Any:
    if isinstance(value, MadeId):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _both_forms(request: OrderRequest) -> dict[str, Any]:
    """Return the terms that both books have by the same names; None is left out."""
    leg, time_in_force = request.position_side, request.time_in_force
    if time_in_force is None and request.type in _LIMITS:
        time_in_force = TimeInForce.GTC if request.expires_at is None else TimeInForce.GTD
    form: dict[str, Any] = {
        "symbol": request.symbol,
        "side": SIDE_WORDS[request.side],
        "type": TYPE_WORDS[request.type],
    }
    if leg is not None:
        form["positionSide"] = PositionSide(leg).name
    if time_in_force is not None:
        form["timeInForce"] = TIME_WORDS[time_in_force]
    if request.quantity is not None:
        form["quantity"] = request.quantity
    if request.price is not None:
        form["price"] = request.price
    # a leg of hedge mode refuses the flag, and its closing side can do nothing but reduce
    if request.reduce_only and leg not in CLOSING_SIDES:
        form["reduceOnly"] = True
    _add_conditions(form, request)
    return form


def _add_conditions(form: dict[str, Any], request: OrderRequest) -> None:
    if request.price_match is not None:
        form["priceMatch"] = request.price_match
    if request.stp_mode is not None:
        form["selfTradePreventionMode"] = request.stp_mode
    if request.expires_at is not None:
        form["goodTillDate"] = to_milliseconds(request.expires_at)
    # the acknowledgement alone does not show the quantity filled at once
    form["newOrderRespType"] = "RESULT"
    if request.working_price is not None:
        form["workingType"] = TRIGGER_WORDS[request.working_price]
    if request.price_protect is not None:
        form["priceProtect"] = request.price_protect
    if request.close_position:
        form["closePosition"] = True
    if request.callback_rate is not None:
        form["callbackRate"] = request.callback_rate
