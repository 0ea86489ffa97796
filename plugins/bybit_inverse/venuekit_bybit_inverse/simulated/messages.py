"""Bybit's notation: numbers and times as text, its envelope, and its codes and words for refusals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from venuekit.capabilities import Setting
from venuekit.plugin import to_milliseconds
from venuekit.simulator import Response, SimRequest, json_response
from venuekit.simulator.ledger import Book, LedgerRefusal, Reason

_EIGHT_PLACES, _TWO_PLACES = Decimal("1e-8"), Decimal("0.01")
#: the places of a price that words show as a whole number
_SCALE = 4


def _make_refusal(code: int, message: str) -> Response:
    return json_response({"retCode": code, "retMsg": message, "result": {}, "retExtInfo": {}})


#: routes that a unified account may not use, or that have nothing for inverse contracts; each answers all callers alike
REFUSED: Mapping[tuple[str, str], Response] = {
    ("POST", "/v5/position/switch-isolated"): _make_refusal(100028, "unified account is forbidden"),
    ("POST", "/v5/position/set-auto-add-margin"): _make_refusal(10001, "Illegal category"),
    ("GET", "/v5/market/premium-index-price-kline"): _make_refusal(10001, "Illegal category"),
    # In cross margin there is none for inverse contracts, in isolated margin for no contract.
    ("POST", "/v5/order/pre-check"): _make_refusal(
        10001, "pre-check is not supported for category inverse in this margin mode"
    ),
}
#: the answer to a key without permission
NO_PERMISSION = (10005, "Permission denied, please check your API key permissions.")
_PORTFOLIO = {"reasonCode": "3400000", "reasonMsg": "Equity needs to be equal to or greater than 1000 USDC"}
_SET_MARGIN_MODE = "/v5/account/set-margin-mode"
#: answers to requests that are not about orders, where margin is missing
_NO_MARGIN = {
    "/v5/position/add-margin": (110014, "Available balance is insufficient to add margin."),
    "/v5/position/set-leverage": (110044, "Available margin is insufficient."),
}
_NO_ORDER = (110001, "order not exists or too late to cancel")

#: codes and words by reason, with the setting or the book where they matter; the details fill the placeholders
_WORDS: Mapping[object, tuple[int, str]] = {
    Reason.OUTSIDE_WINDOW: (
        10002,
        (
            "invalid request, please check your server timestamp or recv_window param. "
            "req_timestamp[{timestamp}],server_timestamp[{now}],recv_window[{recv_window}]"
        ),
    ),
    Reason.INVALID_LEVERAGE: (10001, "params error: leverage invalid"),
    (Reason.NO_CHANGE, Setting.LEVERAGE): (110043, "leverage not modified"),
    (Reason.NO_CHANGE, Setting.POSITION_MODE): (110025, "Position mode is not modified"),
    Reason.UNKNOWN_SYMBOL: (10001, "params error: symbol invalid {symbol}"),
    Reason.LEVERAGE_ABOVE_BRACKET: (110013, "Cannot set leverage due to risk limit level."),
    Reason.HEDGE_MODE_MISSING: (110029, "Hedge mode is not supported for this symbol."),
    Reason.INSUFFICIENT_MARGIN: (110007, "ab not enough for new order"),
    Reason.MAX_POSITION_EXCEEDED: (110090, "Order placement failed as your position may exceed the max limit."),
    Reason.WOULD_LIQUIDATE: (110011, "Your position will be liquidated immediately after this change."),
    Reason.NOT_ISOLATED: (110015, "The position is in cross margin mode."),
    Reason.FLAT_POSITION: (110033, "Cannot set margin without an open position."),
    Reason.REMOVABLE_EXCEEDED: (110078, "Added margin more than max can reduce margin."),
    Reason.UNKNOWN_ORDER: _NO_ORDER,
    Reason.ORDER_FINISHED: _NO_ORDER,
    (Reason.TOO_MANY_ORDERS, Book.PLAIN): (110020, "You are not allowed to have more than {maximum} active orders."),
    (Reason.TOO_MANY_ORDERS, Book.CONDITIONAL): (
        110009,
        "The number of stop orders exceeds the maximum allowable limit.",
    ),
    Reason.DUPLICATE_CLIENT_ID: (110072, "OrderLinkedID is duplicate"),
    Reason.ORDER_UNCHANGED: (10001, "The order remains unchanged as the parameters entered match the existing ones."),
    Reason.ORDER_INCOMPLETE: (10001, "params error: {field} is required"),
    Reason.PRICE_OFF_STEP: (10001, "params error: {field} is not on the tick"),
    Reason.PRICE_OUT_OF_RANGE: (10001, "params error: {field} is out of range"),
    Reason.QUANTITY_OFF_STEP: (10001, "Qty invalid"),
    Reason.QUANTITY_OUT_OF_RANGE: (10001, "The number of contracts exceeds the limit allowed"),
    Reason.NOTIONAL_TOO_SMALL: (10001, "The order value must be at least {minimum} USD"),
    Reason.AMOUNT_NOT_POSITIVE: (10001, "Qty invalid"),
    Reason.PRICE_NOT_POSITIVE: (10001, "Price invalid"),
    Reason.REDUCE_ONLY_REJECTED: (110017, "current position is zero, cannot fix reduce-only order qty"),
    Reason.COLLATERAL_OFF: (110101, "The settle coin must be switched on as collateral."),
}


def number(value: Decimal | None) -> str:
    """Return a number in plain digits without trailing zeros, empty for None."""
    if value is None:
        return ""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"", "-0"} else text


def money(value: Decimal | None) -> str:
    """Return an amount or a mean price with at most eight places."""
    return number(None if value is None else value.quantize(_EIGHT_PLACES, ROUND_HALF_UP))


def price(value: Decimal | None, tick: Decimal = _TWO_PLACES) -> str:
    """Return a price with two places, or as many as the tick has where that are more; empty for None."""
    return "" if value is None else format(value.quantize(min(_TWO_PLACES, unit_of(tick)), ROUND_HALF_UP), "f")


def unit_of(tick: Decimal) -> Decimal:
    """Return 1 in the last place of a tick."""
    return Decimal(1).scaleb(int(tick.normalize().as_tuple().exponent))


def milliseconds(moment: datetime | None) -> str:
    """Return an instant in milliseconds since 1970, ``"0"`` for None."""
    return "0" if moment is None else str(to_milliseconds(moment))


def envelope(result: object, time: int, extension: object = None) -> Response:
    """Return a success; ``time`` is the venue's clock in milliseconds, ``extension`` is sent beside the result."""
    body = {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": extension or {}, "time": time}
    return json_response(body)


def refusal(code: int, message: str, time: int, result: object = None) -> Response:
    """Return a refusal: it also has status 200."""
    body = {"retCode": code, "retMsg": message, "result": result or {}, "retExtInfo": {}, "time": time}
    return json_response(body)


def refuse(reason: LedgerRefusal, request: SimRequest, milliseconds: int) -> Response:
    """Return the answer to a refusal of the ledger; that of the margin mode has its reasons in a list."""
    if reason.reason is Reason.MARGIN_TYPE_MISSING:
        return json_response(
            {"retCode": 3400045, "retMsg": "Set margin mode failed", "result": {"reasons": [_PORTFOLIO]}}
        )
    if reason.reason is Reason.INSUFFICIENT_MARGIN:
        if request.path == _SET_MARGIN_MODE:
            return json_response({"retCode": 3400045, "retMsg": "Set margin mode failed", "result": {"reasons": []}})
        if request.path in _NO_MARGIN:
            return refusal(*_NO_MARGIN[request.path], milliseconds)
    return refusal(*words_of(reason), milliseconds)


def words_of(refused: LedgerRefusal) -> tuple[int, str]:
    """Return code and words for a refusal of the ledger."""
    reason = refused.reason
    details: Mapping[str, Any] = refused.details
    if reason is Reason.INVALID_LEVERAGE and details["leverage"] > details["maximum"]:
        reason = Reason.LEVERAGE_ABOVE_BRACKET
    if reason is Reason.REDUCE_ONLY_REJECTED and details["position"]:
        return 110017, "Reduce-only rule not satisfied"
    if reason is Reason.WOULD_TRIGGER:
        return _would_trigger(details["trigger_price"], details["mark"])
    narrow = (reason, details.get("setting") or details.get("book"))
    code, words = _WORDS.get(narrow) or _WORDS.get(reason) or (10001, f"Request parameter error: {reason}")
    return code, words.format(**details)


def scale_price(price: Decimal) -> str:
    """Return a price as the venue's words about triggers have it: without its point."""
    return number(price.scaleb(_SCALE))


def _would_trigger(trigger: Decimal, current: Decimal) -> tuple[int, str]:
    """Return code and words for a trigger that is reached already."""
    sent, now = scale_price(trigger), scale_price(current)
    if trigger <= current:
        return 110092, f"expect Rising, but trigger_price[{sent}] <= current[{now}]??LastPrice"
    return 110093, f"expect Falling, but trigger_price[{sent}] >= current[{now}]??LastPrice"
