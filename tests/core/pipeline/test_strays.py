"""An answer is believed only on a connection that brought nothing else; the transport says so by a lost answer."""

from __future__ import annotations

import asyncio
import select
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientConnectionError
from tests.core.pipeline.raw_server import ANSWER, Peer, answer, come, raw_server

from venuekit.errors import AnswerLost, NeverSent
from venuekit.message import HttpRequest
from venuekit.pipeline.connection import Connector, Origins
from venuekit.pipeline.transport import AiohttpTransport

OLD = answer(b'{"answer": "of another question"}')


@asynccontextmanager
async def opened(**options: Any) -> AsyncIterator[AiohttpTransport]:
    """A transport that is closed at the end."""
    transport = AiohttpTransport(**options)
    try:
        yield transport
    finally:
        await transport.aclose()


async def answers(peer: Peer, _: int) -> None:
    """Answer each request."""
    while True:
        await peer.request()
        await peer.write(ANSWER)


@pytest.mark.parametrize(
    "stray", [OLD, OLD[:9], b"\r\n", b"x", b"HTTP/1.1 100 Continue\r\n\r\n", answer(b"", status="204 -")]
)
async def test_bytes_on_an_idle_connection_close_it(stray: bytes) -> None:
    """Whatever comes while nothing is asked is counted, and the next request has a connection of its own."""
    async with raw_server(answers) as server, opened() as transport:
        await transport.send(HttpRequest("GET", f"{server.url}/a", {}))
        assert transport.strays == 0
        await server.peers[0].write(stray)
        await come(lambda: transport.strays)

        response = await transport.send(HttpRequest("POST", f"{server.url}/b", {}))

    assert response.body == b"{}"
    assert (transport.strays, len(server.peers)) == (1, 2)


async def test_bytes_that_the_loop_has_not_read_yet_are_seen_before_the_request() -> None:
    """What waits in the kernel when a connection is taken is looked for: a loop that was busy is not fooled."""
    async with raw_server(answers) as server, opened() as transport:
        await transport.send(HttpRequest("GET", f"{server.url}/a", {}))
        server.peers[0].writer.get_extra_info("socket")._sock.send(OLD)  # at once, and the loop has no turn
        time.sleep(0.02)  # noqa: ASYNC251 - the loop is to be busy

        response = await transport.send(HttpRequest("POST", f"{server.url}/b", {}))

    assert response.body == b"{}"
    assert (transport.strays, len(server.peers)) == (1, 2)


async def shut(peer: Peer) -> None:
    """End a connection in peace."""
    peer.writer.get_extra_info("socket")._sock.shutdown(socket.SHUT_WR)


async def reset(peer: Peer) -> None:
    """End a connection by a reset."""
    peer.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.writer.transport.abort()
    await asyncio.sleep(0)  # the loop's next turn closes it, and reads nothing after that


@pytest.mark.parametrize("end", [shut, reset])
async def test_a_connection_that_was_closed_unseen_is_no_stray(end: Callable[[Peer], Awaitable[None]]) -> None:
    """An end of the connection that the loop has not read yet costs no request, and counts for nothing."""
    async with raw_server(answers) as server, opened() as transport:
        await transport.send(HttpRequest("GET", f"{server.url}/a", {}))
        await end(server.peers[0])
        time.sleep(0.02)  # noqa: ASYNC251 - the loop is to be busy

        response = await transport.send(HttpRequest("POST", f"{server.url}/b", {}))

    assert response.body == b"{}"
    assert (transport.strays, len(server.peers)) == (0, 2)


#: the beginning of an answer with a header that aiohttp refuses
REFUSED = b"HTTP/1.1 200 OK\r\nSec-WebSocket-Key1: x\r\n"


@pytest.mark.parametrize("behind", [OLD, OLD[:9], OLD[:40], b"HTTP/1.1 100 Continue\r\n\r\n" + OLD, REFUSED])
async def test_an_answer_with_another_one_behind_it_is_lost(behind: bytes) -> None:
    """Two answers in one segment: nobody knows which of them is the right one, and the connection is not used again."""

    async def twice(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.write(ANSWER + behind if number == 1 else ANSWER)
        await answers(peer, number)

    async with raw_server(twice) as server, opened() as transport:
        with pytest.raises(AnswerLost, match="without a request"):
            await transport.send(HttpRequest("POST", f"{server.url}/a", {}))
        response = await transport.send(HttpRequest("POST", f"{server.url}/b", {}))

    assert response.body == b"{}"
    assert (transport.strays, len(server.peers)) == (1, 2)


async def test_an_answer_before_the_question_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that speaks first gets no request: nothing was sent."""
    create = Connector._create_connection

    async def late(self: Connector, *arguments: Any) -> Any:
        """Make a connection, and come back when the server has spoken."""
        connection: Any = await create(self, *arguments)
        await come(lambda: self.strays > seen)
        return connection

    async def first(peer: Peer, _: int) -> None:
        await peer.write(OLD)
        arrived.append(await peer.request())

    arrived: list[bytes] = []
    monkeypatch.setattr(Connector, "_create_connection", late)
    async with raw_server(first) as server, opened() as transport:
        for seen in range(2):  # noqa: B007 - the function above reads it
            with pytest.raises(NeverSent, match="without a request"):
                await transport.send(HttpRequest("POST", f"{server.url}/a", {}))

    assert (arrived, transport.strays) == ([], 2)


async def test_a_connection_that_is_closed_as_it_is_made_was_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that ends before its request is written is no reason to doubt: nothing was sent."""
    create = Connector._create_connection

    async def late(self: Connector, *arguments: Any) -> Any:
        connection: Any = await create(self, *arguments)
        await come(lambda: not connection.is_connected())
        return connection

    async def hang_up(peer: Peer, _: int) -> None:
        peer.writer.close()

    monkeypatch.setattr(Connector, "_create_connection", late)
    async with raw_server(hang_up) as server, opened() as transport:
        for body in (None, b"{}"):
            with pytest.raises(NeverSent, match="closed before"):
                await transport.send(HttpRequest("POST", f"{server.url}/a", {}, body))


async def test_a_connection_that_was_closed_here_carries_nothing() -> None:
    """A request is refused before a byte of it is written, and a byte that still comes is a stray."""
    connector = Connector()
    async with raw_server(answers) as server:
        origin, data = Origins(None).encode(HttpRequest("POST", f"{server.url}/a", {}))
        connection, watched = await connector.take(origin)
        connection.close()
        with pytest.raises(ClientConnectionError, match="closed before anything was sent"):
            watched.ask(data)
        watched.data_received(b"x")
        await connector.close()

    assert (watched.begun, watched.take(), connector.strays) == (False, False, 1)


async def test_a_system_without_poll_sees_what_its_loop_has_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections are used again, and one with a stray is not."""
    monkeypatch.delattr(select, "poll", raising=False)
    async with raw_server(answers) as server, opened() as transport:
        for _ in range(2):
            await transport.send(HttpRequest("GET", f"{server.url}/a", {}))
        assert len(server.peers) == 1
        await server.peers[0].write(OLD)
        await come(lambda: transport.strays)

        assert (await transport.send(HttpRequest("POST", f"{server.url}/b", {}))).body == b"{}"
    assert (transport.strays, len(server.peers)) == (1, 2)


@pytest.mark.filterwarnings("ignore:Sending a large body")
@pytest.mark.parametrize("early", [OLD, b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 2"])
async def test_an_answer_that_begins_during_the_upload_is_lost(early: bytes) -> None:
    """What comes while the body is still being written answers something else."""

    async def impatient(peer: Peer, _: int) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.write(early)
        await asyncio.sleep(3600)

    async with raw_server(impatient) as server, opened() as transport:
        with pytest.raises(AnswerLost, match="without a request"):
            await transport.send(HttpRequest("POST", f"{server.url}/a", {}, b"x" * 20_000_000))

    assert transport.strays == 1


@pytest.mark.parametrize("sizes", [(1,), (7, 30), (40,)])
async def test_an_answer_in_pieces_is_an_answer(sizes: tuple[int, ...]) -> None:
    """However an answer is cut up on its way, it is one; the connection is used again."""
    whole = answer(b'{"a": "' + b"b" * 60 + b'"}')

    async def in_pieces(peer: Peer, _: int) -> None:
        while True:
            await peer.request()
            at = 0
            while at < len(whole):
                size = sizes[at % len(sizes)]
                await peer.write(whole[at : at + size])
                await asyncio.sleep(0)
                at += size

    async with raw_server(in_pieces) as server, opened() as transport:
        for _ in range(3):
            response = await transport.send(HttpRequest("POST", f"{server.url}/a", {}, b"{}"))
            assert response.body.endswith(b'"}')

    assert (transport.strays, len(server.peers)) == (0, 1)


@pytest.mark.parametrize("interim", ["100 Continue", "102 Processing", "103 Early Hints"])
async def test_interim_answers_are_read_over(interim: str) -> None:
    """A few answers that say "soon" belong to the one that follows; a stream of them ends at its limit."""
    soon = f"HTTP/1.1 {interim}\r\nLink: <x>\r\n\r\n".encode()

    async def slowly(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.write(soon * (3 if number == 1 else 50) + ANSWER)
        await answers(peer, number)

    async with raw_server(slowly) as server, opened() as transport:
        assert (await transport.send(HttpRequest("POST", f"{server.url}/a", {}))).status == 200
        assert (await transport.send(HttpRequest("POST", f"{server.url}/a", {}))).status == 200
        await server.peers[0].write(b"x")
        await come(lambda: transport.strays)
        with pytest.raises(AnswerLost, match="interim_limit is 8"):
            await transport.send(HttpRequest("POST", f"{server.url}/a", {}))


async def test_a_body_that_ends_with_its_connection_is_an_answer() -> None:
    """Without a length, the end of the connection is the end of the body."""

    async def old_fashioned(peer: Peer, _: int) -> None:
        await peer.request()
        await peer.write(b'HTTP/1.0 200 OK\r\n\r\n{"a":')
        await asyncio.sleep(0)
        await peer.write(b"1}")

    async with raw_server(old_fashioned) as server, opened() as transport:
        for _ in range(2):
            assert (await transport.send(HttpRequest("GET", f"{server.url}/a", {}))).body == b'{"a":1}'
    assert transport.strays == 0


async def test_a_connection_that_was_told_to_close_is_not_used_again() -> None:
    """An answer that says ``Connection: close`` is the last one, also where the server forgets to close."""

    async def forgetful(peer: Peer, _: int) -> None:
        while True:
            await peer.request()
            await peer.write(answer(b"{}", "Connection: close"))

    async with raw_server(forgetful) as server, opened() as transport:
        for _ in range(2):
            await transport.send(HttpRequest("GET", f"{server.url}/a", {}))
        assert len(server.peers) == 2
