"""Connections: one WebSocket connection of a client, with the messages that wait to be sent."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping

import attrs
from aiohttp import WSMsgType, web

from venuekit.clock import Clock
from venuekit.simulator.access import SimKey
from venuekit.simulator.message import SimRequest, encode_json
from venuekit.simulator.streams.peer import StreamPeer


@attrs.frozen
class _Frame:
    """A frame that waits: text, a ping, or the close frame with its code."""

    kind: WSMsgType
    payload: bytes = b""
    code: int = 1000


@attrs.define(eq=False)
class StreamConnection:
    """
    One WebSocket connection of a client to a simulated venue.

    ``request`` is the one that opened it, ``keys`` are the venue's, ``opened_at`` is in milliseconds on the venue's
    clock. ``pushed`` counts the venue's own messages.
    """

    venue_id: str
    request: SimRequest = attrs.field(repr=False)
    keys: Mapping[str, SimKey] = attrs.field(repr=False)
    _now: Callable[[], int] = attrs.field(repr=False)
    _clock: Clock = attrs.field(repr=False)
    opened_at: int = attrs.field(init=False)
    pushed: int = attrs.field(default=0, init=False)
    is_open: bool = attrs.field(default=True, init=False)
    _waiting: deque[_Frame] = attrs.field(factory=deque, init=False, repr=False)
    _has_work: asyncio.Event = attrs.field(factory=asyncio.Event, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.opened_at = self._now()

    def now(self) -> int:
        """Return the venue's clock in milliseconds since 1970."""
        return self._now()

    def answer(self, payload: object) -> None:
        """Send a message that the client asked for, as JSON."""
        self._put(_Frame(WSMsgType.TEXT, encode_json(payload)))

    def push(self, payload: object) -> None:
        """Send a message of the venue's own, as JSON."""
        self.pushed += 1
        self._put(_Frame(WSMsgType.TEXT, encode_json(payload)))

    def ping(self, payload: bytes = b"") -> None:
        """Send a ping frame."""
        self._put(_Frame(WSMsgType.PING, payload))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection, after the messages that wait."""
        self._put(_Frame(WSMsgType.CLOSE, reason.encode(), code))

    def _put(self, frame: _Frame) -> None:
        if self.is_open:
            self._waiting.append(frame)
            self._has_work.set()

    async def serve(self, request: web.BaseRequest, peer: StreamPeer) -> web.StreamResponse:
        """Shake hands and serve the client until either side closes; the messages go to ``peer``."""
        socket = web.WebSocketResponse(autoping=False, compress=False)
        await socket.prepare(request)
        writer = asyncio.create_task(self._write(socket))
        try:
            peer.begin()
            async for message in socket:
                if message.type is WSMsgType.PING:
                    await socket.pong(message.data)
                elif message.type is WSMsgType.PONG:
                    peer.pong(message.data)
                elif message.type is WSMsgType.TEXT:
                    peer.receive(message.data)
                elif message.type is WSMsgType.BINARY:
                    peer.receive(message.data.decode(errors="replace"))
        except ConnectionError:
            return socket  # the client is gone
        finally:
            self.is_open = False
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket

    async def _write(self, socket: web.WebSocketResponse) -> None:
        while True:
            await self._has_work.wait()
            self._has_work.clear()
            while self._waiting:
                await self._send(socket, self._waiting.popleft())

    async def _send(self, socket: web.WebSocketResponse, frame: _Frame) -> None:
        if frame.kind is WSMsgType.PING:
            await socket.ping(frame.payload)
        elif frame.kind is WSMsgType.CLOSE:
            await socket.close(code=frame.code, message=frame.payload)
        else:
            await socket.send_str(frame.payload.decode())
