"""Patience: an exchange that takes too long is given up, and nothing else is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from venuekit.errors import AnswerLost
from venuekit.message import HttpRequest
from venuekit.pipeline.connection import Origins
from venuekit.pipeline.transport import AiohttpTransport


class Silent(asyncio.Protocol):
    """Reads and never answers ``/silent``; answers everything else at once."""

    def __init__(self, connections: list[asyncio.Transport]) -> None:
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.append(transport)

    def data_received(self, data: bytes) -> None:
        if b"/silent" not in data:
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


@pytest.fixture
async def silent_server() -> AsyncIterator[str]:
    """The address of a server that can be silent."""
    connections: list[asyncio.Transport] = []
    server = await asyncio.get_running_loop().create_server(lambda: Silent(connections), "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    for connection in connections:
        connection.abort()
    await server.wait_closed()
    await asyncio.sleep(0)  # aborted sockets are closed by the next turn of the loop


async def test_a_silent_server_loses_the_answer(silent_server: str) -> None:
    """An exchange without an answer ends as a lost answer; one that was quick beside it is not touched."""
    transport = AiohttpTransport(timeout=0.3)
    slow = asyncio.create_task(transport.send(HttpRequest("POST", f"{silent_server}/silent", {})))
    assert (await transport.send(HttpRequest("GET", f"{silent_server}/quick", {}))).status == 200
    with pytest.raises(AnswerLost, match=r"no answer within 0\.3 s"):
        await asyncio.wait_for(slow, 5)
    assert slow.cancelling() == 0
    assert (await transport.send(HttpRequest("GET", f"{silent_server}/quick", {}))).status == 200
    await transport.aclose()


async def test_a_cancellation_stays_one(silent_server: str) -> None:
    """Who cancels a request while it waits sees it cancelled, not lost."""
    transport = AiohttpTransport(timeout=30)
    waiting = asyncio.create_task(transport.send(HttpRequest("POST", f"{silent_server}/silent", {})))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await transport.aclose()


async def test_cancelled_and_too_late_at_once_is_cancelled(silent_server: str) -> None:
    """When both happen before the task runs again, the caller's cancellation wins."""
    transport = AiohttpTransport(timeout=0.0)
    waiting = asyncio.create_task(transport.send(HttpRequest("POST", f"{silent_server}/silent", {})))
    await asyncio.sleep(0.05)
    transport._patience._look(asyncio.get_running_loop())
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await transport.aclose()


async def test_an_end_of_the_process_passes_through_an_exchange(silent_server: str) -> None:
    """Ctrl-C is no lost answer; no frame of aiohttp comes along, and the next request is answered."""
    transport = AiohttpTransport(timeout=30)
    await transport.send(HttpRequest("GET", f"{silent_server}/quick", {}))
    exchange = transport.send(HttpRequest("POST", f"{silent_server}/silent", {}))
    exchange.send(None)  # until it waits for its answer
    with pytest.raises(KeyboardInterrupt) as caught:
        exchange.throw(KeyboardInterrupt())
    assert not [entry.path for entry in caught.traceback if "aiohttp" in str(entry.path)]
    assert (await transport.send(HttpRequest("GET", f"{silent_server}/quick", {}))).status == 200
    await transport.aclose()


async def test_a_request_outside_a_task_is_refused() -> None:
    """There is nothing that could be cancelled when it takes too long."""
    refused: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def drive() -> None:
        try:
            AiohttpTransport().send(HttpRequest("GET", "http://venue.invalid/", {})).send(None)
        except RuntimeError as error:
            refused.set_result(str(error))

    asyncio.get_running_loop().call_soon(drive)
    assert await asyncio.wait_for(refused, 5) == "a request is sent from within a task"


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8080/acme/v1/leverage?symbol=BTCUSD&leverage=20&timestamp=1&signature=ab",
        "http://127.0.0.1:8080/acme/v1/batch?orders=%5B%7B%22a%22%3A%221%22%7D%5D&x=a%2Bb%20c",
        "https://acme.example/v5/time",
        "https://acme.example/v5/position/list?category=inverse&cursor=page%3D1%26x%3D%252C",
    ],
)
async def test_a_url_is_sent_as_it_was_signed(text: str) -> None:
    """Taking a URL apart by endpoint changes no byte of it."""
    origin, data = Origins(None).encode(HttpRequest("GET", text, {}))
    line, host = data.decode().split("\r\n")[:2]
    scheme = "https" if origin.key.is_ssl else "http"
    assert (line, host) == (f"GET {text.removeprefix(scheme + '://' + host[6:])} HTTP/1.1", f"Host: {host[6:]}")
