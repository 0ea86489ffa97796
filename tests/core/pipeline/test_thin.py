from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import tenacity

import venuekit
from venuekit.errors import AnswerLost
from venuekit.message import HttpRequest
from venuekit.pipeline.transport import AiohttpTransport
from venuekit.simulator import DropBefore
from venuekit_toy_perp.endpoints import TOY


async def test_a_success_builds_no_tenacity_object_and_calls_no_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retrying and hooks cost nothing as long as nothing goes wrong."""
    made: list[object] = []
    called: list[str] = []
    original = tenacity.AsyncRetrying.__init__

    def counting(self: Any, *args: Any, **options: Any) -> None:
        made.append(self)
        original(self, *args, **options)

    monkeypatch.setattr(tenacity.AsyncRetrying, "__init__", counting)
    async with (
        venuekit.simulate("toy_perp") as sim,
        venuekit.Runtime(journal=False) as runtime,
        venuekit.connect("toy_perp", sim.credentials("toy_perp"), runtime=runtime) as account,
    ):
        runtime.plugins._manager.add_hookcall_monitoring(lambda name, *_: called.append(name), lambda *_: None)
        await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
        await account.call(TOY.POSITIONS)

        assert ([], []) == (made, called)

        sim.disturb("toy_perp", TOY.POSITIONS, DropBefore())
        await account.call(TOY.POSITIONS)

        assert 1 == len(made)


@asynccontextmanager
async def closing_server() -> AsyncIterator[tuple[str, list[str]]]:
    """A server that answers the first request of a connection, reads the second one and then closes."""
    arrived: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in (1, 2):
            head = await reader.readuntil(b"\r\n\r\n")
            arrived.append(head.split()[0].decode())
            if number == 1:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n{}")
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", arrived


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "POST"])
async def test_a_warm_connection_that_breaks_sees_one_arrival(verb: str) -> None:
    """The transport never sends by itself a second time, whatever the verb."""
    async with closing_server() as (url, arrived):
        transport = AiohttpTransport()
        try:
            await transport.send(HttpRequest("POST", url, {}))
            with pytest.raises(AnswerLost):
                await transport.send(HttpRequest(verb, url, {}))
        finally:
            await transport.aclose()

    assert ["POST", verb] == arrived
