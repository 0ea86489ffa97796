"""The session of a user stream: opened once for all readers, shared by them, and closed behind the last."""

from __future__ import annotations

import asyncio

import attrs
import pytest
from tests.core.streams.keyed_venue import (
    KEYED,
    refusal,
    stream_account,
    unreachable,
)
from tests.core.streams.session_reading import reading, take, words

from venuekit.capabilities import (
    GapReason,
    ListenKeyControl,
    StreamPhase,
    StreamState,
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
from venuekit.message import HttpResponse
from venuekit.pipeline.sockets import HandshakeRefused
from venuekit.testing import LoopClock

pytestmark = pytest.mark.looptime


async def test_events_of_a_message_come_together_and_in_order() -> None:
    """Iteration gives one after the other; a message that was begun is finished by either way of reading."""
    async with reading() as (events, sockets, server, account):
        (socket,) = sockets.opened
        assert socket.url == "ws://127.0.0.1:9/keyed_toy/ws?listenKey=listenkey1"
        assert events.state == StreamState(StreamPhase.LIVE, None, 1, is_confirmed=False, alive_at=account.now())
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
        sockets.failures = [HandshakeRefused(refusal(1001, 401))]
        with pytest.raises(AuthenticationFailed, match=r"keyed_toy: events refused: 1001 no$") as refused:
            await account.events().__aenter__()
        assert refused.value.status == 401
        for status, body, words in (
            (403, b"<p>no such <b>path</b></p>", "403, not from the venue itself: no such path"),
            (503, b"", "503, not from the venue itself: empty body"),
            (200, b"{}", "200, not from the venue itself: {}"),
            (200, b"Log in to the hotel", "200, not from the venue itself: Log in to the hotel"),
        ):
            sockets.failures = [HandshakeRefused(HttpResponse(status, {}, body))]
            with pytest.raises(VenueError, match=f"keyed_toy: events refused: HTTP {words}"):
                await account.events().__aenter__()
        sockets.failures = [unreachable(), unreachable(), unreachable()]
        async with account.events() as events:
            assert events.state.connections == 1
        with pytest.raises(InvalidArgument, match="queue must be a whole number of events, 1 or more, not 0"):
            account.events(queue=0)


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


async def test_a_slow_reader_is_bounded_also_by_messages_of_many_events() -> None:
    """Messages that are larger than the rest of its queue leave one gap behind, not one each."""
    async with (
        stream_account(LoopClock()) as (account, sockets, _),
        account.events(queue=4) as slow,
    ):
        sockets.opened[0].say("a b", *["c d e"] * 100)
        await asyncio.sleep(1)
        assert await take(slow, 3) == ["a", "b", GapReason.OVERFLOW]
        sockets.opened[0].say("f g h")
        assert await take(slow, 3) == ["f", "g", "h"]


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


async def test_cancelling_while_a_connection_is_given_up_leaves_nothing_behind() -> None:
    """Also with a ping that has not left yet: no task and no connection is left."""
    async with stream_account(LoopClock()) as (account, sockets, _):
        before = asyncio.all_tasks()
        for steps in range(12):
            async with account.events():
                socket = sockets.opened[-1]
                socket.pings_wait = True
                await asyncio.sleep(61)
                socket.cut()
                for _ in range(steps):
                    await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert asyncio.all_tasks() == before
            assert sockets.alive == []


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
