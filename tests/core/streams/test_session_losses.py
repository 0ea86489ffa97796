"""The losses of a session: each is a gap that says since when and why, and the session is opened again."""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
import pytest
from tests.core.streams.keyed_venue import (
    TOUCH,
    decode,
    refusal,
    stream_account,
    unreachable,
)
from tests.core.streams.session_reading import reading, take, words

from venuekit.account import Account
from venuekit.capabilities import (
    Gap,
    GapReason,
    StreamEvent,
    StreamPhase,
    UnknownEvent,
)
from venuekit.errors import (
    AuthenticationFailed,
)
from venuekit.pipeline.open_socket import End
from venuekit.plugin import Decoder, DecoderRenewal, MessageArrival
from venuekit.testing import LoopClock

pytestmark = pytest.mark.looptime


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


async def test_an_answer_to_a_ping_is_a_sign_of_life() -> None:
    """The state says when it came, though a quiet account brings no message for hours."""
    async with reading() as (events, sockets, _, account):
        sockets.opened[0].say("a")
        message = await anext(events)
        await asyncio.sleep(3000)
        state = events.state
        assert state.received_at == message.received_at
        assert state.alive_at is not None
        assert (account.now() - state.alive_at).total_seconds() <= 60
        sockets.gate.clear()
        sockets.opened[0].cut()
        await anext(events)
        assert events.state.alive_at is None
        sockets.gate.set()


async def test_an_own_request_without_an_event_shows_that_nothing_is_delivered() -> None:
    """An event that came shortly before or comes in time confirms the connection; without one it is replaced."""
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
        socket.cut(End("a message is larger than the limit of 7 bytes", is_oversized=True))
        gap = await anext(events)
        assert isinstance(gap, Gap)
        assert gap.reason is GapReason.UNREADABLE
        assert gap.words == (
            "a message is larger than the limit of 7 bytes; raise message_limit in the venue's StreamDeclaration"
        )
        await events.wait_until_live()


async def test_an_unreadable_message_may_be_about_anything_since_the_one_before() -> None:
    """Its event happened before it came, so that reading from then on would leave it out."""
    async with reading() as (events, sockets, _, _):
        sockets.opened[0].say("a")
        last = await anext(events)
        await asyncio.sleep(5)
        sockets.opened[0].say_bytes(b"7")
        gap, _ = await events.read_message()
        assert isinstance(gap, Gap)
        assert gap.since == last.received_at


async def test_a_session_that_a_plugin_cannot_open_again_is_told() -> None:
    """Readers get a gap with the reason, once, and it is tried again."""
    async with stream_account(LoopClock()) as (account, sockets, _):
        streams = account._session.venue_session.streams
        assert streams is not None
        failures = [KeyError("no contracts") for _ in range(3)]

        async def make_decoder(_account: Account) -> Decoder:
            if sockets.opened and failures:
                raise failures.pop()
            return decode

        streams.declaration = attrs.evolve(streams.declaration, make_decoder=make_decoder)
        async with account.events() as events:
            sockets.opened[0].cut()
            assert await take(events, 1) == [GapReason.CONNECTION_LOST]
            gap = await anext(events)
            assert isinstance(gap, Gap)
            assert gap.reason is GapReason.REFUSED
            assert "no contracts" in gap.words
            await events.wait_until_live()
            sockets.opened[1].say("b")
            assert await take(events, 1) == ["b"]


async def test_a_decoder_that_breaks_its_promise_costs_one_message() -> None:
    """An answer that is no tuple of events is a gap at once, and the connection goes on."""
    async with stream_account(LoopClock()) as (account, sockets, _):
        streams = account._session.venue_session.streams
        assert streams is not None

        def broken(body: bytes, arrival: MessageArrival) -> Any:
            return None if b"none" in body else decode(body, arrival)

        async def make_decoder(_account: Account) -> Decoder:
            return broken

        streams.declaration = attrs.evolve(streams.declaration, make_decoder=make_decoder)
        async with account.events() as events:
            sockets.opened[0].say("a", "none", "b")
            assert await take(events, 1) == ["a"]
            assert words(*await events.read_message()) == [GapReason.UNREADABLE, None]
            assert await take(events, 1) == ["b"]


async def test_a_renewal_that_breaks_its_promise_costs_no_session() -> None:
    """One that fails to look at an event costs that message, and one that fails to read costs nothing."""
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: failures.append(context["exception"]))
    failures: list[object] = []
    async with stream_account(LoopClock()) as (account, sockets, _):
        streams = account._session.venue_session.streams
        assert streams is not None

        def find_unlisted(event: StreamEvent) -> str | None:
            assert isinstance(event, UnknownEvent)
            return {"none": "new", "a": None, "b": None}[event.body.decode()]

        async def refresh(_account: Account, symbol: str) -> None:
            raise KeyError(symbol)

        renewal = DecoderRenewal(lacks=find_unlisted, refresh=refresh)
        streams.declaration = attrs.evolve(streams.declaration, renewal=renewal)
        async with account.events() as events:
            sockets.opened[0].say("a", "odd", "none", "b")
            assert await take(events, 1) == ["a"]
            assert words(*await events.read_message()) == [GapReason.UNREADABLE, None]
            assert await take(events, 2) == ["none", "b"]
            await asyncio.sleep(1)
            assert (events.state.connections, [repr(one) for one in failures]) == (1, ["KeyError('new')"])
