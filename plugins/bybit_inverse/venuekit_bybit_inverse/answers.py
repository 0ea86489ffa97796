"""Success and refusal in Bybit's answers: a return code inside an envelope, nearly always with status 200."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import attrs

from venuekit.plugin import Fault, HttpResponse, Refusal, from_milliseconds, read_foreign, read_json

_SUCCESS = b'{"retCode":0,'
_TIME = re.compile(rb'"time":\s*"?(\d{1,15})"?\s*\}\s*\Z')
_ENVELOPE_END = 48
_RESET_HEADER = "X-Bapi-Limit-Reset-Timestamp"
#: "too many visits" codes, of an endpoint or of the account
_TOO_MANY = frozenset({10006, 10429, 10403, 170222})
#: the wait that the venue advises when it names none, in seconds
_PAUSE = 1.0
#: how long an address is shut out: all sessions must rest for ten minutes
_SHUT_OUT = timedelta(minutes=10).total_seconds()
_SHUT_OUT_CODE = 10018
_SHUT_OUT_WORDS = "access too frequent"


def bybit_answers(response: HttpResponse) -> Refusal | None:
    """
    Return the refusal of an answer, None for a success.

    Raises:
        ValueError: a body that is not Bybit's envelope under a status of success.
    """
    if response.status < 300 and response.body.startswith(_SUCCESS):
        return None
    envelope = _envelope(response.body)
    if envelope is None:
        if response.status < 300:
            raise ValueError("the answer is not a Bybit envelope (a JSON object with retCode)")
        return _of_a_gateway(response)
    code = envelope["retCode"]
    if code == 0 and response.status < 300:
        return None
    message = _message(envelope)
    if code in _TOO_MANY:  # the header is missing for some limits
        reset = response.headers.get(_RESET_HEADER, "")
        retry_at = from_milliseconds(int(reset)) if reset.isdecimal() else None
        return Refusal(code=code, message=message, retry_at=retry_at, retry_after=_PAUSE if retry_at is None else None)
    shut_out = _SHUT_OUT if code == _SHUT_OUT_CODE else None
    return Refusal(code=code or None, message=message, retry_after=shut_out, is_foreign=False)


def answer_time(response: HttpResponse) -> int | None:
    """Return the envelope's own ``time`` in milliseconds, which stands at its end; None where there is none."""
    found = _TIME.search(response.body, max(0, len(response.body) - _ENVELOPE_END))
    return None if found is None else int(found[1])


def _envelope(body: bytes) -> dict[str, Any] | None:
    try:
        envelope = read_json(body)
    except ValueError:
        return None
    if isinstance(envelope, dict) and isinstance(envelope.get("retCode"), int):
        return envelope
    return None


def _message(envelope: dict[str, Any]) -> str:
    """Return the venue's words, with the reasons that it gives beside them for margin modes."""
    result = envelope.get("result")
    reasons = result.get("reasons") if isinstance(result, dict) else None
    listed = [reason for reason in reasons if isinstance(reason, dict)] if isinstance(reasons, list) else []
    words = [f"{reason.get('reasonCode', '')} {reason.get('reasonMsg', '')}".strip() for reason in listed]
    return "; ".join(word for word in (str(envelope.get("retMsg", "")), *words) if word)


def _of_a_gateway(response: HttpResponse) -> Refusal:
    """Return a refusal without an envelope; the address limit is known by its words, plain or on a page."""
    refusal = read_foreign(response)
    if response.status == 403 and _SHUT_OUT_WORDS in refusal.message.lower():
        return attrs.evolve(refusal, fault=Fault.BANNED, retry_after=_SHUT_OUT)
    return refusal
