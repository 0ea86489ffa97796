"""Success and refusal in an answer."""

from __future__ import annotations

import json
from typing import Any

from venuekit.plugin import Fault, HttpResponse, Refusal, ban_end, read_foreign

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
    code = _code(document.get("code"))
    if code == _SUCCESS or (code is None and "msg" not in document):
        return None
    message = str(document.get("msg", ""))
    until = ban_end(message) if code == _TOO_MANY_REQUESTS else None
    # a ban is one whatever its status is; an answer with words of the venue's, though no code, is the venue's own
    fault = None if until is None else Fault.BANNED
    return Refusal(code=code, message=message, retry_at=until, fault=fault, is_foreign=False)


def _code(value: object) -> int | str | None:
    """Return a code as the documentation writes it: a number, even where it travels as text."""
    if isinstance(value, str):
        return int(value) if value.removeprefix("-").isdecimal() else value or None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
