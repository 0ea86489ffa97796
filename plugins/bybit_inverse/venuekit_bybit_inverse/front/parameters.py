"""What a request asks for, checked the way the venue does; and pages behind a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

from venuekit.simulator import Denied, SimRequest, Visit
from venuekit.simulator.ledger import Contract
from venuekit_bybit_inverse.front.formatting import refusal

__all__ = ["category", "contract_of", "invalid", "page", "required"]

_CATEGORIES = frozenset({"inverse", "linear", "option"})
_OFFSET = "page_args"


def invalid(message: str, visit: Visit) -> Denied:
    """Return the answer to a parameter that the venue does not take."""
    return Denied(refusal(10001, message, visit.milliseconds))


def required(request: SimRequest, visit: Visit, name: str) -> str:
    """Return a parameter that must be there."""
    value = request.text(name)
    if not value:
        raise invalid(f"params error: {name} is required", visit)
    return value


def category(request: SimRequest, visit: Visit) -> str:
    """Return the product line that is asked for."""
    value = required(request, visit, "category")
    if value not in _CATEGORIES:
        raise invalid("Illegal category", visit)
    return value


def contract_of(symbol: str, visit: Visit) -> Contract:
    """Return the contract of a symbol."""
    contract = visit.ledger.contracts.get(symbol)
    if contract is None:
        raise invalid(f"params error: symbol invalid {symbol}", visit)
    return contract


def page(request: SimRequest, visit: Visit, rows: Sequence[dict[str, Any]], *, usual: int, most: int) -> dict[str, Any]:
    """
    Return the page of rows that a request asks for.

    The cursor is percent-encoded already; it is understood as it came and encoded once more. A full page has one even
    when it is the last: the page behind it is empty.
    """
    limit = request.text("limit") or str(usual)
    if not limit.isdecimal() or not 1 <= int(limit) <= most:
        raise invalid("params error: limit invalid", visit)
    name, _, offset = unquote(request.text("cursor") or f"{_OFFSET}=0").partition("=")
    if name != _OFFSET or not offset.isdecimal():
        raise invalid("params error: cursor invalid", visit)
    start, end = int(offset), int(offset) + int(limit)
    shown = list(rows[start:end])
    cursor = quote(f"{_OFFSET}={end}", safe="") if len(shown) == int(limit) else ""
    return {"list": shown, "nextPageCursor": cursor}
