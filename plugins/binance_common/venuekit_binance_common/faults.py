"""Success and refusal in an answer, and the meaning of refusals: rows that all products share; each adds its own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from venuekit.plugin import Fault, FaultRow, HttpResponse, Refusal, ban_end, read_foreign
from venuekit_binance_common.account_mode import KEY_OR_REACH, UNAUTHORIZED

#: the code under which the body ``{"239999": "..."}`` of a maintenance window is classified
MAINTENANCE = "239999"

_SUCCESS = 200
_OPENING = frozenset({b"{", b"["})
#: an object that carries a code is short; a longer body is an answer, whatever its fields are called
_LONGEST_REFUSAL = 4096
_TOO_MANY_REQUESTS = -1003
#: statuses of a firewall, too: without a code nothing shows that the venue itself refused
_OF_FIREWALLS = frozenset({403, 418, 429})


def read_answer(response: HttpResponse) -> Refusal | None:
    """
    Return the refusal of an answer, None for a success.

    Raises:
        ValueError: a 2xx whose body is not JSON.
    """
    body = response.body
    if response.status < 300:
        first = body[:1]
        if first not in _OPENING:
            first = body.lstrip()[:1]
            if first not in _OPENING:
                raise ValueError("the answer is not JSON")
        if first == b"[" or len(body) > _LONGEST_REFUSAL or not (b'"code"' in body or b'"239999"' in body):
            return None
        return _refusal_in(json.loads(body))
    try:
        document = json.loads(body)
    except ValueError:
        return read_foreign(response)
    refusal = _refusal_in(document)
    if refusal is None or (refusal.code is None and response.status in _OF_FIREWALLS):
        return read_foreign(response)
    return refusal


def _refusal_in(document: Any) -> Refusal | None:
    if not isinstance(document, dict):
        return None
    if MAINTENANCE in document:
        return Refusal(code=MAINTENANCE, message=str(document[MAINTENANCE]))
    code = read_code(document.get("code"))
    if code == _SUCCESS or (code is None and "msg" not in document):
        return None
    message = str(document.get("msg", ""))
    until = ban_end(message) if code == _TOO_MANY_REQUESTS else None
    # a ban is one whatever its status is; an answer with words of the venue's, though no code, is the venue's own
    fault = None if until is None else Fault.BANNED
    return Refusal(code=code, message=message, retry_at=until, fault=fault, is_foreign=False)


def read_code(value: object) -> int | str | None:
    """Return a code as the documentation writes it: a number, even where it travels as text."""
    if isinstance(value, str):
        return int(value) if value.removeprefix("-").isdecimal() else value or None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


_KEY_OR_REACH = f"one of: {KEY_OR_REACH}; get_account_mode() shows whether it is one"
_OTHER_PRODUCT = (
    "the position mode is one for both products: close the positions and cancel the orders of the other product, "
    "USD-margined or coin-margined, as well"
)


#: refusals that name a precision, a step, a tick or a limit of an instrument
OUTDATED_BY = frozenset({-1111, -4002, -4004, -4005, -4013, -4014, -4023})


def fault_rows(fault: Fault, codes: Iterable[int], *, mend: str = "") -> tuple[FaultRow, ...]:
    """Return a row for each code, whatever status and words come with it."""
    return tuple(FaultRow(fault, code=code, mend=mend) for code in codes)


#: refusals whose meaning depends on status or words
_BY_STATUS_AND_WORDS = (
    FaultRow(Fault.BANNED, code=-1003, status=418),
    FaultRow(Fault.BANNED, status=418),
    FaultRow(Fault.THROTTLED, status=429),
    FaultRow(Fault.OVERLOADED, status=503, message="Service Unavailable."),
    FaultRow(Fault.UNKNOWN_OUTCOME, status=503, message="Unknown error, please check your request or try again later."),
    FaultRow(Fault.UNAVAILABLE, code=-1109, status=503),  # seen in maintenance; "Invalid account." otherwise
    FaultRow(Fault.UNAVAILABLE, code=MAINTENANCE),
    # the number differs per product, and may be aligned one day; the words do not
    FaultRow(Fault.CLOCK, message="Timestamp for this request is outside of the ME recvWindow."),
)

_BY_CODE = (
    *fault_rows(Fault.CLOCK, (-1021,)),
    *fault_rows(Fault.THROTTLED, (-1003,)),
    # too many orders: cancels and reads pay nothing there, and must go on, though it comes with a 429
    FaultRow(Fault.THROTTLED, code=-1015, is_account_limit=True),
    *fault_rows(Fault.OVERLOADED, (-1001,)),
    *fault_rows(Fault.UNAVAILABLE, (-1016,)),
    # documented as refused, but an order was once found executed behind it
    *fault_rows(Fault.OVERLOADED_UNKNOWN, (-1008,)),
    *fault_rows(Fault.UNKNOWN_OUTCOME, (-1000, -1006, -1007, -4083)),
    *fault_rows(Fault.AUTHENTICATION, (-1022, -2014, -4056, -4057)),
    *fault_rows(Fault.AUTHENTICATION, (UNAUTHORIZED,), mend=_KEY_OR_REACH),
    *fault_rows(Fault.PERMISSION, (-1002, -1011, -4192)),
    *fault_rows(Fault.INVALID, (-1013, -1014, -1023, -1108, -1109, -1111, -1115, -1116, -1117, -1121)),
    *fault_rows(Fault.INVALID, (-1100, -1101, -1102, -1103, -1104, -1105, -1106)),
    *fault_rows(Fault.INVALID, (-1127, -1128, -1130, -1136)),
    *fault_rows(Fault.INVALID, (-4001, -4002, -4003, -4004, -4005, -4013, -4014, -4015, -4016, -4023, -4024, -4028)),
    *fault_rows(Fault.INVALID, (-4055, -4060, -4061, -4062, -4082, -4104, -4120)),
    *fault_rows(Fault.INVALID, (-4135, -4137, -4138, -4139, -4142)),
    *fault_rows(Fault.NOT_FOUND, (-1125, -2013)),
    *fault_rows(Fault.REJECTED, (-1010, -1020, -2010, -2011, -2018, -2019, -2020, -2021, -2022, -2023, -2024, -2025)),
    *fault_rows(Fault.REJECTED, (-2026, -2027, -2028, -4046, -4047, -4048, -4049, -4050, -4051, -4052, -4053, -4054)),
    *fault_rows(Fault.REJECTED, (-4059, -4067, -4068, -4084)),
    *fault_rows(Fault.REJECTED, (-4531,), mend=_OTHER_PRODUCT),
)

SHARED_ROWS = (*_BY_STATUS_AND_WORDS, *_BY_CODE)
