"""The venue's side of words and numbers: minor units, ISO times, and refusals that are prose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from venuekit.simulator import Denied, Response, SimRequest, json_response
from venuekit.simulator.ledger import Contract, LedgerRefusal, Reason

V = TypeVar("V")

_WORDS: Mapping[Reason, tuple[int, str]] = {
    Reason.UNKNOWN_SYMBOL: (400, "Contract {symbol} is not listed"),
    Reason.UNKNOWN_ORDER: (404, "No order {order_id} of client id {client_id}"),
    Reason.ORDER_FINISHED: (409, "Order {order_id} is not open any more: {status}"),
    Reason.DUPLICATE_CLIENT_ID: (409, "Client id is in use by an open order"),
    Reason.INVALID_LEVERAGE: (400, "Parameter leverage is out of range: {leverage}"),
    Reason.LEVERAGE_ABOVE_BRACKET: (409, "Leverage {leverage} is above {max_leverage} for {value} XBT"),
    Reason.LEVERAGE_REDUCTION_WHILE_ISOLATED: (409, "Leverage {leverage} is less than an isolated position needs"),
    Reason.OPEN_ORDERS: (409, "Margin type cannot change while orders are open in the contract"),
    Reason.OPEN_POSITION: (409, "Margin type cannot change while a position is open in the contract"),
    Reason.INSUFFICIENT_MARGIN: (409, "Margin is not enough"),
}


def refusal(status: int, words: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer that refuses, in prose."""
    return json_response({"error": words}, status, headers)


def refusal_of(reason: LedgerRefusal) -> Response:
    """Return the answer to a refusal of the ledger."""
    status, words = _WORDS.get(reason.reason, (409, f"It cannot be done: {reason.reason.value}"))

    class _Details(dict[str, object]):
        def __missing__(self, name: str) -> str:
            return name

    return refusal(status, words.format_map(_Details(reason.details)))


def needed(request: SimRequest, name: str) -> str:
    """Return a parameter as text, which must be there."""
    text = request.text(name)
    if not text:
        raise Denied(refusal(400, f"Parameter {name} is missing"))
    return text


def number(request: SimRequest, name: str) -> Decimal:
    """Return a parameter that is a number."""
    return _read(request, name, "a number", Decimal)


def moment(request: SimRequest, name: str) -> datetime:
    """Return a parameter that is a time with its offset; histories need both of their ends."""
    found = _read(request, name, "a time in ISO 8601", datetime.fromisoformat)
    if found.tzinfo is None:
        raise Denied(refusal(400, f"Parameter {name} has no offset from UTC"))
    return found.astimezone(UTC)


def _read(request: SimRequest, name: str, what: str, read: Callable[[str], V]) -> V:
    text = needed(request, name)
    try:
        return read(text)
    except (ValueError, InvalidOperation):
        raise Denied(refusal(400, f"Parameter {name} is not {what}: {text}")) from None


def minor(amount: Decimal | None) -> int | None:
    """Return an amount in units of 1e-8."""
    return None if amount is None else int(amount.scaleb(8))


def shown(figure: Decimal | None) -> str | None:
    """Return a number as text, in plain digits."""
    return None if figure is None else format(figure, "f")


def unit(contract: Contract) -> str:
    """Return the unit of a contract's lot."""
    return "contract" if contract.is_quanto else "base"


def time_text(time: datetime | None) -> str | None:
    """Return a time in ISO 8601, in UTC with milliseconds."""
    return None if time is None else time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
