"""Connections and answers that are wrong on the wire: the bytes that arrive, and the ledger behind them."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.core.simulator.margin_moves import add_margin, margin_added

from venuekit.simulator import (
    ApplyLater,
    ContentType,
    Delay,
    Drip,
    HalfClose,
    HalfOpen,
    Oversize,
    RefuseConnections,
    Reject,
    Simulation,
    StepClock,
    Swap,
    Twice,
    UnendedGzip,
    simulate,
)
from venuekit.simulator.ledger import Reason
from venuekit.testing.clocks import LoopClock
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.venue import TOY_PERP

in_looptime = pytest.mark.looptime


def _seconds() -> float:
    return asyncio.get_running_loop().time()


@in_looptime
async def test_half_open_connections(toy: Any) -> None:
    """Nothing comes, however long one waits, carried out or not; the next connection is served."""
    async with simulate("toy_perp", clock=LoopClock()) as sim, toy(sim) as client:
        for applied in (False, True):
            sim.disturb("toy_perp", TOY.ADD_COLLATERAL, HalfOpen(applied=applied))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(add_margin(client), 1000)
            assert (sim.requests[-1].applied, sim.requests[-1].status) == (applied, None)
            assert not client.writer.is_closing()
            if not applied:
                await client.close()
        assert margin_added(sim) == [5]
        reader, writer = client.reader, client.writer
        client.reader = client.writer = None
        assert (await add_margin(client)).status == 200
    assert await asyncio.wait_for(reader.read(), 5) == b""  # the server closes what it left open
    writer.close()


@in_looptime
async def test_refused_connections(toy: Any) -> None:
    """The request is lost and connections are refused; then the same port serves again."""
    async with simulate("toy_perp", clock=LoopClock()) as sim, toy(sim) as client, toy(sim) as idle:
        port = sim.port
        await idle.send("GET", "/v1/wallet")
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, RefuseConnections(30))
        lost = await add_margin(client)
        assert (lost.status, margin_added(sim)) == (None, [])
        assert await idle.reader.read() == b""
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)
            await asyncio.sleep(9)
        await asyncio.sleep(4)
        assert ((await add_margin(client)).status, sim.port) == (200, port)

        await idle.close()
        await idle.send("GET", "/v1/wallet")
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, RefuseConnections(10), (Delay(before=1), RefuseConnections(20)))
        both = await asyncio.gather(
            add_margin(client), add_margin(idle)
        )  # the second meets an outage that is there already
        assert ([reply.status for reply in both], len(margin_added(sim))) == ([None, None], 1)
        await asyncio.sleep(10)
        assert (await client.send("GET", "/v1/wallet")).status == 200

        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, RefuseConnections(10_000))
        assert (await add_margin(client)).status is None
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


@in_looptime
async def test_slow_drip(toy: Any) -> None:
    """The answer is whole in the end; one who does not wait for it has caused it all the same."""
    async with simulate("toy_perp", clock=LoopClock()) as sim, toy(sim) as client:
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, Drip(2.0, size=10), Drip(1.0))
        started = _seconds()
        reply = await add_margin(client)
        assert (reply.status, reply.json["contract"]) == (200, "TOYUSD")
        assert round(_seconds() - started) == 2 * ((len(reply.body) - 1) // 10)

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(add_margin(client), 3)
        await client.close()
        await asyncio.sleep(200)
        assert margin_added(sim) == [5, 5]

        sim.disturb("toy_perp", TOY.WALLET, (Drip(0.1), HalfClose()), (Twice(), Drip(0.1, size=7)))
        assert (await client.send("GET", "/v1/wallet")).status == 200
        assert (await client.send("GET", "/v1/wallet")).status is None  # the sending half is closed
        assert (await client.send("GET", "/v1/wallet")).status == 200
        twice, again = await client.send("GET", "/v1/wallet"), await client.send("GET", "/v1/wallet")
        assert twice.body == again.body
        assert sim.script.is_played


async def test_oversized_packed_and_mislabelled_bodies(toy: Any) -> None:
    """Each was carried out; the body is the venue's own with blanks, packed without its end, or of another type."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        sim.disturb(
            "toy_perp",
            TOY.ADD_COLLATERAL,
            Oversize(100_000),
            Oversize(1_000_000, gzip=True),
            UnendedGzip(),
            UnendedGzip(missing=40),
            ContentType("text/html"),
            ContentType(""),
        )
        large, packed, unended, half, html, none = [await add_margin(client, amount) for amount in "123456"]

        assert (len(large.body), large.json["contract"]) == (100_000, "TOYUSD")
        assert packed.headers["content-encoding"] == "gzip"
        assert len(packed.body) < 5000 < len(gzip.decompress(packed.body)) == 1_000_000
        for reply in (unended, half):
            with pytest.raises(EOFError):
                gzip.decompress(reply.body)
        assert zlib.decompressobj(31).decompress(unended.body).startswith(b"{")
        assert (html.headers["content-type"], html.json["contract"]) == ("text/html", "TOYUSD")
        assert none.headers["content-type"] == "application/octet-stream"
        assert margin_added(sim) == [1, 2, 3, 4, 5, 6]


@in_looptime
async def test_swapped_answers(toy: Any) -> None:
    """Two requests get each other's answers, also on different routes; one that stays alone gets its own, late."""
    async with simulate("toy_perp", clock=LoopClock()) as sim, toy(sim) as client, toy(sim) as other:
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, Swap(), times=3)
        first, second = await asyncio.gather(add_margin(client, "1"), add_margin(other, "2"))
        assert (first.json["amount"], second.json["amount"], sorted(margin_added(sim))) == (2, 1, [1, 2])

        sim.disturb("toy_perp", TOY.WALLET, Swap(within=3))
        added, wallet = await asyncio.gather(add_margin(client, "3"), other.send("GET", "/v1/wallet"))
        assert wallet.json["amount"] == 3
        assert "amount" not in added.json

        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, Swap(within=3))
        started = _seconds()
        assert (await add_margin(client, "4")).json["amount"] == 4
        assert round(_seconds() - started) == 3
        assert sim.script.is_played


@in_looptime
async def test_later_than_any_window(toy: Any) -> None:
    """Where the venue does not look at its window again, a request is carried out behind every fence."""
    async with simulate("toy_perp", clock=LoopClock()) as sim, toy(sim) as client:
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, ApplyLater(60, unchecked=True), ApplyLater(60))
        await add_margin(client, "1", window=3_000)
        await add_margin(client, "2", window=3_000)
        await asyncio.sleep(59)
        assert margin_added(sim) == []
        await asyncio.sleep(2)
        assert margin_added(sim) == [1]
        assert [arrival.applied for arrival in sim.requests] == [True, False]


@in_looptime
async def test_clock_steps(toy: Any) -> None:
    """The clock of one realm jumps at an attempt, before the venue looks at it or after, and keeps its new time."""
    twin = attrs.evolve(TOY_PERP, id="toy_twin", realm="twin")
    async with (
        Simulation((TOY_PERP, twin), clock=LoopClock()) as sim,
        toy(sim) as client,
        toy(sim, "toy_twin") as other,
    ):
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, StepClock(-10), StepClock(4), StepClock(60, after=True))
        at = sim.milliseconds()
        replies = [await add_margin(client, amount, at=at) for amount in "123"]
        assert [reply.status for reply in replies] == [400, 400, 400]  # ahead by 10 s, then by 6 s
        assert sim.milliseconds() - at == 54_000
        assert sim.milliseconds("toy_twin") == at
        assert (await add_margin(client, "4")).status == 200
        assert (await add_margin(other, "4", at=at)).status == 200

        sim.skew(2, "toy_twin")
        assert (sim.milliseconds("toy_twin") - at, sim.milliseconds("toy_perp") - at) == (2_000, 54_000)
        sim.skew(0)
        assert {sim.milliseconds(one) for one in sim.venue_ids} == {at}
        with pytest.raises(LookupError, match="'toy' is not simulated here"):
            sim.skew(1, "toy")
    assert _added_in(sim, "toy_perp") == _added_in(sim, "toy_twin") == [4]


def _added_in(sim: Simulation, venue_id: str) -> list[Decimal]:
    return [change.amount for change in sim.ledger_of(venue_id).margin_changes("TOYUSD")]


async def test_refusals_in_the_words_of_the_venue(toy: Any) -> None:
    """The venue refuses for a reason and changes nothing; before that it checks everything that it checks otherwise."""
    async with simulate("toy_perp") as sim, toy(sim) as client:
        sim.disturb("toy_perp", TOY.ADD_COLLATERAL, Reject(Reason.INSUFFICIENT_MARGIN), times=2)
        refused = await add_margin(client)
        late = await add_margin(client, at=sim.milliseconds() - 60_000)

        assert refused.status == 409
        assert refused.code != late.code
        assert margin_added(sim) == []
        assert sim.requests[0].applied is False
