"""The link of one account to a WebSocket API: opened on first use, logged on, kept alive, replaced and closed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import attrs
import pytest
from tests.core.pipeline.socket_form import API, FORM, Server, serving

from venuekit.errors import AnswerLost, NeverSent, OperationError
from venuekit.message import HttpResponse
from venuekit.pipeline.patience import Patience
from venuekit.pipeline.socket_link import SocketLink
from venuekit.pipeline.sockets import AiohttpSockets
from venuekit.socket_declaration import SocketApi, SocketLogon, SocketMessage
from venuekit.testing.clocks import LoopClock
from venuekit.venue import Refusal

LOGON = SocketLogon(
    message=lambda stamp: {"method": "logon", "key": stamp.key},
    payload=FORM.payload,
    attach_signature=FORM.attach_signature,
)


def _answers(response: HttpResponse) -> Refusal | None:
    return None if response.status == 200 else Refusal(code=response.status, message=response.body.decode())


async def _log_on() -> SocketMessage:
    return {"method": "logon"}


@asynccontextmanager
async def linked(
    server: Server, api: SocketApi = API, *, make_logon: Callable[[], Awaitable[SocketMessage]] | None = None
) -> AsyncIterator[tuple[SocketLink, list[None]]]:
    """Give a link to a server, and how often it paid; nothing of it remains."""
    sockets, patience, paid = AiohttpSockets(), Patience(5), list[None]()

    async def pay() -> None:
        paid.append(None)

    async with serving(server) as url:
        link = SocketLink(
            api=api,
            url=url,
            headers={},
            sockets=sockets,
            patience=patience,
            clock=LoopClock(),
            answers=_answers,
            pay=pay,
            make_logon=make_logon,
        )
        before = asyncio.all_tasks()
        try:
            yield link, paid
        finally:
            await link.aclose()
            patience.close()
            await sockets.aclose()
            left = {one for one in asyncio.all_tasks() - before if "RequestHandler" not in repr(one)}
            assert left == set()


async def ask(server: Server, link: SocketLink) -> object:
    """Send a request that is answered."""
    asking = asyncio.create_task(link.send({}))
    await server.answer(await server.receive(), {"answered": True})
    return json.loads((await asking).body)


async def test_the_first_request_opens_the_connection() -> None:
    """Requests that come together share one, which is paid for once, and later ones use it."""
    server = Server()
    async with linked(server) as (link, paid):
        assert (server.opened, link.strays) == (0, 0)
        asking = [asyncio.create_task(link.send({})) for _ in range(5)]
        for _ in asking:
            await server.answer(await server.receive(), {})
        await asyncio.gather(*asking)
        await ask(server, link)

    assert (server.opened, len(paid)) == (1, 1)


async def test_a_logon_comes_first_and_once() -> None:
    """No request leaves before the session is logged on."""
    server = Server()
    async with linked(server, attrs.evolve(API, logon=LOGON), make_logon=_log_on) as (link, _):
        asking = asyncio.create_task(link.send({"method": "first"}))
        logon = await server.receive()
        assert logon["method"] == "logon"
        await server.answer(logon, {})
        message = await server.receive()
        assert message["method"] == "first"
        await server.answer(message, {})
        await asking
        await ask(server, link)


async def test_a_refused_logon_is_the_answer_to_the_request() -> None:
    """Nothing of the request was sent, and the next one tries again."""
    server = Server()
    async with linked(server, attrs.evolve(API, logon=LOGON), make_logon=_log_on) as (link, _):
        for opened in (1, 2):
            asking = [asyncio.create_task(link.send({})) for _ in range(2)]
            await server.answer(await server.receive(), "gone", 401)
            for one in asking:
                assert await one == HttpResponse(401, {}, b'"gone"')
            assert server.opened == opened


async def test_a_connection_that_ends_while_it_is_logged_on_sent_nothing() -> None:
    """Each request that waited for it was never sent."""
    server = Server()
    async with linked(server, attrs.evolve(API, logon=LOGON), make_logon=_log_on) as (link, _):
        asking = [asyncio.create_task(link.send({})) for _ in range(2)]
        await server.receive()
        server.break_off()
        errors = await asyncio.gather(*asking, return_exceptions=True)

    assert [type(one) for one in errors] == [NeverSent, NeverSent]
    assert errors[0] is not errors[1]


@pytest.mark.parametrize("status", [403, 418, 429])
async def test_a_handshake_refused_for_the_address_is_an_answer(status: int) -> None:
    """It closes pools as one over HTTP does, with its headers and its body."""
    async with linked(Server(status=status)) as (link, _):
        response = await link.send({})

    assert (response.status, response.headers["Retry-After"]) == (status, "7")
    assert response.body == b"not <b>now</b>"


async def test_any_other_refused_handshake_sent_nothing() -> None:
    """The error has its status and its words."""
    async with linked(Server(status=503)) as (link, _):
        with pytest.raises(NeverSent, match="answers the handshake with HTTP 503: not now") as refusal:
            await link.send({})

    assert refusal.value.status == 503


async def test_a_server_that_is_away_got_nothing() -> None:
    """The connection could not be opened."""
    server = Server()
    async with linked(server) as (link, _):
        link.url = type(link.url)("ws://127.0.0.1:1/ws")
        with pytest.raises(NeverSent):
            await link.send({})


async def test_the_next_request_after_a_loss_opens_another_connection() -> None:
    """And strays that the lost one met are still counted."""
    server = Server()
    async with linked(server) as (link, _):
        await ask(server, link)
        await server.send_text('{"id":"99","status":200,"result":{}}')
        asking = asyncio.create_task(link.send({}))
        await server.receive()
        server.break_off()
        with pytest.raises(OperationError):
            await asking
        await ask(server, link)

        assert (server.opened, link.strays) == (2, 1)


async def test_a_distrusted_connection_carries_no_further_request() -> None:
    """One in flight keeps it until it is answered."""
    server = Server()
    async with linked(server) as (link, _):
        link.distrust()
        asking = asyncio.create_task(link.send({}))
        message = await server.receive()
        link.distrust()
        assert link._current is None
        await server.answer(message, {})
        await asking
        await ask(server, link)

    assert server.opened == 2


async def test_a_caller_who_leaves_does_not_stop_the_opening() -> None:
    """Another one waits for the same connection."""
    server = Server()
    async with linked(server, attrs.evolve(API, logon=LOGON), make_logon=_log_on) as (link, _):
        asking = [asyncio.create_task(link.send({})) for _ in range(2)]
        logon = await server.receive()
        asking[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking[0]
        await server.answer(logon, {})
        await server.answer(await server.receive(), {})
        await asking[1]


async def test_a_closed_link_sends_nothing() -> None:
    """One that is closed while it opens leaves no connection behind."""
    server = Server()
    async with linked(server, attrs.evolve(API, logon=LOGON), make_logon=_log_on) as (link, _):
        asking = asyncio.create_task(link.send({}))
        await server.receive()
        await link.aclose()
        with pytest.raises(NeverSent, match="the account was closed"):
            await asking
        with pytest.raises(NeverSent, match="the account is closed"):
            await link.send({})


async def test_closing_that_is_cancelled_closes_all_the_same() -> None:
    """The cancellation is raised once everything is closed, and a request in flight has lost its answer."""
    server = Server()
    async with linked(server) as (link, _):
        asking = asyncio.create_task(link.send({}))
        await server.receive()
        closing = asyncio.create_task(link.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        with pytest.raises(AnswerLost, match="the connection was closed"):
            await asking

        assert (link._open, link._tasks, link._keepers) == (set(), set(), {})


@pytest.mark.looptime
async def test_a_silent_connection_is_dead() -> None:
    """A server that reads nothing any more answers no ping."""
    server = Server(reads=False)
    async with linked(server) as (link, _):
        await ask(server, link)
        connection = link._current
        assert connection is not None
        await asyncio.sleep(45)

        assert (connection.end, link._current) == ("no frame came within 20 s of a ping", None)


@pytest.mark.looptime
async def test_a_connection_is_replaced_before_the_venue_ends_it() -> None:
    """A request in flight keeps the old one; the next goes over the new one, which was up before."""
    server = Server()
    api = attrs.evolve(API, connection_life=timedelta(minutes=10))
    async with linked(server, api) as (link, _):
        await ask(server, link)
        old = link._current
        await asyncio.sleep(560)
        assert link._current is old
        await asyncio.sleep(50)

        assert old is not None
        assert (old.end, server.opened) == ("the connection was replaced", 2)
        assert await ask(server, link) == {"answered": True}
        assert server.opened == 2


@pytest.mark.looptime
async def test_a_replacement_that_fails_leaves_the_connection() -> None:
    """It is tried again, and the connection serves meanwhile."""
    server = Server()
    api = attrs.evolve(API, connection_life=timedelta(minutes=10))
    async with linked(server, api) as (link, _):
        await ask(server, link)
        server.status = 503
        await asyncio.sleep(570)
        while not server.refused:  # noqa: ASYNC110 - a server has no event for what it refuses
            await asyncio.sleep(1)
        old = link._current
        assert old is not None
        assert old.end is None
        server.status = None
        await asyncio.sleep(60)

        assert (old.end, server.opened) == ("the connection was replaced", 2)


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"path": "ws"}, "begin it with /"),
        ({"ping_every": 0}, "ping_every must be above 0"),
        ({"silence": -1.0}, "silence must be above 0"),
        ({"message_limit": 0}, "message_limit must be above 0"),
        ({"connection_life": timedelta(minutes=9)}, "leaves no time to replace"),
    ],
)
def test_a_declaration_that_lets_nothing_pass_is_refused(details: dict[str, Any], words: str) -> None:
    """Where it is written, and not at the first request."""
    with pytest.raises(ValueError, match=words):
        attrs.evolve(API, **details)
