"""The venue's side of words and numbers: small units, ISO times, tables with filters, refusals in prose."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from venuekit.simulator import Denied, Response, SimRequest, json_response
from venuekit.simulator.ledger import LedgerRefusal, Reason

R = TypeVar("R", bound=Mapping[str, Any])

#: by asset: the currency that amounts are counted in, and their decimals
UNITS = {"XBT": ("XBt", 8), "USDT": ("USDt", 6)}

_WORDS: Mapping[Reason, tuple[int, str]] = {
    Reason.UNKNOWN_SYMBOL: (400, "Invalid symbol"),
    Reason.DUPLICATE_CLIENT_ID: (400, "Duplicate clOrdID"),
    Reason.ORDER_INCOMPLETE: (400, "{field} is required for ordType {type}"),
    Reason.PRICE_OFF_STEP: (400, "Invalid price tickSize"),
    Reason.PRICE_OUT_OF_RANGE: (400, "Invalid price"),
    Reason.PRICE_NOT_POSITIVE: (400, "Invalid price"),
    Reason.QUANTITY_OFF_STEP: (400, "orderQty is invalid"),
    Reason.QUANTITY_OUT_OF_RANGE: (400, "orderQty is invalid"),
    Reason.AMOUNT_NOT_POSITIVE: (400, "orderQty is invalid"),
    Reason.WOULD_TRIGGER: (400, "Invalid stopPx for ordType"),
    Reason.TOO_MANY_ORDERS: (400, "Too many open orders"),
    Reason.INVALID_LEVERAGE: (400, "Invalid leverage"),
    Reason.LEVERAGE_ABOVE_BRACKET: (400, "Invalid leverage: above {max_leverage}"),
    Reason.INSUFFICIENT_MARGIN: (400, "Account has insufficient Available Balance"),
    Reason.INSUFFICIENT_BALANCE: (400, "Account has insufficient Available Balance"),
    Reason.NOT_ISOLATED: (400, "Position is not isolated"),
    Reason.FLAT_POSITION: (400, "Position is not open"),
    Reason.REMOVABLE_EXCEEDED: (400, "Position margin would fall below the initial margin"),
}


class _Details(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return name


def refusal(status: int, words: str, headers: Mapping[str, str] | None = None, name: str = "HTTPError") -> Response:
    """Return an answer that refuses, in prose."""
    return json_response({"error": {"message": words, "name": name}}, status, headers)


def refusal_of(reason: LedgerRefusal) -> Response:
    """Return the answer to a refusal of the ledger."""
    status, words = _WORDS.get(reason.reason, (400, f"The request was refused: {reason.reason.value}"))
    return refusal(status, words.format_map(_Details(reason.details)))


def units(amount: Decimal | None, asset: str) -> int | None:
    """Return an amount in the small units of an asset, cut off below one."""
    return None if amount is None else int(amount.scaleb(UNITS[asset][1]))


def time_text(time: datetime | None) -> str | None:
    """Return a time in ISO 8601, in UTC with milliseconds."""
    return None if time is None else time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def needed(request: SimRequest, name: str) -> str:
    """Return a parameter as text, which must be there."""
    text = request.text(name)
    if not text:
        raise Denied(refusal(400, f"'{name}' is a required arg."))
    return text


def number(request: SimRequest, name: str) -> Decimal | None:
    """Return a parameter that is a number, None where it was not sent."""
    text = request.text(name)
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        raise Denied(refusal(400, f"'{name}' is not a number.")) from None


def filtered(request: SimRequest) -> Mapping[str, Any]:
    """Return the values by which a table is filtered."""
    text = request.text("filter")
    try:
        asked = json.loads(text) if text else {}
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise Denied(refusal(400, "'filter' could not be parsed as JSON."))
    return asked


def page(request: SimRequest, rows: Sequence[R], keep: Callable[[str, Any, R], bool | None] | None = None) -> list[R]:
    """
    Return the rows of a table that a request asks for: filtered, between two times, from an offset, so many.

    ``keep`` decides about the fields of a filter that no row has, and returns None for all others.
    """
    asked, start, end = filtered(request), _moment(request, "startTime"), _moment(request, "endTime")
    found = []
    for row in rows:
        verdicts = [None if keep is None else keep(name, value, row) for name, value in asked.items()]
        fits = all(
            row.get(name) == value if verdict is None else verdict
            for verdict, (name, value) in zip(verdicts, asked.items(), strict=True)
        )
        at = datetime.fromisoformat(row["timestamp"]) if row.get("timestamp") else None
        if fits and (at is None or ((start is None or start <= at) and (end is None or at <= end))):
            found.append(row)
    if request.text("reverse") == "true":
        found.reverse()
    first, most = int(request.text("start") or 0), min(int(request.text("count") or 100), 500)
    return found[first : first + most]


def _moment(request: SimRequest, name: str) -> datetime | None:
    text = request.text(name)
    try:
        return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise Denied(refusal(400, f"'{name}' is not a date.")) from None
