"""What a request meets at a simulated venue: routes, refusals, limits, keys, windows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from venuekit.simulator import simulate


async def test_public_route_needs_no_key(toy: Any) -> None:
    """A public read is answered to anybody, in the venue's own shape."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        reply = await client.raw("GET /toy_perp/v1/time", {})

        assert reply.status == 200
        assert abs(reply.json["now"] - sim.milliseconds()) < 5_000


async def test_signed_read(toy: Any) -> None:
    """A signed read shows what the scenario staged."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        reply = await client.send("GET", "/v1/positions")

        (position,) = reply.json["positions"]
        assert (position["contract"], position["size"], position["margin"]) == ("TOYUSD", 100, "isolated")


async def test_write_reaches_the_ledger(toy: Any) -> None:
    """A write changes the ledger, and a repetition is refused in the venue's words."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        first = await client.send("PUT", "/v1/leverage", contract="TOYUSD", leverage=12)
        again = await client.send("PUT", "/v1/leverage", contract="TOYUSD", leverage=12)

        assert (first.status, again.status, again.code) == (200, 409, 2001)
        assert Decimal(12) == sim.ledger.leverage("TOYUSD")
        assert [arrival.applied for arrival in sim.requests] == [True, False]


@pytest.mark.parametrize(
    ("verb", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, 1000),
        ("DELETE", "/v1/leverage", 405, 1000),
        ("POST", "/v1/withdrawals", 403, 1004),
    ],
)
async def test_no_such_route(toy: Any, verb: str, path: str, status: int, code: int) -> None:
    """Unknown paths, known paths with another verb, and fixed refusals each have their answer."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        reply = await client.send(verb, path)

        assert (status, code) == (reply.status, reply.code)
        assert [arrival.applied for arrival in sim.requests] == [False]


async def test_unknown_prefix(toy: Any) -> None:
    """A path below no venue names the venues there are, and is not logged."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        reply = await client.raw("GET /other_perp/v1/time", {})

        assert reply.status == 404
        assert b"toy_perp" in reply.body
        assert sim.requests == []


async def test_wrong_key_and_secret(toy: Any) -> None:
    """An unknown key and a wrong secret are told apart, and neither reaches a handler."""
    async with simulate("toy_perp") as sim, toy(sim) as stranger, toy(sim) as forger:
        stranger.key = "x" * 64
        forger.secret = "x" * 64

        replies = [await client.send("GET", "/v1/wallet") for client in (stranger, forger)]

        assert [(reply.status, reply.code) for reply in replies] == [(401, 1001), (401, 1002)]
        assert [arrival.applied for arrival in sim.requests] == [False, False]


async def test_read_only_key(toy: Any) -> None:
    """The read-only key reads, and is refused writes."""
    async with simulate("toy_perp") as sim, toy(sim, read_only=True) as client:
        read = await client.send("GET", "/v1/wallet")
        write = await client.send("PUT", "/v1/leverage", contract="TOYUSD", leverage=12)

        assert (read.status, write.status, write.code) == (200, 403, 1004)
        assert Decimal(10) == sim.ledger.leverage("TOYUSD")


@pytest.mark.parametrize(("late", "status"), [(5_000, 200), (5_001, 400), (-999, 200), (-1_000, 400)])
async def test_window(toy: Any, late: int, status: int) -> None:
    """A request is accepted until its window has passed, and up to a second early."""
    clock = _Still()
    async with simulate("toy_perp", clock=clock) as sim, toy(sim) as client:
        reply = await client.send("GET", "/v1/wallet", at=clock.now - late)

        assert status == reply.status


async def test_skew(toy: Any) -> None:
    """A skewed venue refuses who trusts his own clock, and serves who asks for the venue's."""
    clock = _Still()
    async with simulate("toy_perp", clock=clock) as sim, toy(sim) as client:
        sim.skew(10)
        trusting = await client.send("GET", "/v1/wallet", at=clock.now)
        now = (await client.raw("GET /toy_perp/v1/time", {})).json["now"]
        asking = await client.send("GET", "/v1/wallet", at=now)

        assert (trusting.status, trusting.code, asking.status) == (400, 1003, 200)
        assert clock.now + 10_000 == now


async def test_limits_are_counted_and_told(toy: Any) -> None:
    """Every answer tells the used weight; what exceeds the pool is refused until the window is over."""
    clock = _Still()
    async with simulate("toy_perp", clock=clock) as sim, toy(sim) as client:
        first = await client.send("GET", "/v1/wallet")
        for _ in range(239):
            last = await client.send("GET", "/v1/wallet")
        refused = await client.send("GET", "/v1/wallet")
        clock.now += 60_000
        after = await client.send("GET", "/v1/time", signed=False)

        assert tuple(r.headers["x-toy-used"] for r in (first, last, refused, after)) == ("5", "1200", "1205", "1")
        assert (last.status, refused.status, refused.code, after.status) == (200, 429, 1005, 200)
        assert 0 < refused.json["error"]["retryAfter"] <= 60


async def test_log_hides_nothing_but_the_signature(toy: Any) -> None:
    """The log has venue, verb, path, parameters and time, and its text neither signature, key nor secret."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        await client.send("PUT", "/v1/leverage", contract="TOYUSD", leverage=12)

        (arrival,) = sim.requests
        assert (arrival.venue, arrival.verb, arrival.path) == ("toy_perp", "PUT", "/v1/leverage")
        assert {"contract", "leverage", "time", "window"} == arrival.parameters.keys()
        assert arrival.at == int(arrival.parameters["time"]) or arrival.at > int(arrival.parameters["time"])
        signature = arrival.request.parameters["signature"]
        assert not any(secret in repr(sim.requests) for secret in (signature, sim.key, sim.secret))


class _Still:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1_750_000_020_000

    def milliseconds(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000

    async def sleep(self, seconds: float) -> None:
        self.now += round(seconds * 1000)
