"""Parameters of a request, checked as the venue does; and pages with a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, unquote

from venuekit.simulator import Denied, SimRequest, Visit
from venuekit.simulator.ledger import Contract
from venuekit_bybit_inverse.simulated.formatting import refusal

_CATEGORIES = frozenset({"inverse", "linear", "option"})
_OFFSET = "page_args"


def invalid(message: str, visit: Visit) -> Denied:
    """Return the refusal of an invalid parameter."""
    return Denied(refusal(10001, message, visit.milliseconds))


def require(request: SimRequest, visit: Visit, name: str) -> str:
    """Return a required parameter."""
    value = request.text(name)
    if not value:
        raise invalid(f"params error: {name} is required", visit)
    return value


def category(request: SimRequest, visit: Visit) -> str:
    """Return the requested product line."""
    value = require(request, visit, "category")
    if value not in _CATEGORIES:
        raise invalid("Illegal category", visit)
    return value


def contract_of(symbol: str, visit: Visit) -> Contract:
    """Return the contract of a symbol."""
    contract = visit.ledger.contracts.get(symbol)
    if contract is None:
        raise invalid(f"params error: symbol invalid {symbol}", visit)
    return contract


def only_inverse(request: SimRequest, visit: Visit) -> None:
    """Refuse other product lines."""
    if category(request, visit) != "inverse":
        raise invalid("Illegal category", visit)


def inverse_contract(request: SimRequest, visit: Visit) -> Contract:
    """Return the inverse contract of a request."""
    only_inverse(request, visit)
    return contract_of(require(request, visit, "symbol"), visit)


def decimal(text: str, name: str, visit: Visit) -> Decimal:
    """Return a number that was sent as text."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise invalid(f"params error: {name} invalid", visit) from None
    if not value.is_finite():
        raise invalid(f"params error: {name} invalid", visit)
    return value


def window(request: SimRequest, visit: Visit, *, usual: int, most: int, oldest: int | None = None) -> range:
    """
    Return the requested milliseconds.

    Without bounds the last ``usual``, with one of them as many from or up to it; with both at most ``most``. A start
    more than ``oldest`` ago is refused.
    """
    bounds = {name: _whole(request, visit, name) for name in ("startTime", "endTime")}
    start, end = bounds["startTime"], bounds["endTime"]
    if start is None:
        end = visit.milliseconds if end is None else end
        start = end - usual
    elif end is None:
        end = start + usual
    if start > end:
        raise invalid("params error: startTime is after endTime", visit)
    if end - start > most:
        raise invalid("The time range between startTime and endTime cannot exceed the limit", visit)
    if oldest is not None and bounds["startTime"] is not None and start < visit.milliseconds - oldest:
        raise invalid("Can't query order earlier than 2 years", visit)
    return range(start, end + 1)


def _whole(request: SimRequest, visit: Visit, name: str) -> int | None:
    text = request.text(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise invalid(f"params error: {name} invalid", visit)
    return int(text)


def page(
    request: SimRequest,
    visit: Visit,
    rows: Sequence[dict[str, Any]],
    *,
    usual: int,
    most: int,
    name: str = "list",
) -> dict[str, Any]:
    """
    Return the requested page of rows.

    The cursor is already percent-encoded; it is accepted unchanged and encoded once more. A full page always has one,
    even the last: the page after that is empty.
    """
    limit = request.text("limit") or str(usual)
    if not limit.isdecimal() or not 1 <= int(limit) <= most:
        raise invalid("params error: limit invalid", visit)
    word, _, offset = unquote(request.text("cursor") or f"{_OFFSET}=0").partition("=")
    if word != _OFFSET or not offset.isdecimal():
        raise invalid("params error: cursor invalid", visit)
    start, end = int(offset), int(offset) + int(limit)
    shown = list(rows[start:end])
    cursor = quote(f"{_OFFSET}={end}", safe="") if len(shown) == int(limit) else ""
    return {name: shown, "nextPageCursor": cursor}
