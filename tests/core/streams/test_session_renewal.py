"""The renewal of a session: keys are prolonged, and connections replaced before they end, without a gap."""

from __future__ import annotations

import asyncio

import pytest
from tests.core.streams.keyed_venue import (
    TOUCH,
    refusal,
    unreachable,
)
from tests.core.streams.session_reading import reading, take

from venuekit.capabilities import (
    Gap,
    GapReason,
    StreamPhase,
)

pytestmark = pytest.mark.looptime


async def test_a_day_of_prolongations_and_replacements_loses_nothing() -> None:
    """The key never ends, connections take turns, and each event comes once."""
    async with reading() as (events, sockets, server, _):
        for minute in range(0, 24 * 60, 7):
            await asyncio.sleep(420)
            for socket in sockets.alive:  # of the same key, so both get it
                socket.say(f"minute{minute}")
        await asyncio.sleep(60)
        expected = [f"minute{minute}" for minute in range(0, 24 * 60, 7)]
        assert await take(events, len(expected)) == expected
        assert server.keys == 1
        assert server.requests.count("PUT") >= 24 * 2 - 12
        assert 6 <= len(sockets.opened) <= 7
        assert events.state.connections == len(sockets.opened)
        assert sum(one.pings for one in sockets.opened) >= 24 * 58
        assert len(sockets.alive) == 1


async def test_a_failed_prolongation_is_tried_again() -> None:
    """In time before the key ends."""
    async with reading() as (events, sockets, server, _):
        server.refusals["PUT"] = [refusal(3003, 503) for _ in range(12)]
        await asyncio.sleep(3590)
        assert server.refusals["PUT"] == []
        await asyncio.sleep(3000)
        assert (len(sockets.opened), server.keys) == (1, 1)
        assert events.state.phase is StreamPhase.LIVE


async def test_a_key_that_is_gone_is_started_anew() -> None:
    """A refusal that says so is a gap since the last event, and so is a key that could not be prolonged in time."""
    async with reading() as (events, sockets, server, _):
        opened_at = events.state.received_at
        server.alive = None
        await asyncio.sleep(1900)
        gap = await anext(events)
        assert isinstance(gap, Gap)
        assert (gap.reason, gap.words) == (
            GapReason.SESSION_EXPIRED,
            "the venue ended the session: its listen key is gone",
        )
        assert gap.since is not None
        assert (gap.received_at - gap.since).total_seconds() >= 1800
        assert opened_at is None
        await events.wait_until_live()
        assert sockets.alive[0].url.endswith("listenkey2")
        server.refusals["PUT"] = [refusal(3003, 503) for _ in range(1000)]
        await asyncio.sleep(3700)
        gap = await anext(events)
        assert isinstance(gap, Gap)
        assert gap.words == "the listen key could not be kept alive"
        await events.wait_until_live()


async def test_an_expiry_renews_the_session_also_when_it_comes_twice() -> None:
    """The second one about the same session changes nothing; one of the new session does."""
    async with reading() as (events, sockets, server, _):
        sockets.opened[0].say("a", "!key ended")
        server.alive = None
        assert await take(events, 3) == ["a", "expiry", GapReason.SESSION_EXPIRED]
        await events.wait_until_live()
        sockets.opened[1].say("!key ended", "b")
        assert await take(events, 2) == ["expiry", "b"]
        await asyncio.sleep(30)
        assert len(sockets.opened) == 2
        server.alive = None
        sockets.opened[1].say("!key ended")
        assert await take(events, 2) == ["expiry", GapReason.SESSION_EXPIRED]
        await events.wait_until_live()
        assert [one.url[-1] for one in sockets.opened] == ["1", "2", "3"]
        await asyncio.sleep(100)
        server.refusals["POST"] = [refusal(1001, 401)]
        sockets.opened[2].say("!")
        assert await take(events, 2) == ["expiry", GapReason.SESSION_EXPIRED]
        await events.wait_until_live()


async def test_a_connection_is_replaced_before_its_life_ends() -> None:
    """The new one is up before the old one goes: nothing is missing, and nothing comes twice."""
    async with reading() as (events, sockets, _, _):
        old = sockets.opened[0]
        await sockets.reach(2)
        new = sockets.opened[1]
        old.say("a", "b")
        new.say("b", "c")
        old.say("b")
        await asyncio.sleep(1)
        new.say("b")
        assert sockets.alive == [old, new]
        await asyncio.sleep(10)
        assert sockets.alive == [new]
        new.say("d")
        assert await take(events, 5) == ["a", "b", "b", "c", "d"]
        assert events.state.connections == 2
        assert events.state.is_confirmed


async def test_a_replacement_takes_over_at_once_when_the_old_connection_ends() -> None:
    """Its messages since it was opened are there, so that there is no gap."""
    async with reading() as (events, sockets, _, _):
        await sockets.reach(2)
        old, new = sockets.opened
        old.say("a")
        new.say("a", "b")
        old.cut()
        await asyncio.sleep(0.5)
        assert await take(events, 2) == ["a", "b"]
        new.say("c")
        assert await take(events, 1) == ["c"]
        assert (old.is_closed, events.state.connections) == (True, 2)


async def test_a_replacement_that_does_not_deliver_takes_nothing_over() -> None:
    """It is closed and tried again, as is one that could not be opened or ends."""
    async with reading() as (events, sockets, _, _):
        await sockets.reach(2)
        sockets.failures = [unreachable()]
        sockets.opened[0].say("a")
        await asyncio.sleep(10)
        assert [one.is_closed for one in sockets.opened] == [False, True]
        await sockets.reach(3)
        sockets.opened[2].cut()
        await asyncio.sleep(10)
        assert [one.is_closed for one in sockets.opened] == [False, True, True]
        assert await take(events, 1) == ["a"]
        sockets.opened[0].cut()
        assert await take(events, 1) == [GapReason.CONNECTION_LOST]


async def test_a_replacement_keeps_the_proof_that_the_stream_delivers() -> None:
    """The event of an own order may have come by the old connection; and one that both brought proves the new one."""
    async with reading() as (events, sockets, _, account):
        await sockets.reach(2)
        old, new = sockets.opened
        await asyncio.sleep(4)
        await account.call(TOUCH)
        await asyncio.sleep(0.1)
        old.say("a")
        new.say("a")
        await asyncio.sleep(30)
        assert sockets.alive == [new]
        assert events.state.is_confirmed
        assert await take(events, 1) == ["a"]
        new.say("b")
        assert await take(events, 1) == ["b"]


async def test_an_own_order_that_the_old_connection_reported_needs_no_second_event() -> None:
    """Its event came before the replacement was opened, which therefore brings none."""
    async with reading() as (events, sockets, _, account):
        streams = account._session.venue_session.streams
        assert streams is not None
        (session,) = streams._open.values()
        assert session._replacement.due_at is not None
        await asyncio.sleep(session._replacement.due_at - account.monotonic() - 2)
        await account.call(TOUCH)
        sockets.opened[0].say("a")
        await asyncio.sleep(60)
        assert [socket.is_closed for socket in sockets.opened] == [True, False]
        assert await take(events, 1) == ["a"]
        sockets.opened[1].say("b")
        assert await take(events, 1) == ["b"]


async def test_a_replacement_by_another_key_is_the_end_of_the_session() -> None:
    """The key before had ended unnoticed: its connection has delivered nothing since, and that is a gap."""
    async with reading() as (events, sockets, server, _):
        await asyncio.sleep(13_000)
        server.alive = None
        gap = await anext(events)
        assert isinstance(gap, Gap)
        assert gap.reason is GapReason.SESSION_EXPIRED
        assert "another listen key" in gap.words
        await events.wait_until_live()
        (socket,) = sockets.alive
        assert socket.url.endswith("listenkey2")
