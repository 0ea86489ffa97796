"""How Bybit's answers tell success from refusal: a return code inside an envelope, nearly always with status 200."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from venuekit.clock import from_milliseconds
from venuekit.message import HttpResponse
from venuekit.payloads import read_json
from venuekit.venue import Refusal

__all__ = ["bybit_answers"]

_SUCCESS = b'{"retCode":0,'
_RESET_HEADER = "X-Bapi-Limit-Reset-Timestamp"
#: "too many visits" codes, of an endpoint or of the account
_TOO_MANY = frozenset({10006, 10429, 10403, 170222})
#: what the venue advises when it does not say how long to wait, in seconds
_PAUSE = 1.0
#: how long an address is shut out: all sessions must rest for ten minutes
_SHUT_OUT = timedelta(minutes=10).total_seconds()
_SHUT_OUT_CODE = 10018
_SHUT_OUT_WORDS = frozenset({"access too frequent", "403, access too frequent"})
_WORDS_AT_MOST = 200


def bybit_answers(response: HttpResponse) -> Refusal | None:
    """
    Return what was refused, None for a success.

    Raises:
        ValueError: a body that is not Bybit's envelope under a status of success.
    """
    if response.status < 300 and response.body.startswith(_SUCCESS):
        return None
    envelope = _envelope(response.body)
    if envelope is None:
        if response.status < 300:
            raise ValueError("the answer is not a Bybit envelope (a JSON object with retCode)")
        return _without_code(response)
    code = envelope["retCode"]
    if code == 0 and response.status < 300:
        return None
    message = _message(envelope)
    if code in _TOO_MANY:
        return _too_many(response, code, message)
    return Refusal(code=code or None, message=message, retry_after=_SHUT_OUT if code == _SHUT_OUT_CODE else None)


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


def _too_many(response: HttpResponse, code: int, message: str) -> Refusal:
    """Return the refusal with the moment the limit resets; the header is missing for some limits."""
    reset = response.headers.get(_RESET_HEADER, "")
    if reset.isdecimal():
        return Refusal(code=code, message=message, retry_at=from_milliseconds(int(reset)))
    return Refusal(code=code, message=message, retry_after=_PAUSE)


def _without_code(response: HttpResponse) -> Refusal:
    """Return a refusal that a gateway wrote: plain words are kept, a page is not."""
    words = response.body[: _WORDS_AT_MOST + 1].decode(errors="replace").strip()
    if not words or len(words) > _WORDS_AT_MOST or words.startswith(("<", "{", "[")):
        words = f"status {response.status} without a Bybit envelope"
    shut_out = response.status == 403 and words.lower() in _SHUT_OUT_WORDS
    return Refusal(code=None, message=words, retry_after=_SHUT_OUT if shut_out else None)
