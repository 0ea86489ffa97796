"""Bybit's notation: numbers and times as text, its envelope, its errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from venuekit.simulator import Response, json_response

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EIGHT_PLACES = Decimal("1e-8")


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


def price(value: Decimal | None) -> str:
    """Return a price with two places, empty for None."""
    return "" if value is None else format(value.quantize(Decimal("0.01"), ROUND_HALF_UP), "f")


def milliseconds(moment: datetime | None) -> str:
    """Return an instant in milliseconds since 1970, ``"0"`` for None."""
    return "0" if moment is None else str((moment - _EPOCH) // timedelta(milliseconds=1))


def envelope(result: object, time: int, extension: object = None) -> Response:
    """Return a success; ``time`` is the venue's clock in milliseconds, ``extension`` is sent beside the result."""
    body = {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": extension or {}, "time": time}
    return json_response(body)


def refusal(code: int, message: str, time: int, result: object = None) -> Response:
    """Return a refusal: it also has status 200."""
    body = {"retCode": code, "retMsg": message, "result": result or {}, "retExtInfo": {}, "time": time}
    return json_response(body)
