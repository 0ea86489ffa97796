"""Refusals: prose in ``{"error": {"message": ...}}`` without codes; of a cancel also in the row of the order."""

from __future__ import annotations

import json

import venuekit.plugin as vk

#: how refusals about orders begin
TAKEN, ENDED = "Duplicate clOrdID", "Unable to cancel order due to existing state"
NO_ORDER = ("Invalid orderID", "Invalid clOrdID", "Not Found")

_MEANINGS = {
    vk.Fault.CLOCK: ("This request has expired",),
    vk.Fault.AUTHENTICATION: ("Invalid API Key", "Signature not valid", "This key is disabled"),
    vk.Fault.PERMISSION: ("Access Denied", "Account is restricted", "We require all new traders to verify"),
    vk.Fault.THROTTLED: ("Rate limit exceeded",),
    vk.Fault.OVERLOADED: ("The system is currently overloaded",),  # it did not reach the matching engine
    vk.Fault.NOT_FOUND: NO_ORDER,
    vk.Fault.REJECTED: (ENDED, TAKEN, "Account has insufficient Available Balance", "Invalid stopPx"),
    vk.Fault.INVALID: ("Invalid price", "Invalid leverage", "Invalid symbol", "orderQty is invalid"),
}
FAULTS = vk.FaultTable(tuple(vk.FaultRow(fault, prefix=words) for fault, all_ in _MEANINGS.items() for words in all_))


def read_answer(response: vk.HttpResponse) -> vk.Refusal | None:
    """Return the refusal in an answer, None for a success."""
    is_success = response.status < 300
    if is_success and b'"error"' not in response.body and b'"Rejected"' not in response.body:
        return None
    try:
        words = _words_of(json.loads(response.body))
    except ValueError:
        words = None
    if words:
        return vk.Refusal(code=None, message=words, is_foreign=False)
    return None if is_success else vk.read_foreign(response)


def _words_of(answer: object) -> str | None:
    """Return the words of a refusal: of a request, or of the only order that a cancel names."""
    match answer:
        case {"error": {"message": str(words)}} | [{"error": str(words)}]:
            return words
        case [{"ordStatus": "Rejected", "ordRejReason": str(words), **row}] if "symbol" not in row:
            return words  # with a symbol it is an order that was rejected some time ago
        case _:
            return None
