"""The form of an order: what the venue cannot take is refused before sending, and nothing is rounded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from venuekit.capabilities import (
    OrderBehaviour,
    OrderRequest,
    OrderSide,
    OrderType,
    PositionSide,
    TimeInForce,
    WorkingPrice,
)
from venuekit.plugin import Account, is_multiple, make_client_id
from venuekit_bybit_inverse.endpoints import CLIENT_ID_PATTERN
from venuekit_bybit_inverse.instruments import instrument_row, refresh_row
from venuekit_bybit_inverse.market_payloads import InstrumentRow

__all__ = ["check_steps", "order_name", "wire_order", "with_client_id"]

_TIMES = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.POST_ONLY: "PostOnly",
    TimeInForce.RPI: "RPI",
}
_TRIGGERS = {WorkingPrice.LAST: "LastPrice", WorkingPrice.MARK: "MarkPrice", WorkingPrice.INDEX: "IndexPrice"}
_SIDES = {OrderSide.BUY: "Buy", OrderSide.SELL: "Sell"}
_LIMITS = frozenset({OrderType.LIMIT, OrderType.STOP, OrderType.TAKE_PROFIT})
_PROFITS = frozenset({OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_MARKET})
_RISES, _FALLS = 1, 2
#: what other venues have and this one does not
_MISSING = {
    "close_position": "the venue has no order that closes whatever is open: give the quantity, with reduce_only",
    "price_protect": "the venue has no price protection of triggers",
    "activation_price": "trailing stops belong to the position here, not to an order",
    "callback_rate": "trailing stops belong to the position here, not to an order",
    "expires_at": "orders do not expire here",
    "price_match": "the venue does not choose prices",
}


async def with_client_id(account: Account, operation: str, request: OrderRequest) -> OrderRequest:
    """
    Return an order with a client id, made up when it has none.

    Raises:
        InvalidArgument: the venue cannot take it; nothing was sent.
        InvalidRequest: the venue lists no such symbol.
    """
    words = _misfit(account, request)
    if words is not None:
        raise account.refuse(words, operation=operation, subject=request.symbol)
    steps = {"quantity": request.quantity, "price": request.price, "trigger_price": request.trigger_price}
    await check_steps(account, operation, request.symbol, steps)
    # an id that was made for an earlier order is the caller's own by now
    client_id = make_client_id() if request.client_id is None else str(request.client_id)
    return attrs.evolve(request, client_id=client_id)


async def check_steps(account: Account, operation: str, symbol: str, numbers: Mapping[str, Decimal | None]) -> None:
    """
    Refuse a quantity or price that is not positive, or not a whole number of the instrument's steps.

    Steps change: before anything is refused because of one, the instruments are read again.

    Raises:
        InvalidArgument: it does not fit; nothing was sent.
        InvalidRequest: the venue lists no such symbol.
    """
    for name, number in numbers.items():
        if number is None:
            continue
        if not _is_number(number):
            raise account.refuse(f"{name} must be a Decimal, not {number!r}", operation=operation, subject=symbol)
        if number <= 0:
            raise account.refuse(f"{name} must be above 0, not {number}", operation=operation, subject=symbol)
    words = _step_misfit(await instrument_row(account, symbol, operation), numbers)
    if words is not None:
        words = _step_misfit(await refresh_row(account, symbol, operation), numbers)
    if words is not None:
        raise account.refuse(words, operation=operation, subject=symbol)


def _step_misfit(row: InstrumentRow, numbers: Mapping[str, Decimal | None]) -> str | None:
    for name, number in numbers.items():
        step = row.lot_size_filter.qty_step if name == "quantity" else row.price_filter.tick_size
        if number is not None and step and not is_multiple(Decimal(number), step):
            return f"{name} {number} is not a multiple of {step}; it is never rounded here"
    return None


def _is_number(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | Decimal) and Decimal(value).is_finite()


def order_name(
    account: Account, operation: str, symbol: str, order_id: str | None, client_id: str | None
) -> dict[str, str]:
    """Return how an order is named; exactly one of both ids does it, and an empty one names all orders."""
    if (order_id is None) == (client_id is None) or not (order_id or client_id):
        raise account.refuse("name the order by order_id or by client_id", operation=operation, subject=symbol)
    return {"orderId": order_id} if order_id is not None else {"orderLinkId": client_id or ""}


def wire_order(request: OrderRequest) -> dict[str, Any]:
    """Return an order by the venue's names, numbers as plain digits."""
    conditional = request.type.is_conditional
    rises = (request.side is OrderSide.BUY) is not (request.type in _PROFITS)
    found: dict[str, Any] = {
        "symbol": request.symbol,
        "side": _SIDES[request.side],
        "orderType": "Limit" if request.type in _LIMITS else "Market",
        "qty": request.quantity,
        "price": request.price,
        "timeInForce": None if request.time_in_force is None else _TIMES[request.time_in_force],
        "orderLinkId": request.client_id,
        "reduceOnly": True if request.reduce_only else None,
        "triggerPrice": request.trigger_price,
        "triggerDirection": (_RISES if rises else _FALLS) if conditional else None,
        "triggerBy": None if request.working_price is None else _TRIGGERS[request.working_price],
        "smpType": request.stp_mode,
    }
    return {name: value for name, value in found.items() if value is not None}


def _misfit(account: Account, request: OrderRequest) -> str | None:
    """Return why the venue cannot take an order, as far as its form tells."""
    declared = account.behaviour(OrderBehaviour)
    for name, words in _MISSING.items():
        if getattr(request, name):
            return words
    conditional, limited = request.type.is_conditional, request.type in _LIMITS
    word = f"a {request.type} order"
    choices = {
        f"{word} is not known here": request.type not in declared.types,
        f"there is no side {request.side!r}": request.side not in _SIDES,
        f"{request.time_in_force!r} is not known here": request.time_in_force not in {None, *declared.times_in_force},
        f"a position in one-way mode has no side {request.position_side}": request.position_side
        not in {None, PositionSide.BOTH},
        f"{word} needs a quantity": request.quantity is None,
        f"{word} needs a price": limited and request.price is None,
        f"{word} takes no price": not limited and request.price is not None,
        f"{word} takes at once, so it cannot be {request.time_in_force}": not limited
        and request.time_in_force in {TimeInForce.POST_ONLY, TimeInForce.RPI},
        f"{word} needs a trigger_price": conditional and request.trigger_price is None,
        f"{word} takes no trigger_price": not conditional and request.trigger_price is not None,
        f"{word} watches no price": not conditional and request.working_price is not None,
        f"{request.working_price!r} is not known here": request.working_price not in {None, *_TRIGGERS},
        f"a client id is like {CLIENT_ID_PATTERN}, not {request.client_id!r}": request.client_id is not None
        and not re.fullmatch(CLIENT_ID_PATTERN, request.client_id),
    }
    return next((words for words, holds in choices.items() if holds), None)
