"""Authentication: checks the key, then the signature, then the time window."""

from __future__ import annotations

from collections.abc import Mapping

from venuekit.simulator import Denied, Response, SimKey, SimRequest, is_hmac_sha256
from venuekit.simulator.ledger import check_window
from venuekit_bybit_inverse.simulated.formatting import refusal

_DEFAULT_WINDOW = "5000"


def authenticate(request: SimRequest, keys: Mapping[str, SimKey], milliseconds: int) -> SimKey:
    """
    Return the key of a request.

    Raises:
        Denied: headers are missing (status 401), the key is unknown, the signature wrong, or a GET has a body (403).
        Refused: its time is outside the window.
    """
    if request.verb == "GET" and request.body:
        raise Denied(Response(403))
    name, timestamp = request.headers.get("X-BAPI-API-KEY"), request.headers.get("X-BAPI-TIMESTAMP")
    signature = request.headers.get("X-BAPI-SIGN")
    if not name or not timestamp or not signature:
        raise Denied(Response(401))
    key = keys.get(name)
    if key is None:
        raise Denied(refusal(10003, "API key is invalid.", milliseconds))
    tail = request.query.encode() if request.verb == "GET" else request.body
    payload = f"{timestamp}{name}{request.headers.get('X-BAPI-RECV-WINDOW', '')}".encode() + tail
    if not is_hmac_sha256(key.secret, payload, signature):
        origin = payload.decode(errors="replace")
        raise Denied(refusal(10004, f"error sign! origin_string[{origin}]", milliseconds))
    check_time(request, milliseconds)
    return key


def check_time(request: SimRequest, milliseconds: int) -> None:
    """
    Check that a request is neither too old nor too far ahead.

    Raises:
        Denied: its timestamp or window is not a number.
        Refused: its time is outside the window.
    """
    timestamp = request.headers.get("X-BAPI-TIMESTAMP", "")
    window = request.headers.get("X-BAPI-RECV-WINDOW", _DEFAULT_WINDOW)
    if not (timestamp.isdecimal() and window.isdecimal()):
        raise Denied(refusal(10001, "Request parameter error.", milliseconds))
    check_window(milliseconds, int(timestamp), int(window))
