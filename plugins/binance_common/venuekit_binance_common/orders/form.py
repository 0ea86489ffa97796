"""The form of an order: what the venue cannot take is refused before sending, and nothing is rounded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import OrderBehaviour, OrderRequest, OrderSide, OrderType, PositionSide, TimeInForce
from venuekit.plugin import Account, MadeId, is_multiple, make_client_id
from venuekit_binance_common.history_limits import milliseconds
from venuekit_binance_common.orders.enums import CLOSING_SIDES, SIDE_WORDS, TIME_WORDS, TRIGGER_WORDS, TYPE_WORDS
from venuekit_binance_common.payloads import FilterRow, InstrumentRow

__all__ = [
    "algo_form",
    "check_form",
    "check_numbers",
    "is_number",
    "order_form",
    "order_name",
    "side_word",
    "step_misfit",
    "texts",
]

_LIMITS = frozenset({OrderType.LIMIT, OrderType.STOP, OrderType.TAKE_PROFIT})
_CLOSING = frozenset({OrderType.STOP_MARKET, OrderType.TAKE_PROFIT_MARKET})
_TRAILING = OrderType.TRAILING_STOP_MARKET


def check_form(account: Account, operation: str, request: OrderRequest) -> OrderRequest:
    """
    Return an order with a client id, made up when it has none.

    Raises:
        InvalidArgument: the venue cannot take it; nothing was sent.
    """
    declared = account.behaviour(OrderBehaviour)
    if request.type not in tuple(declared.types):
        words: str | None = f"a {request.type} order is not known here"
    else:
        request = attrs.evolve(request, type=OrderType(request.type))
        words = _misfit(declared, request)
    if words is not None:
        raise account.refuse(words, operation=operation, subject=request.symbol)
    # an id that was made for an earlier order is the caller's own by now
    client_id = make_client_id() if request.client_id is None else str(request.client_id)
    return attrs.evolve(request, client_id=client_id)


def step_misfit(row: InstrumentRow, numbers: Mapping[str, Decimal | None]) -> str | None:
    """Return which number is not a whole number of the instrument's steps, in one sentence; None when all are."""
    filters = {each.filter_type: each for each in row.filters}
    nothing = FilterRow("")
    steps = {"quantity": filters.get("LOT_SIZE", nothing).step_size}
    tick = filters.get("PRICE_FILTER", nothing).tick_size
    for name, number in numbers.items():
        step = steps.get(name, tick)
        if number is not None and step and not is_multiple(Decimal(number), step):
            return f"{name} {number} is not a multiple of {step}; it is never rounded here"
    return None


def check_numbers(account: Account, operation: str, symbol: str, numbers: Mapping[str, Decimal | None]) -> None:
    """Refuse a quantity or price that is no number, or not positive."""
    for name, number in numbers.items():
        if number is None:
            continue
        if not is_number(number):
            words = f"{name} must be a Decimal, not {number!r}"
        elif number <= 0:
            words = f"{name} must be above 0, not {number}"
        else:
            continue
        raise account.refuse(words, operation=operation, subject=symbol)


def order_name(
    account: Account, operation: str, symbol: str, order_id: str | None, client_id: str | None
) -> dict[str, int | str]:
    """
    Return how a plain order is named; exactly one of both ids does it.

    Raises:
        InvalidArgument: none or both are given, or it is no id of this venue; nothing was sent.
    """
    if (order_id is None) == (client_id is None):
        raise account.refuse("name the order by order_id or by client_id", operation=operation, subject=symbol)
    if order_id is None:
        pattern = account.behaviour(OrderBehaviour).client_id_pattern
        if not _is_client_id(pattern, client_id):
            words = f"a client id is like {pattern}, not {client_id!r}"
            raise account.refuse(words, operation=operation, subject=symbol)
        return {"origClientOrderId": client_id or ""}
    if not _is_order_id(order_id):
        words = f"an order id is a number here, as text, not {order_id!r}: a client id goes in as client_id"
        raise account.refuse(words, operation=operation, subject=symbol)
    return {"orderId": int(order_id)}


def side_word(account: Account, operation: str, symbol: str, side: OrderSide) -> str:
    """Return the venue's word for the side of an order that is to be amended."""
    if side not in tuple(OrderSide):
        raise account.refuse(f"there is no side {side!r}", operation=operation, subject=symbol)
    return SIDE_WORDS[side]


def order_form(request: OrderRequest) -> dict[str, Any]:
    """Return an order of the plain book by the venue's names."""
    return _without_none(
        {
            **_both_forms(request),
            "newClientOrderId": request.client_id,
            "stopPrice": request.trigger_price,
            "activationPrice": request.activation_price,
        }
    )


def algo_form(request: OrderRequest) -> dict[str, Any]:
    """Return an order of the conditional book by the venue's names."""
    return _without_none(
        {
            "algoType": "CONDITIONAL",
            **_both_forms(request),
            "newOrderRespType": None,
            "clientAlgoId": request.client_id,
            "triggerPrice": request.trigger_price,
            "activatePrice": request.activation_price,
        }
    )


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
    time_in_force = request.time_in_force
    if time_in_force is None and request.type in _LIMITS:
        time_in_force = TimeInForce.GTC if request.expires_at is None else TimeInForce.GTD
    return {
        "symbol": request.symbol,
        "side": SIDE_WORDS[request.side],
        "type": TYPE_WORDS[request.type],
        "positionSide": None if request.position_side is None else PositionSide(request.position_side).name,
        "timeInForce": None if time_in_force is None else TIME_WORDS[time_in_force],
        "quantity": request.quantity,
        "price": request.price,
        # a leg of hedge mode refuses the flag, and its closing side can do nothing but reduce
        "reduceOnly": True if request.reduce_only and request.position_side not in CLOSING_SIDES else None,
        "priceMatch": request.price_match,
        "selfTradePreventionMode": request.stp_mode,
        "goodTillDate": None if request.expires_at is None else milliseconds(request.expires_at),
        # the acknowledgement alone does not tell what was filled at once
        "newOrderRespType": "RESULT",
        "workingType": None if request.working_price is None else TRIGGER_WORDS[request.working_price],
        "priceProtect": request.price_protect,
        "closePosition": True if request.close_position else None,
        "callbackRate": request.callback_rate,
    }


def _without_none(form: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in form.items() if value is not None}


def is_number(value: object) -> bool:
    """Say whether a value is a number that can be sent exactly."""
    return not isinstance(value, bool) and isinstance(value, int | Decimal) and Decimal(value).is_finite()


def _is_order_id(order_id: object) -> bool:
    return isinstance(order_id, str) and order_id.isascii() and order_id.isdecimal()


def _is_client_id(pattern: str, client_id: object) -> bool:
    return isinstance(client_id, str) and re.fullmatch(pattern, client_id) is not None


def _misfit(declared: OrderBehaviour, request: OrderRequest) -> str | None:
    """Return why the venue cannot take an order, as far as its form tells."""
    conditional, limited, trails = request.type.is_conditional, request.type in _LIMITS, request.type is _TRAILING
    priced = request.price is not None or request.price_match is not None
    triggered = conditional and not trails
    word = f"a {request.type} order"
    times = {None, *declared.times_in_force}
    closing = None if request.position_side is None else CLOSING_SIDES.get(request.position_side)
    choices = {
        f"there is no side {request.side!r}": request.side not in SIDE_WORDS,
        f"there is no position side {request.position_side!r}": request.position_side not in {None, *PositionSide},
        f"a {request.side} does not reduce the {request.position_side} leg": request.reduce_only
        and closing is not None
        and request.side != closing,
        f"{request.time_in_force!r} is not known here": request.time_in_force not in times,
        f"{word} takes no time_in_force": request.type is OrderType.MARKET and request.time_in_force is not None,
        f"{word} needs a quantity": request.quantity is None and not request.close_position,
        "an order that closes the position takes neither quantity nor reduce_only": request.close_position
        and (request.quantity is not None or request.reduce_only),
        f"{word} cannot close whatever is open: only stop_market and take_profit_market can": request.close_position
        and request.type not in _CLOSING,
        f"{word} needs a price": limited and not priced,
        f"{word} takes no price": not limited and priced,
        "give a price or let the venue match one, not both": request.price is not None
        and request.price_match is not None,
        f"{word} needs a trigger_price": triggered and request.trigger_price is None,
        f"{word} takes no trigger_price": not triggered and request.trigger_price is not None,
        f"{word} needs a callback_rate": trails and request.callback_rate is None,
        f"{word} does not trail": not trails
        and (request.callback_rate is not None or request.activation_price is not None),
        f"{word} watches no price": not conditional
        and (request.working_price is not None or request.price_protect is not None),
        f"{request.working_price!r} is not known here": request.working_price not in {None, *TRIGGER_WORDS},
        "only an order that is good till a date has an expires_at": request.expires_at is not None
        and request.time_in_force not in {None, TimeInForce.GTD},
        "an order that is good till a date needs an expires_at": request.time_in_force is TimeInForce.GTD
        and request.expires_at is None,
        "orders do not expire here": request.expires_at is not None and TimeInForce.GTD not in declared.times_in_force,
        f"{request.expires_at} has no time zone": request.expires_at is not None and request.expires_at.tzinfo is None,
        f"{request.expires_at} is no whole second": request.expires_at is not None
        and request.expires_at.microsecond != 0,
        f"a client id is like {declared.client_id_pattern}, not {request.client_id!r}": request.client_id is not None
        and not _is_client_id(declared.client_id_pattern, request.client_id),
    }
    return next((words for words, holds in choices.items() if holds), None)
