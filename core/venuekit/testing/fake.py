"""A transport without a network: it answers by a function and keeps what was sent."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from venuekit.message import HttpRequest, HttpResponse

__all__ = ["FakeTransport", "Reply", "json_answer"]

#: what answers a request: an answer, or an error of :mod:`venuekit.errors` raised as a transport raises it
Reply: TypeAlias = Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]


class FakeTransport:
    """
    A transport whose answers come from ``reply``; ``requests`` holds everything that was sent, oldest first.

    ``reply`` may be a coroutine function. It may be replaced between two requests.
    """

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.requests: list[HttpRequest] = []
        self.is_closed = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Note the request and answer it."""
        self.requests.append(request)
        answer = self.reply(request)
        return await answer if inspect.isawaitable(answer) else answer

    async def aclose(self) -> None:
        """Note that it was closed."""
        self.is_closed = True


def json_answer(payload: object, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return an answer whose body is ``payload`` as JSON."""
    from multidict import CIMultiDict

    all_headers = CIMultiDict({"Content-Type": "application/json", **(headers or {})})
    return HttpResponse(status, all_headers, json.dumps(payload, separators=(",", ":")).encode())
