"""The session of a user stream: opened once for all readers, kept alive, and opened again with a gap in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest
from tests.core.streams.keyed_venue import (
    KEYED,
    FakeSockets,
    KeyServer,
    StreamedToy,
    refusal,
    stream_account,
    unreachable,
)

from venuekit.capabilities import (
    EventReader,
    Gap,
    GapReason,
    ListenKeyControl,
    SessionExpiry,
    StreamEvent,
    StreamPhase,
    StreamState,
    UnknownEvent,
    UserStream,
)
from venuekit.errors import (
    AccountClosed,
    AuthenticationFailed,
    InvalidArgument,
    NeverSent,
    Rejected,
    VenueError,
)
from venuekit.streams.sockets import End, HandshakeRefused
from venuekit.testing import LoopClock

pytestmark = pytest.mark.looptime


@asynccontextmanager
async def reading(seed: int = 0) -> AsyncIterator[tuple[EventReader, FakeSockets, KeyServer, StreamedToy]]:
    """Read the stream of an account, on a clock that leaps."""
    async with stream_account(LoopClock(), seed=seed) as (account, sockets, server), account.events() as events:
        yield events, sockets, server, account


def words(*events: StreamEvent) -> list[str | None]:
    """Return the kinds of unknown events, and the reasons of gaps."""
    kinds: list[str | None] = []
    for event in events:
        if isinstance(event, Gap):
            kinds.append(event.reason)
        elif isinstance(event, SessionExpiry):
            kinds.append("expiry")
        else:
            assert isinstance(event, UnknownEvent)
            kinds.append(event.kind)
    return kinds


async def take(events: EventReader, count: int) -> list[str | None]:
    """Return the next events by name."""
    return words(*[await anext(events) for _ in range(count)])


async def test_events_of_a_message_come_together_and_in_order() -> None:
    """Iteration gives one after the other; a message that was begun is finished by either way of reading."""
    async with reading() as (events, sockets, server, _):
        (socket,) = sockets.opened
        assert socket.url == "ws://127.0.0.1:9/keyed_toy/ws?listenKey=listenkey1"
        assert events.state == StreamState(StreamPhase.LIVE, None, 1, is_confirmed=False)
        socket.say("a b", "c", "d e f", "")
        assert words(*await events.read_message()) == ["a", "b"]
        assert events.state.is_confirmed
        assert await take(events, 2) == ["c", "d"]
        assert words(*await events.read_message()) == ["e", "f"]
        assert server.requests == ["POST"]
        await asyncio.sleep(1)
        assert events.state.received_at is not None

        socket.say("g")
        event = await anext(events)
        assert event.message == 5
        assert event.received_at == events.state.received_at
    assert socket.is_closed
    assert "DELETE" not in server.requests
    assert "PUT" not in server.requests


async def test_readers_of_one_key_share_a_session() -> None:
    """The first opens it, the last closes it, and each gets every event from its beginning on."""
    async with stream_account(LoopClock()) as (account, sockets, _):
        async with account.events() as one:
            sockets.opened[0].say("a")
            assert await take(one, 1) == ["a"]
            async with account.events() as two:
                sockets.opened[0].say("b")
                assert await take(two, 1) == await take(one, 1) == ["b"]
            sockets.opened[0].say("c")
            assert await take(one, 1) == ["c"]
        assert len(sockets.opened) == 1
        assert sockets.alive == []
        async with account.events():
            assert len(sockets.opened) == 2


async def test_several_tasks_may_enter_and_read_at_once() -> None:
    """They wait for one opening; two that read from one reader share its events."""
    async with stream_account(LoopClock()) as (account, sockets, _):
        sockets.gate.clear()

        async def read() -> list[str | None]:
            async with account.events() as events:
                return sorted(filter(None, await asyncio.gather(take(events, 1), take(events, 1))), key=str)[0]

        tasks = [asyncio.create_task(read()) for _ in range(3)]
        await asyncio.sleep(1)
        sockets.gate.set()
        await asyncio.sleep(1)
        sockets.opened[0].say("a", "b")
        assert [sorted(filter(None, await task)) for task in tasks] == [["a"]] * 3
        assert len(sockets.opened) == 1


async def test_a_loss_is_a_gap_and_the_session_is_opened_again() -> None:
    """It says since when; while the venue is away there is one gap, not one for each attempt."""
    async with reading() as (events, sockets, server, _):
        sockets.opened[0].say("a")
        last = await anext(events)
        await asyncio.sleep(5)
        sockets.failures = [unreachable() for _ in range(6)]
        sockets.opened[0].cut()
        gap = await anext(events)
        assert isinstance(gap, Gap)
        assert (gap.reason, gap.since, gap.words) == (
            GapReason.CONNECTION_LOST,
            last.received_at,
            "the connection broke off",
        )
        assert events.state.phase is StreamPhase.DOWN
        await events.wait_until_live()
        await events.wait_until_live()
        assert sockets.opened[0].is_closed
        assert sockets.attempts == 8
        assert (events.state.phase, events.state.connections) == (StreamPhase.LIVE, 2)
        sockets.opened[1].say("b")
        assert await take(events, 1) == ["b"]
        assert set(server.requests) == {"POST"}


async def test_entering_raises_the_error_of_the_venue() -> None:
    """A refusal at once, a venue that is away after as many attempts as a request has."""
    async with stream_account(LoopClock()) as (account, sockets, server):
        server.refusals["POST"] = [refusal(1001, 401)]
        with pytest.raises(AuthenticationFailed, match="1001 no"):
            await account.events().__aenter__()
        sockets.failures = [unreachable() for _ in range(4)]
        with pytest.raises(NeverSent, match="keyed_toy: events failed: nothing listens there"):
            await account.events().__aenter__()
        assert sockets.attempts == 4
        sockets.failures = [HandshakeRefused(401, "no such key")]
        with pytest.raises(AuthenticationFailed, match="no such key"):
            await account.events().__aenter__()
        sockets.failures = [unreachable(), unreachable(), unreachable()]
        async with account.events() as events:
            assert events.state.connections == 1
        with pytest.raises(InvalidArgument, match="queue must be a whole number of events, 1 or more, not 0"):
            account.events(queue=0)


async def test_a_venue_that_refuses_the_session_later_is_told_once() -> None:
    """One gap says so, and it is tried again until it is taken."""
    async with reading() as (events, sockets, server, account):
        server.refusals["POST"] = [refusal(1001, 401) for _ in range(3)]
        sockets.opened[0].cut()
        assert await take(events, 2) == [GapReason.CONNECTION_LOST, GapReason.REFUSED]
        server.refusals["POST"] = [refusal(1001, 401) for _ in range(3)]
        with pytest.raises(AuthenticationFailed):  # one that enters meanwhile hears of it
            await account.events().__aenter__()
        await events.wait_until_live()
        sockets.opened[1].say("a")
        assert await take(events, 1) == ["a"]


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


async def test_a_half_open_connection_is_noticed() -> None:
    """A ping that nothing answers is the end; any frame is a sign of life."""
    async with reading() as (events, sockets, _, _):
        (socket,) = sockets.opened
        socket.answers_pings = False
        for _ in range(10):
            await asyncio.sleep(15)
            socket.say("a")
        assert await take(events, 10) == ["a"] * 10
        last = events.state.received_at
        gap = await anext(events)
        assert isinstance(gap, Gap)
        assert (gap.reason, gap.since) == (GapReason.SILENT, last)
        assert last is not None
        assert (gap.received_at - last).total_seconds() <= 81
        assert "though the venue was pinged" in gap.words
        await events.wait_until_live()
        assert socket.is_closed


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


async def test_an_own_request_without_an_event_shows_that_nothing_is_delivered() -> None:
    """An event that came shortly before or comes in time confirms the connection; without one it is replaced."""
    from tests.core.streams.keyed_venue import TOUCH

    async with reading() as (events, sockets, _, account):
        await account.call(TOUCH)
        sockets.opened[0].say("a")
        assert await take(events, 1) == ["a"]
        await account.call(TOUCH)
        await asyncio.sleep(60)
        assert len(sockets.opened) == 1
        await account.call(TOUCH)
        gap = await anext(events)
        assert isinstance(gap, Gap)
        assert gap.reason is GapReason.UNCONFIRMED
        assert gap.since is not None
        assert (gap.received_at - gap.since).total_seconds() > 60
        await events.wait_until_live()
        await asyncio.sleep(60)
        assert len(sockets.opened) == 2


async def test_a_message_that_cannot_be_read_is_a_gap_with_its_body() -> None:
    """The session goes on; a message above the limit ends the connection only; keys are not shown."""
    async with reading() as (events, sockets, _, _):
        (socket,) = sockets.opened
        socket.say_bytes(b"\xff{listenKey=listenkey1")
        gap, body = await events.read_message()
        assert isinstance(gap, Gap)
        assert gap.reason is GapReason.UNREADABLE
        assert gap.words.startswith("a message of 22 bytes could not be read: UnicodeDecodeError")
        assert isinstance(body, UnknownEvent)
        assert body.body == "�{listenKey=***".encode()
        socket.say_bytes(b"7")
        assert words(*await events.read_message()) == [GapReason.UNREADABLE, None]
        socket.say("key:listenkey1")
        (known,) = await events.read_message()
        assert isinstance(known, UnknownEvent)
        assert known.body == b"key:***"
        socket.cut(End("a message is larger than the limit", is_oversized=True))
        assert await take(events, 1) == [GapReason.UNREADABLE]
        await events.wait_until_live()


async def test_a_slow_reader_gets_one_gap_in_place_of_the_rest() -> None:
    """Others lose nothing; once it has read half of its queue it gets events again."""
    async with (
        stream_account(LoopClock()) as (account, sockets, _),
        account.events(queue=4) as slow,
        account.events() as quick,
    ):
        sockets.opened[0].say(*"abcdefgh")
        assert await take(quick, 8) == list("abcdefgh")
        assert await take(slow, 1) == ["a"]
        sockets.opened[0].say("i")
        assert await take(quick, 1) == ["i"]
        assert await take(slow, 1) == ["b"]
        sockets.opened[0].say("j")
        assert await take(quick, 1) == ["j"]
        assert await take(slow, 4) == ["c", "d", GapReason.OVERFLOW, "j"]
        sockets.opened[0].say("a b c d e f")
        assert await take(slow, 6) == list("abcdef")


async def test_the_end_of_the_account_ends_its_readers() -> None:
    """That is the only exception that reading raises."""
    async with stream_account(LoopClock()) as (account, sockets, _):
        async with account.events() as events:
            reader = asyncio.create_task(take(events, 1))
            waiter = asyncio.create_task(events.read_message())
            await asyncio.sleep(1)
            account.close()
            for task in (reader, waiter):
                with pytest.raises(AccountClosed, match="keyed_toy: events was not sent: the account is closed"):
                    await task
            with pytest.raises(AccountClosed):
                await events.wait_until_live()
            assert events.state.phase is StreamPhase.CLOSED
        with pytest.raises(AccountClosed):
            await account.events().__aenter__()
        assert sockets.alive == []


async def test_cancelling_leaves_nothing_behind() -> None:
    """At any step of entering, reading and leaving: no task and no connection is left."""
    async with stream_account(LoopClock()) as (account, sockets, _):

        async def read() -> None:
            async with account.events() as events:
                await anext(events)

        before = asyncio.all_tasks()
        for steps in range(40):
            task = asyncio.create_task(read())
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled()
            await asyncio.sleep(0)
            assert asyncio.all_tasks() == before
            assert sockets.alive == []
        assert len(sockets.opened) > 10


def test_the_endpoints_of_a_stream_are_declared() -> None:
    """One that the venue does not list would be sent as a write."""
    with pytest.raises(ValueError, match="keyed_toy: stream uses POST /v1/key, which it does not declare"):
        attrs.evolve(KEYED, endpoints=())


async def test_the_listen_key_is_controlled_by_itself() -> None:
    """Starting answers the same key while it is alive; stopping ends it for all."""
    async with stream_account(LoopClock()) as (account, _, server):
        keys = ListenKeyControl.of(account)
        one = await keys.start_listen_key()
        assert one.key.reveal() == "listenkey1"
        assert "listenkey1" not in repr(one)
        assert (one.expires_at - account.now()).total_seconds() == pytest.approx(3600, abs=1)
        await keys.keep_listen_key_alive()
        assert (await keys.start_listen_key()).key == one.key
        await keys.stop_listen_key()
        with pytest.raises((VenueError, Rejected), match="1125"):
            await keys.keep_listen_key_alive()
        assert server.requests == ["POST", "PUT", "POST", "DELETE", "PUT"]
        assert UserStream.of(account) is account
