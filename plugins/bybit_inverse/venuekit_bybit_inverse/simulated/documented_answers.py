"""The answers that Bybit documents for trouble of its own, with the documented meaning of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from venuekit.simulator import DocumentedAnswer, Response, json_response
from venuekit_bybit_inverse.simulated.messages import refusal

_BLOCKED = (
    b"<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<h1>403 Forbidden</h1>\r\n</body>\r\n</html>\r\n"
)


def _refusal(code: int, message: str) -> Callable[[int], Response]:
    return lambda milliseconds: refusal(code, message, milliseconds)


def _too_many_visits(milliseconds: int) -> Response:
    """Return 10006 with the headers of an endpoint's limit that is used up."""
    answer = refusal(10006, "Too many visits!", milliseconds)
    reset = {"X-Bapi-Limit-Status": "0", "X-Bapi-Limit-Reset-Timestamp": str(milliseconds + 1000)}
    return Response(answer.status, answer.body, {**answer.headers, **reset})


DOCUMENTED_ANSWERS: Mapping[str, DocumentedAnswer] = {
    "waf": DocumentedAnswer(
        "The request is forbidden, for its country or for its form, by a page of HTML.",
        lambda _: Response(403, _BLOCKED, {"Content-Type": "text/html"}),
    ),
    "too-frequent": DocumentedAnswer(
        "The limit of the address is exceeded: send nothing for ten minutes.",
        lambda _: Response(403, b"access too frequent", {"Content-Type": "text/plain"}),
    ),
    "too-many-visits": DocumentedAnswer("The limit of the account at this endpoint is exceeded.", _too_many_visits),
    "too-many-visits-bare": DocumentedAnswer(
        "A limit of all endpoints is exceeded; no header tells when to go on.", _refusal(10006, "Too many visits!")
    ),
    "overloaded": DocumentedAnswer(
        "The protection of the whole system: try again; it is not documented whether the request was carried out.",
        lambda milliseconds: json_response(
            {"retCode": 429, "retMsg": "System level frequency protection", "result": {}, "time": milliseconds}, 429
        ),
        executed=None,
    ),
    "timeout": DocumentedAnswer(
        "The server did not answer in time: the request may have been carried out.",
        _refusal(10000, "Server Timeout"),
        executed=None,
    ),
    "server-error": DocumentedAnswer(
        "The server failed: the request may have been carried out.",
        _refusal(10016, "Internal server error."),
        executed=None,
    ),
}
