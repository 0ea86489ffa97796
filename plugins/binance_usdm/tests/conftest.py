"""What these tests share: the recorded answers, and accounts that are answered by them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from venuekit.message import HttpRequest, HttpResponse
from venuekit.testing.fake import FakeTransport, json_answer
from venuekit.testing.instant_clock import InstantClock
from venuekit.testing.recorded import Recorded, load_recorded
from venuekit.testing.watch import account_over
from venuekit_binance_usdm.account import BinanceUsdmAccount
from venuekit_binance_usdm.venue import VENUE

Answering = Callable[..., AbstractAsyncContextManager[BinanceUsdmAccount]]


def pytest_configure(config: pytest.Config) -> None:
    """Start without an event loop: pytest-asyncio would make one only to put it back later, and nobody closes it."""
    asyncio.set_event_loop(None)


@pytest.fixture(scope="session")
def recorded() -> Recorded:
    """The recorded answers of this venue."""
    return load_recorded(Path(__file__).parent / "recorded")


@pytest.fixture
def transport(recorded: Recorded) -> FakeTransport:
    """A transport that knows the venue's time and nothing else; :func:`answering` teaches it more."""
    clock = InstantClock()

    def tell_time(request: HttpRequest) -> HttpResponse:
        assert request.url.endswith("/fapi/v1/time"), request
        return json_answer({"serverTime": clock.milliseconds()})

    return FakeTransport(tell_time)


@pytest.fixture
def answering(recorded: Recorded, transport: FakeTransport) -> Answering:
    """
    Open an account whose requests are answered by the named cases; several of one route are given in their order.

    The last one of a route is given again and again.
    """

    def open_account(*names: str, keep_raw: bool = False) -> AbstractAsyncContextManager[BinanceUsdmAccount]:
        queues: dict[tuple[str, str], list[HttpResponse]] = {}
        for name in names:
            case = recorded.named(name)
            queues.setdefault(case.route, []).append(case.response())
        tell_time = transport.reply

        def reply(request: HttpRequest) -> HttpResponse:
            path = request.url.partition("?")[0].partition("/fapi")
            queue = queues.get((request.verb, "/fapi" + path[2]))
            if queue is None:
                answer = tell_time(request)
                assert isinstance(answer, HttpResponse)
                return answer
            return queue.pop(0) if len(queue) > 1 else queue[0]

        transport.reply = reply
        return account_over(VENUE, transport, clock=InstantClock(), keep_raw=keep_raw)

    return open_account
