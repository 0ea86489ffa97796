"""Refusals: prose without codes, told apart by how it begins; a beginning that no row has is a plain rejection."""

from __future__ import annotations

import json

from venuekit.plugin import Fault, FaultRow, FaultTable, HttpResponse, Refusal, read_foreign

#: how refusals of orders begin
NO_ORDER = "No order "
NOT_OPEN = "Order "
TAKEN = "Client id "

FAULTS = FaultTable(
    (
        FaultRow(Fault.AUTHENTICATION, prefix="Key "),
        FaultRow(Fault.AUTHENTICATION, prefix="Signature "),
        FaultRow(Fault.AUTHENTICATION, prefix="Passphrase "),
        FaultRow(Fault.TOKEN_EXPIRED, prefix="Token "),
        FaultRow(Fault.CLOCK, prefix="Request expired "),
        FaultRow(Fault.PERMISSION, prefix="Permission "),
        FaultRow(Fault.THROTTLED, prefix="Rate limit "),
        FaultRow(Fault.INVALID, prefix="Parameter "),
        FaultRow(Fault.INVALID, prefix="Contract "),
        FaultRow(Fault.NOT_FOUND, prefix=NO_ORDER),
        FaultRow(Fault.UNSUPPORTED, prefix="No route "),
        FaultRow(Fault.UNAVAILABLE, prefix="Maintenance until "),
    )
)


def swap_answers(response: HttpResponse) -> Refusal | None:
    """Return the refusal in an answer, None for a success."""
    if 200 <= response.status < 300:
        return None
    try:
        words = json.loads(response.body)["error"]
    except (ValueError, LookupError, TypeError):
        words = None
    if not isinstance(words, str) or not words:
        return read_foreign(response)
    return Refusal(code=None, message=words, is_foreign=False)
