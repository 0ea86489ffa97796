"""The public fakes: an account without a network, and clocks on which waiting costs nothing."""

from __future__ import annotations

import pytest

from venuekit.errors import AnswerLost, NeverSent, NotFound
from venuekit.message import HttpRequest, HttpResponse
from venuekit.testing import FakeTransport, InstantClock, account_over, json_answer
from venuekit_toy_perp import TOY_PERP

TIME = {"now": 1_750_000_000_000}
WALLET = {"assets": [{"asset": "USD", "wallet": 5, "equity": 5, "free": 4.5}]}


def reply(request: HttpRequest) -> HttpResponse:
    """Answer as the venue does for the two reads that are needed."""
    return json_answer(TIME if "/v1/time" in request.url else WALLET)


async def test_account_over_a_fake_transport() -> None:
    """An account over a fake transport speaks to nobody, and everything it sent is kept."""
    transport = FakeTransport(reply)
    async with account_over(TOY_PERP, transport, clock=InstantClock()) as account:
        (balance,) = await account.get_balances()
    assert (balance.asset, str(balance.available)) == ("USD", "4.5")
    assert [request.verb for request in transport.requests] == ["GET", "GET"]
    assert transport.is_closed


async def test_reply_may_be_a_coroutine_and_may_raise() -> None:
    """What answers may wait, and may raise what a transport raises; the account's retries then do their part."""
    failures = [AnswerLost("gone"), NeverSent("no connection")]

    async def failing(request: HttpRequest) -> HttpResponse:
        if failures and "/v1/wallet" in request.url:
            raise failures.pop()
        return reply(request)

    transport = FakeTransport(failing)
    clock = InstantClock()
    async with account_over(TOY_PERP, transport, clock=clock) as account:
        await account.get_balances()
    assert len(transport.requests) == 4
    assert clock.waited > 0


async def test_reply_may_be_replaced() -> None:
    """Between two requests the answers may change, refusals of the venue among them."""
    transport = FakeTransport(reply)
    async with account_over(TOY_PERP, transport, clock=InstantClock()) as account:
        transport.reply = lambda _: json_answer({"error": {"code": 1000, "message": "gone"}}, 404)
        with pytest.raises(NotFound, match="1000 gone"):
            await account.get_balances()


async def test_instant_clock() -> None:
    """A wait moves the clock on by what was waited, and by a millisecond at least."""
    clock = InstantClock(now=1000)
    await clock.sleep(2.5)
    assert (clock.milliseconds(), clock.monotonic()) == (3500, 2.5)
    await clock.sleep(0)
    assert clock.monotonic() == 2.5
    await clock.sleep(1e-12)
    assert clock.monotonic() == 2.501
