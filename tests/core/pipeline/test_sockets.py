"""Connections of aiohttp: messages, signs of life, ends, and failures that hold no URL."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ssl import CertificateError
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import ClientConnectorCertificateError, ClientSession, WSMsgType, web

from venuekit.credentials import Secret
from venuekit.errors import CertificateRejected, NeverSent
from venuekit.pipeline.aiohttp_socket import AiohttpSocket
from venuekit.pipeline.open_socket import End
from venuekit.pipeline.proxy import Proxy
from venuekit.pipeline.sockets import AiohttpSockets, HandshakeRefused, _failure_of

KEY = "k3yOfTheStream"

Play = Callable[[web.WebSocketResponse], Awaitable[object]]


@asynccontextmanager
async def serving(play: Play, proxy: Proxy | None = None) -> AsyncIterator[tuple[AiohttpSockets, Secret]]:
    """Serve connections that ``play`` plays; other paths are refused."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.path != "/ws":
            return web.Response(status=403, text=f"no {request.path_qs}", headers={"Retry-After": "7"})
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        await play(socket)
        return socket

    runner = web.ServerRunner(web.Server(handle), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    (host, port) = runner.addresses[0][:2]
    sockets = AiohttpSockets(proxy)
    try:
        yield sockets, Secret(f"ws://{host}:{port}/ws?listenKey={KEY}")
    finally:
        await sockets.aclose()
        await runner.cleanup()


async def receive(sockets: AiohttpSockets, url: Secret, limit: int = 1000) -> tuple[End, list[bytes], int]:
    """Open a connection and return its end, its messages and the number of its other signs."""
    messages: list[bytes] = []
    signs: list[None] = []
    socket = await sockets.open(url, {}, limit)
    try:
        return await socket.receive(messages.append, lambda: signs.append(None)), messages, len(signs)
    finally:
        await socket.close()
        await socket.close()


async def test_messages_and_signs_are_handed_on() -> None:
    """A ping of the venue is a sign and is answered, and so is the pong to ours."""
    heard: list[WSMsgType] = []

    async def play(socket: web.WebSocketResponse) -> None:
        await socket.send_str('"text"')
        await socket.send_bytes(b'"bytes"')
        await socket.ping(b"7")
        for _ in range(3):
            message = await socket.receive()
            heard.append(message.type)
            if message.type is WSMsgType.PING:
                await socket.pong(message.data)
        await socket.close(code=4001)

    async with serving(play) as (sockets, url):
        messages: list[bytes] = []
        signs: list[None] = []
        socket = await sockets.open(url, {"X-Mark": "1"}, 1000)
        await socket.send("hello")
        await socket.ping()
        assert await socket.receive(messages.append, lambda: signs.append(None)) == End(
            "the venue closed it with code 4001"
        )
        await socket.close()
        assert messages == [b'"text"', b'"bytes"']
        assert len(signs) == 2
        assert sorted(heard) == sorted([WSMsgType.TEXT, WSMsgType.PING, WSMsgType.PONG])
        assert KEY not in repr(socket)


async def test_a_message_above_the_limit_ends_the_connection() -> None:
    """Its end says so, with the limit; the messages before it, one of just that size among them, were handed on."""

    async def play(socket: web.WebSocketResponse) -> None:
        await socket.send_str("a" * 1000)
        await socket.send_str("b" * 1001)
        await socket.receive()

    async with serving(play) as (sockets, url):
        end, messages, _ = await receive(sockets, url)
    assert end == End("a message is larger than the limit of 1000 bytes", is_oversized=True)
    assert end.mend("SocketApi") == "raise message_limit in the venue's SocketApi"
    assert messages == [b"a" * 1000]


async def test_a_message_of_ours_that_is_too_large_for_the_venue_is_not_one_of_the_venue() -> None:
    """A venue closes with the same code then: no limit of ours is blamed."""

    async def play(socket: web.WebSocketResponse) -> None:
        await socket.close(code=1009)

    async with serving(play) as (sockets, url):
        end, _, _ = await receive(sockets, url)
    assert end == End("the venue closed it with code 1009")
    assert end.mend("SocketApi") == ""


async def test_a_connection_that_breaks_off_ends() -> None:
    """Without a farewell, too."""

    async def play(socket: web.WebSocketResponse) -> None:
        transport = socket._req.transport if socket._req is not None else None
        assert transport is not None
        transport.abort()

    async with serving(play) as (sockets, url):
        end, messages, _ = await receive(sockets, url)
    assert (end.is_oversized, messages) == (False, [])
    assert end.words


async def test_failures_hold_no_url() -> None:
    """Neither their words nor any frame of their tracebacks has the listen key."""

    async def play(socket: web.WebSocketResponse) -> None:
        await socket.receive()

    async with serving(play) as (sockets, url):
        refused = Secret(url.reveal().replace("/ws", "/other"))
        absent = Secret(f"ws://127.0.0.1:1/ws?listenKey={KEY}")
        with pytest.raises(HandshakeRefused) as refusal:
            await sockets.open(refused, {}, 1000)
        with pytest.raises(NeverSent) as failure:
            await sockets.open(absent, {}, 1000)
        response = refusal.value.response
        assert (response.status, response.headers["retry-after"]) == (403, "7")
        assert response.body == f"no /other?listenKey={KEY}".encode()
        for error in (refusal.value, failure.value):
            shown = traceback.TracebackException.from_exception(error, capture_locals=True)
            assert KEY not in "".join(shown.format())
            assert error.__context__ is None or KEY not in repr(error.__context__)


async def test_cancelling_while_it_is_opened_leaves_no_connection() -> None:
    """The venue sees the end of it."""
    ended = asyncio.Event()
    arrived = asyncio.Event()

    async def play(socket: web.WebSocketResponse) -> None:
        arrived.set()
        await socket.receive()
        ended.set()

    async with serving(play) as (sockets, url):
        task = asyncio.create_task(receive(sockets, url))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await ended.wait()


@asynccontextmanager
async def answering(*parts: bytes, ends: bool = True) -> AsyncIterator[tuple[Secret, list[bytes]]]:
    """Answer each handshake with these bytes, and give the URL and the handshakes."""
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.writelines(parts)
        if not ends:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield Secret(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"), asked


async def refused_by(url: Secret) -> HandshakeRefused:
    """Return how a handshake is refused."""
    sockets = AiohttpSockets()
    try:
        with pytest.raises(HandshakeRefused) as refusal:
            await sockets.open(url, {}, 1000)
    finally:
        await sockets.aclose()
    return refusal.value


async def test_of_a_large_refusal_the_beginning_is_read() -> None:
    """Whatever the venue sends, no more of it is kept."""
    async with answering(b"HTTP/1.1 503 no\r\nContent-Length: 1000000\r\n\r\n", b"x" * 500_000, ends=False) as (url, _):
        refusal = await refused_by(url)

    assert (refusal.response.status, refusal.response.body) == (503, b"x" * 16_384)


@pytest.mark.parametrize("ends", [False, True])
async def test_of_a_refusal_without_an_end_the_part_that_came_is_read(
    monkeypatch: pytest.MonkeyPatch, *, ends: bool
) -> None:
    """The status is known, and is not lost with a body that stops or is cut off."""
    monkeypatch.setattr("venuekit.pipeline.sockets._REFUSING", 0.2)
    async with answering(b"HTTP/1.1 503 no\r\nContent-Length: 10\r\n\r\n", b"busy", ends=ends) as (url, _):
        refusal = await refused_by(url)

    assert (refusal.response.status, refusal.response.body) == (503, b"busy")


async def test_a_redirection_is_a_refusal() -> None:
    """The host that it names is asked nothing."""
    async with answering(b"") as (other, asked):
        where = other.reveal().replace("ws:", "http:").encode()
        async with answering(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ", where, b"\r\n\r\n") as (url, _):
            refusal = await refused_by(url)

    assert (refusal.response.status, asked) == (302, [])


async def test_an_answer_that_is_no_handshake_opens_nothing() -> None:
    """A venue that switches to another protocol has refused nothing, and nothing was sent."""
    sockets = AiohttpSockets()
    async with answering(b"HTTP/1.1 101 ok\r\nUpgrade: pigeons\r\nConnection: Upgrade\r\n\r\n") as (url, _):
        with pytest.raises(NeverSent, match="the answer to the handshake opens no connection: Invalid upgrade header"):
            await sockets.open(url, {}, 1000)
        await sockets.aclose()


async def test_a_proxy_is_not_used_on_this_machine() -> None:
    """Another host is reached through it, with its password; one that refuses is named, not shown."""
    asked: list[str] = []

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 407 no\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    async def play(socket: web.WebSocketResponse) -> None:
        await socket.close()

    server = await asyncio.start_server(tunnel, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        proxy = Proxy.parse(f"http://user:pa55w0rd@127.0.0.1:{port}")
        async with serving(play, proxy) as (sockets, url):
            await receive(sockets, url)
            assert asked == []
            with pytest.raises((NeverSent, HandshakeRefused)) as failure:
                await sockets.open(Secret(f"wss://venue.invalid/ws?listenKey={KEY}"), {}, 1000)
    assert asked[0].startswith("CONNECT venue.invalid:443")
    assert "Proxy-Authorization: Basic" in asked[0]
    assert KEY not in asked[0]
    assert "pa55w0rd" not in str(failure.value)


async def test_a_handshake_without_an_answer_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was sent; the error says for how long it was waited."""
    monkeypatch.setattr("venuekit.pipeline.sockets.OPENING", 0.05)

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(keep_silent, "127.0.0.1", 0)
    sockets = AiohttpSockets()
    async with server:
        with pytest.raises(NeverSent, match=r"no connection within 0\.05 s"):
            await sockets.open(Secret(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"), {}, 1000)
        await sockets.aclose()
        await sockets.aclose()


@pytest.mark.parametrize("authorization", [None, Secret("Basic dTpw")])
async def test_a_proxy_is_asked_for_other_machines(authorization: Secret | None) -> None:
    """With its authorization where it has one; a proxy that refuses is a connection that could not be opened."""
    asked: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        sockets = AiohttpSockets(Proxy(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", authorization))
        for _ in range(2):
            with pytest.raises((NeverSent, HandshakeRefused)):
                await sockets.open(Secret("wss://stream.example.com/ws"), {}, 1000)
        await sockets.aclose()

    assert [one.startswith(b"CONNECT stream.example.com:443") for one in asked] == [True, True]
    assert all((b"Proxy-Authorization: Basic dTpw" in one) is (authorization is not None) for one in asked)


def test_failures_keep_their_class_and_lose_their_frames() -> None:
    """A certificate that is refused, an error of ours, and the end of the program."""
    key: Any = SimpleNamespace(host="stream.example.com", port=443, is_ssl=True)
    refused = _failure_of(ClientConnectorCertificateError(key, CertificateError("no such name")))
    assert isinstance(refused, CertificateRejected)
    for own in (NeverSent("no"), SystemExit(1)):
        with pytest.raises(type(own)) as caught:
            raise own
        assert _failure_of(caught.value) is own
        assert own.__traceback__ is None


async def test_a_frame_against_the_protocol_ends_the_connection() -> None:
    """In the words of the library that reads frames."""

    async def play(socket: web.WebSocketResponse) -> None:
        assert socket._req is not None
        assert socket._req.transport is not None
        socket._req.transport.write(b"\x83\x00")  # a kind of frame that there is not
        await socket.receive()

    async with serving(play) as (sockets, url):
        end, messages, _ = await receive(sockets, url)

    assert (messages, end.is_oversized) == ([], False)
    assert "opcode" in end.words


async def test_closing_never_fails() -> None:
    """The other side is gone, or does not answer: the transport is closed all the same."""

    class Broken:
        async def close(self) -> None:
            raise ConnectionResetError

    async def play(socket: web.WebSocketResponse) -> None:
        await socket.receive()

    async with serving(play) as (sockets, url):
        socket: Any = await sockets.open(url, {}, 1000)
        await socket.close()
        socket._socket = Broken()
        await socket.close()

    assert repr(socket) == "<a WebSocket connection>"


async def test_a_message_is_handed_on_where_it_arrives() -> None:
    """No task waits for it, so that it costs no further turn of the loop."""
    came = asyncio.Event()
    callers: list[object] = []

    async def play(socket: web.WebSocketResponse) -> None:
        while (await socket.receive()).type is WSMsgType.TEXT:
            await socket.send_str("answer")

    def take(_: bytes) -> None:
        callers.append(asyncio.current_task())
        came.set()

    async with serving(play) as (sockets, url):
        socket = await sockets.open(url, {}, 1000)
        reading = asyncio.create_task(socket.receive(take, lambda: None))
        await asyncio.sleep(0)
        for _ in range(3):
            came.clear()
            await socket.send("question")
            await came.wait()
        reading.cancel()
        await asyncio.wait({reading})
        await socket.close()

    assert callers == [None, None, None]


async def test_messages_between_pings_keep_their_order() -> None:
    """Each ping is answered, and is a sign after the messages before it."""
    order: list[bytes] = []

    async def play(socket: web.WebSocketResponse) -> None:
        for number in range(3):
            await socket.send_str(str(number))
            await socket.ping()
        for _ in range(3):
            assert (await socket.receive()).type is WSMsgType.PONG
        await socket.close()

    async with serving(play) as (sockets, url):
        socket = await sockets.open(url, {}, 1000)
        await socket.receive(order.append, lambda: order.append(b"sign"))
        await socket.close()

    assert order == [b"0", b"sign", b"1", b"sign", b"2", b"sign"]


async def test_what_a_reader_raises_ends_the_reading() -> None:
    """It is raised where the messages are waited for; of those that arrive meanwhile nothing is handed on."""
    messages: list[bytes] = []

    def fail(body: bytes) -> None:
        messages.append(body)
        asyncio.get_running_loop().call_soon(socket._protocol.on_change)
        raise ValueError("not this one")

    async def play(socket: web.WebSocketResponse) -> None:
        await socket.send_str("1")
        await socket.send_str("2")
        await socket.receive()

    async with serving(play) as (sockets, url):
        socket: Any = await sockets.open(url, {}, 1000)
        with pytest.raises(ValueError, match="not this one"):
            await socket.receive(fail, lambda: None)
        await socket.close()

    assert messages == [b"1"]


async def test_a_socket_needs_a_protocol_that_hands_messages_on() -> None:
    """One of another session is refused."""

    async def play(socket: web.WebSocketResponse) -> None:
        await socket.receive()

    async with serving(play) as (_, url), ClientSession() as session, session.ws_connect(url.reveal()) as socket:
        with pytest.raises(TypeError, match="SocketConnector"):
            AiohttpSocket(socket, 1000)
