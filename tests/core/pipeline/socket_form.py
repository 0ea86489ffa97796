"""A made-up form of a WebSocket API, and a server that a test plays by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import attrs
from aiohttp import web

from venuekit.credentials import Secret
from venuekit.message import HttpResponse
from venuekit.pipeline.patience import Patience
from venuekit.pipeline.socket_connection import SocketConnection
from venuekit.pipeline.sockets import AiohttpSockets
from venuekit.signing import Stamp
from venuekit.socket_declaration import SocketApi, SocketCall, SocketLogon, SocketMessage, SocketNotice


class Form:
    """Messages with a method and parameters; answers with a status and a result."""

    def fill(self, call: SocketCall, stamp: Stamp, /, *, is_logged_on: bool) -> SocketMessage:
        """Return a message."""
        key = {} if is_logged_on else {"key": stamp.key}
        return {"method": call.method, "params": {**call.values, **key, "timestamp": stamp.timestamp}}

    def payload(self, message: SocketMessage, /) -> bytes:
        """Return the bytes to sign."""
        return json.dumps(message).encode()

    def attach_signature(self, message: SocketMessage, signature: bytes, /) -> None:
        """Put the signature beside them."""
        message["signature"] = signature.hex()

    def read(self, fields: Mapping[str, bytes], /) -> HttpResponse:
        """Return an answer."""
        return HttpResponse(int(fields["status"]), {}, fields["result"])

    def notice(self, fields: Mapping[str, bytes], /) -> SocketNotice:
        """Say what a message is, by its operation."""
        kinds = {b'"auth"': SocketNotice.LOGON, b'"pong"': SocketNotice.ALIVE}
        return kinds.get(fields.get("op", b""), SocketNotice.END)


FORM = Form()
API = SocketApi(form=FORM, path="/ws", message_limit=16_384)


def text_of(api: SocketApi, **details: Any) -> SocketApi:
    """Return the API with a logon that has no id, and pings that are messages."""

    def message(stamp: Stamp) -> SocketMessage:
        return {"op": "auth", "key": stamp.key}

    logon = SocketLogon(message=message, payload=FORM.payload, attach_signature=FORM.attach_signature, has_id=False)
    return attrs.evolve(api, logon=logon, ping='{"op":"ping"}', **details)


@attrs.define(eq=False)
class Server:
    """The other side of one connection after another; ``status`` refuses handshakes."""

    status: int | None = None
    opened: int = 0
    refused: int = 0
    _messages: asyncio.Queue[dict[str, Any]] = attrs.field(factory=asyncio.Queue)
    _request: web.BaseRequest | None = None
    _socket: web.WebSocketResponse | None = None
    #: whether it reads, and so answers pings
    reads: bool = True

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve a connection."""
        if self.status is not None:
            self.refused += 1
            return web.Response(status=self.status, text="not <b>now</b>", headers={"Retry-After": "7"})
        socket = web.WebSocketResponse(autoping=self.reads)
        await socket.prepare(request)
        self.opened += 1
        self._request, self._socket = request, socket
        async for message in socket:
            if isinstance(message.data, str):
                self._messages.put_nowait(json.loads(message.data))
        return socket

    async def receive(self) -> dict[str, Any]:
        """Return the next message of the client."""
        async with asyncio.timeout(5):
            return await self._messages.get()

    async def send_text(self, text: str) -> None:
        """Send a frame."""
        assert self._socket is not None
        await self._socket.send_str(text)

    async def answer(self, message: Mapping[str, Any], result: object, status: int = 200) -> None:
        """Answer a message."""
        await self.send_text(json.dumps({"id": message["id"], "status": status, "result": result}))

    def break_off(self) -> None:
        """Cut the connection."""
        assert self._request is not None
        assert self._request.transport is not None
        self._request.transport.abort()

    @staticmethod
    async def settle(connection: SocketConnection, signs: int) -> None:
        """Wait until so many frames have come."""
        async with asyncio.timeout(5):
            while connection.signs < signs:  # noqa: ASYNC110 - the connection has no event for its frames
                await asyncio.sleep(0.001)


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[Secret]:
    """Serve, and give the URL."""
    runner = web.ServerRunner(web.Server(server.handle), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield Secret(f"ws://{host}:{port}/ws")
    finally:
        await runner.cleanup()


@asynccontextmanager
async def connected(
    server: Server, *, api: SocketApi = API, patience: Patience | None = None
) -> AsyncIterator[SocketConnection]:
    """Open one connection to a server, and check that nothing of it remains."""
    sockets, patience = AiohttpSockets(), patience or Patience(5)
    async with serving(server) as url:
        socket = await sockets.open(url, {}, api.message_limit)
        ended: list[SocketConnection] = []
        connection = SocketConnection(api, socket, patience, 0.0, ended.append)
        connection.start()
        try:
            yield connection
        finally:
            await connection.close()
            await connection.close()
            patience.close()
            await sockets.aclose()
    assert ended == [connection]
