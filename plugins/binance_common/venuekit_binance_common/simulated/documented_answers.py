"""The answers that Binance documents for trouble of its own, with the documented meaning of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from venuekit.simulator import DocumentedAnswer, Response, json_response

#: seconds that the simulator's own refusals ask to wait: a ban takes two minutes at least
_LIMIT_SECONDS, _BAN_SECONDS = 1, 120
_BLOCKED = (
    b"<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<h1>403 Forbidden</h1>\r\n</body>\r\n</html>\r\n"
)


def _error(status: int, message: str, code: int | None = None) -> Callable[[int], Response]:
    """Return an error of fixed words; one of the gateway in front of the exchange has no code."""
    body = {"msg": message} if code is None else {"code": code, "msg": message}
    return lambda _: json_response(body, status)


def _limit(_: int) -> Response:
    message = "Too many requests; please use the websocket for live updates to avoid polling the API."
    return json_response({"code": -1003, "msg": message}, 429, {"Retry-After": str(_LIMIT_SECONDS)})


def _without_retry_after(make: Callable[[int], Response]) -> Callable[[int], Response]:
    """Return an answer of a limit whose header is left out: where to go on from is in its words, or nowhere."""

    def bare(milliseconds: int) -> Response:
        answer = make(milliseconds)
        headers = {name: value for name, value in answer.headers.items() if name != "Retry-After"}
        return Response(answer.status, answer.body, headers)

    return bare


def _unknown_of_gateway(milliseconds: int) -> Response:
    message = "Unknown error, please check your request or try again later."
    return json_response({"timestamp": milliseconds, "path": "/", "msg": message}, 503)


def _ban(milliseconds: int) -> Response:
    until = milliseconds + _BAN_SECONDS * 1000
    message = (
        f"Way too many requests; IP banned until {until}. Please use the websocket for live updates to avoid bans."
    )
    return json_response({"code": -1003, "msg": message}, 418, {"Retry-After": str(_BAN_SECONDS)})


#: answers that every venue of this API documents
COMMON_ANSWERS: Mapping[str, DocumentedAnswer] = {
    "waf": DocumentedAnswer(
        "The web application firewall blocks the request, by a page of HTML.",
        lambda _: Response(403, _BLOCKED, {"Content-Type": "text/html"}),
    ),
    "too-many-requests": DocumentedAnswer(
        "A limit of the address is exceeded; Retry-After tells when to go on.", _limit
    ),
    "too-many-requests-bare": DocumentedAnswer(
        "A limit of the address is exceeded; nothing tells when to go on.", _without_retry_after(_limit)
    ),
    "banned": DocumentedAnswer(
        "The address is banned, since it went on after 429; Retry-After tells for how long.", _ban
    ),
    "banned-bare": DocumentedAnswer(
        "The address is banned, since it went on after 429; only the message tells until when.",
        _without_retry_after(_ban),
    ),
    "banned-untimed": DocumentedAnswer(
        "The address is banned, since it went on after 429; nothing tells for how long.",
        _error(
            418, "Way too many requests; IP banned. Please use the websocket for live updates to avoid bans.", -1003
        ),
    ),
    "unknown": DocumentedAnswer(
        "The request was sent on, and not answered in time: it may have been carried out.",
        _error(503, "Unknown error, please check your request or try again later."),
        executed=None,
    ),
    "unknown-of-gateway": DocumentedAnswer(
        "The request was sent on, and not answered in time: the gateway's form of the answer, with time and path.",
        _unknown_of_gateway,
        executed=None,
    ),
}

#: answers of Binance, whose other forms of 503 are failures
BINANCE_ANSWERS: Mapping[str, DocumentedAnswer] = {
    **COMMON_ANSWERS,
    "timeout": DocumentedAnswer(
        "The backend did not answer in time: the request may have been carried out.",
        _error(
            408,
            "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
            -1007,
        ),
        executed=None,
    ),
    "unavailable": DocumentedAnswer("The service is unavailable; a failure.", _error(503, "Service Unavailable.")),
    "internal-error": DocumentedAnswer(
        "The request cannot be processed; a failure, to be sent again.",
        _error(503, "Internal error; unable to process your request. Please try again.", -1001),
    ),
    "throttled": DocumentedAnswer(
        "The node is overloaded; a failure, from which reduce-only orders, closing ones and cancels are exempt.",
        _error(
            503,
            "Request throttled by system-level protection. Reduce-only/close-position orders are exempt. "
            "Please try again.",
            -1008,
        ),
    ),
    "overloaded": DocumentedAnswer(
        "The server is overloaded: the older words of the same failure.",
        _error(
            503,
            "Server is currently overloaded with other requests. Please try again in a few minutes.",
            -1008,
        ),
    ),
}
