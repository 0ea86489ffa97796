"""Accounts whose requests are answered by recorded bodies."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import attrs

from venuekit.endpoint import EndpointName
from venuekit.plugin import Account, HttpRequest, HttpResponse, Venue
from venuekit.testing.clocks import InstantClock
from venuekit.testing.fake import FakeTransport, account_over, json_answer
from venuekit.testing.recorded import Recorded

A = TypeVar("A", bound=Account)
V = TypeVar("V")


def time_telling_transport() -> FakeTransport:
    """Return a transport that knows the venue's time and nothing else; :func:`answering` teaches it more."""
    clock = InstantClock()

    def tell_time(request: HttpRequest) -> HttpResponse:
        if not request.url.endswith("/v1/time"):
            raise AssertionError(f"nobody answers {request}")
        return json_answer({"serverTime": clock.milliseconds()})

    return FakeTransport(tell_time)


def answering(
    venue: Venue[A], recorded: Recorded, transport: FakeTransport
) -> Callable[..., AbstractAsyncContextManager[A]]:
    """
    Return what opens an account whose requests are answered by the named cases.

    Several cases of one route are given in their order, the last one again and again.
    """

    def open_account(*names: str, keep_raw: bool = False) -> AbstractAsyncContextManager[A]:
        queues: dict[EndpointName, list[HttpResponse]] = {}
        for name in names:
            case = recorded.case(name)
            queues.setdefault(case.endpoint_name, []).append(case.response())
        tell_time = transport.reply

        def reply(request: HttpRequest) -> Any:
            path = request.url.partition("?")[0].partition(f"/{venue.id}")[2]
            queue = queues.get(EndpointName(request.verb, path))
            if queue is None:
                return tell_time(request)
            return _narrow(queue.pop(0) if len(queue) > 1 else queue[0], request.url)

        transport.reply = reply
        return account_over(venue, transport, clock=InstantClock(), keep_raw=keep_raw)

    return open_account


def _narrow(response: HttpResponse, url: str) -> HttpResponse:
    """Return the rows of the symbol that was asked for, as the venue does."""
    symbols = parse_qs(urlsplit(url).query).get("symbol", [])
    rows = json.loads(response.body) if symbols and response.body[:1] == b"[" else ()
    if not rows or not all(isinstance(row, dict) and "symbol" in row for row in rows):
        return response
    return response._replace(body=json.dumps([row for row in rows if row["symbol"] in symbols]).encode())


def timeless(value: V) -> V:
    """Return a value without the instants at which it was read, which must be there."""
    for name in ("as_of", "received_at"):
        if getattr(value, name).tzinfo is not UTC:
            raise AssertionError(f"{name} of {value} is no UTC time")
    told: Any = value
    evolved: V = attrs.evolve(told, as_of=None, received_at=None)
    return evolved


def asked(transport: FakeTransport) -> list[str]:
    """Return path and parameters of what was asked, without what signing adds."""
    urls = [
        request.url.partition("/dapi/")[2].partition("recvWindow")[0].rstrip("?&") for request in transport.requests
    ]
    return [url for url in urls if not url.endswith("/time")]
