"""Disturbances do over real sockets what they say: arrivals and effects are counted."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from tests.core.simulator.margin_moves import add_margin, margin_added

from venuekit.simulator import (
    ApplyLater,
    CannedAnswer,
    Cut,
    Delay,
    DropAfter,
    DropBefore,
    HalfClose,
    Lag,
    SecondActor,
    Truncate,
    simulate,
)
from venuekit.testing.clocks import LoopClock
from venuekit_toy_perp.endpoints import TOY

in_looptime = pytest.mark.looptime


async def test_drop_before(toy: Any) -> None:
    """Dropped before it is applied: it arrives once, nothing happens, not one byte comes back."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
        reply = await add_margin(client)

        assert reply.status is None
        assert [(arrival.applied, arrival.status) for arrival in sim.requests] == [(False, None)]
        assert margin_added(sim) == []


async def test_drop_after(toy: Any) -> None:
    """Dropped after it is applied: it happened, and not one byte comes back."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropAfter())
        reply = await add_margin(client)

        assert reply.status is None
        assert [(arrival.applied, arrival.status) for arrival in sim.requests] == [(True, None)]
        assert margin_added(sim) == [5]


async def test_warm_connection_is_read_and_closed(toy: Any) -> None:
    """A drop works on a connection that has served before, and the next connection is served again."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        await client.send("GET", "/v1/wallet")
        warm = client.writer
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropBefore())
        dropped = await add_margin(client)
        after = await add_margin(client)

        assert warm is not None
        assert (dropped.status, after.status) == (None, 200)
        assert margin_added(sim) == [5]
        assert len(sim.requests) == 3


@in_looptime
async def test_apply_later(toy: Any) -> None:
    """Applied later: the answer is lost at once, and the effect comes behind the client's back."""
    async with simulate("toy_perp", clock=LoopClock()) as sim, toy(sim) as client:
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, ApplyLater(4))
        reply = await add_margin(client)
        before = (margin_added(sim), sim.requests[0].applied)
        await asyncio.sleep(4.1)

        assert reply.status is None
        assert before == ([], None)
        assert (margin_added(sim), sim.requests[0].applied) == ([5], True)


@in_looptime
async def test_apply_later_respects_the_window(toy: Any) -> None:
    """What is applied after its window has passed meets the second check and changes nothing."""
    async with simulate("toy_perp", clock=LoopClock()) as sim, toy(sim) as client:
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, ApplyLater(4))
        await add_margin(client, window=3_000)
        await asyncio.sleep(10)

        assert (margin_added(sim), sim.requests[0].applied) == ([], False)


@in_looptime
async def test_delays(toy: Any) -> None:
    """Each delay takes its time; only those before it is applied can run a request out of its window."""
    async with simulate("toy_perp", clock=LoopClock()) as sim, toy(sim) as client:
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, Delay(before=6), Delay(queued=6), Delay(after=6), Delay(before=4))
        replies, trips = [], []
        for amount in "1234":
            started = asyncio.get_running_loop().time()
            replies.append(await add_margin(client, amount))
            trips.append(round(asyncio.get_running_loop().time() - started))

        assert [reply.status for reply in replies] == [400, 400, 200, 200]
        assert trips == [6, 6, 6, 4]
        assert margin_added(sim) == [3, 4]


async def test_any_answer(toy: Any) -> None:
    """Any status, body and headers can be answered, whether or not the request is applied."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        sim.disturb(
            "toy_perp",
            TOY.ADD_COLLATERAL,
            CannedAnswer(503),
            CannedAnswer.json(503, {"error": {"code": 3001, "message": "execution not known"}}, applied=True),
            CannedAnswer(429, b"", {"Retry-After": "3"}),
            CannedAnswer.html(418),
        )
        replies = [await add_margin(client, amount) for amount in "1234"]

        assert [reply.status for reply in replies] == [503, 503, 429, 418]
        assert (replies[0].body, replies[1].code, replies[2].headers["retry-after"]) == (b"", 3001, "3")
        assert (replies[3].headers["content-type"], replies[3].body.startswith(b"<html>")) == ("text/html", True)
        assert margin_added(sim) == [2]


async def test_cut_and_truncated_bodies(toy: Any) -> None:
    """A truncated answer breaks off; a cut one is complete but too short, or empty; both were applied."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, Truncate(7), Cut(7), Cut(0))
        truncated, cut, empty = [await add_margin(client, amount) for amount in "123"]

        assert (truncated.status, len(truncated.body), truncated.cut) == (200, 7, True)
        assert (cut.status, len(cut.body), cut.cut) == (200, 7, False)
        assert (empty.status, empty.body, empty.cut) == (200, b"", False)
        assert margin_added(sim) == [1, 2, 3]


async def test_half_closed(toy: Any) -> None:
    """On a half-closed connection the next request is still applied, and can never be answered."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        applied = asyncio.Event()
        sim.disturb("toy_perp", TOY.WALLET, HalfClose())
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, SecondActor(lambda _: applied.set(), after=True))
        answered = await client.send("GET", "/v1/wallet")
        silent = await add_margin(client)
        await asyncio.wait_for(applied.wait(), 10)

        assert (answered.status, silent.status) == (200, None)
        assert [(arrival.applied, arrival.status) for arrival in sim.requests] == [(True, 200), (True, None)]


async def test_second_actor(toy: Any) -> None:
    """Somebody else acts right before a request, or right after it and before its answer is seen."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        sim.disturb(
            "toy_perp",
            TOY.SET_LEVERAGE,
            SecondActor(lambda ledger: ledger.set_leverage("TOYUSD", Decimal(13))),
            SecondActor(lambda ledger: ledger.set_leverage("TOYUSD", Decimal(15)), after=True),
        )
        before = await client.send("PUT", "/v1/leverage", contract="TOYUSD", leverage=13)
        after = await client.send("PUT", "/v1/leverage", contract="TOYUSD", leverage=14)

        assert (before.status, after.status, after.json["leverage"]) == (409, 200, 14)
        assert Decimal(15) == sim.ledger.leverage("TOYUSD")


async def test_lagging_reads(toy: Any) -> None:
    """The next reads show the account as it was when the lag was scripted; then they catch up."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        sim.disturb("toy_perp", TOY.COLLATERAL_HISTORY, Lag(reads=2))
        await add_margin(client)
        shown = [await client.send("GET", "/v1/collateral/history", contract="TOYUSD") for _ in range(3)]

        assert [len(reply.json["changes"]) for reply in shown] == [0, 0, 1]


async def test_script_goes_by_route_and_attempt(toy: Any) -> None:
    """Disturbances wait for their own route, in order, as often as asked; then all is well again."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        sim.disturb("toy_perp", ("GET", "/v1/settings"), CannedAnswer(500), CannedAnswer(501), times=2)
        other = await client.send("GET", "/v1/wallet")
        replies = [await client.send("GET", "/v1/settings") for _ in range(5)]

        assert [reply.status for reply in (other, *replies)] == [200, 500, 501, 500, 501, 200]
        assert sim.script.is_played


@in_looptime
async def test_several_at_once(toy: Any) -> None:
    """A tuple plays several disturbances on one attempt, the first one outermost."""
    async with simulate("toy_perp", clock=LoopClock()) as sim, toy(sim) as client:
        sim.disturb("toy_perp", TOY.SETTINGS, (Delay(after=2), Truncate(3), CannedAnswer(502, b"bad gateway")))
        started = asyncio.get_running_loop().time()
        reply = await client.send("GET", "/v1/settings")

        assert (reply.status, reply.body, reply.cut) == (502, b"bad", True)
        assert round(asyncio.get_running_loop().time() - started) == 2


async def test_disturbing_what_is_not_there() -> None:
    """A disturbance for a route or a venue that does not exist is an error at once."""
    async with simulate("toy_perp") as sim:
        with pytest.raises(LookupError, match="GET /v1/nothing"):
            sim.disturb("toy_perp", ("GET", "/v1/nothing"), DropBefore())
        with pytest.raises(LookupError, match="toy_perp"):
            sim.disturb("other", TOY.WALLET, DropBefore())
