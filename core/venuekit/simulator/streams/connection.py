"""Connections: one WebSocket connection of a client, with the messages that wait to be sent."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import attrs
from aiohttp import WSMsgType, web

from venuekit.clock import Clock
from venuekit.simulator.access import SimKey
from venuekit.simulator.ledger import Ledger
from venuekit.simulator.message import SimRequest, encode_json
from venuekit.simulator.streams.peer import StreamPeer
from venuekit.simulator.streams.requests import SocketRequest


@attrs.frozen
class StreamFrame:
    """A frame that waits: text, a ping, or the close frame with its code; it leaves ``delay`` seconds late."""

    kind: WSMsgType
    payload: bytes = b""
    code: int = 1000
    delay: float = 0.0


class StreamFault(Protocol):
    """A fault of the next messages of one connection."""

    @property
    def is_over(self) -> bool:
        """Whether it has no effect any more."""

    def pass_on(self, frame: StreamFrame) -> Sequence[StreamFrame]:
        """Return the frames that are sent for a message of the venue's own."""


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
    _carry_out: Callable[[StreamConnection, SocketRequest], None] = attrs.field(repr=False)
    _ledger_of: Callable[[str], Ledger] = attrs.field(repr=False)
    opened_at: int = attrs.field(init=False)
    pushed: int = attrs.field(default=0, init=False)
    #: called before each of the venue's own messages
    before_push: Callable[[], None] | None = attrs.field(default=None, init=False, repr=False)
    #: called after each frame of the client's, by which its peer may have another time to be woken
    after_frame: Callable[[], None] | None = attrs.field(default=None, init=False, repr=False)
    _request: web.BaseRequest | None = attrs.field(default=None, init=False, repr=False)
    _is_open: bool = attrs.field(default=True, init=False)
    _is_held: bool = attrs.field(default=False, init=False)
    _faults: list[StreamFault] = attrs.field(factory=list, init=False, repr=False)
    _waiting: deque[StreamFrame] = attrs.field(factory=deque, init=False, repr=False)
    _has_work: asyncio.Event = attrs.field(factory=asyncio.Event, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.opened_at = self._now()

    def now(self) -> int:
        """Return the venue's clock in milliseconds since 1970."""
        return self._now()

    def ledger_of(self, account: str) -> Ledger:
        """Return the ledger of an account of the venue, by its name or number."""
        return self._ledger_of(account)

    def carry_out(self, sent: SocketRequest) -> None:
        """Carry out a request of the client's in the background, with its log and its disturbances."""
        self._carry_out(self, sent)

    def answer(self, payload: object) -> None:
        """Send a message that the client asked for, as JSON."""
        self._put(StreamFrame(WSMsgType.TEXT, encode_json(payload)))

    def answer_bytes(self, body: bytes) -> None:
        """Send a message that the client asked for as it is, JSON or not."""
        self._put(StreamFrame(WSMsgType.TEXT, body))

    def push(self, payload: object) -> None:
        """Send a message of the venue's own, as JSON."""
        if self.before_push is not None:
            self.before_push()
        self.pushed += 1
        frames: Sequence[StreamFrame] = (StreamFrame(WSMsgType.TEXT, encode_json(payload)),)
        for fault in tuple(self._faults):
            frames = [sent for frame in frames for sent in fault.pass_on(frame)]
            if fault.is_over:
                self._faults.remove(fault)
        for frame in frames:
            self._put(frame)

    def ping(self, payload: bytes = b"") -> None:
        """Send a ping frame."""
        self._put(StreamFrame(WSMsgType.PING, payload))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection, after the messages that wait; later ones are not sent."""
        self._put(StreamFrame(WSMsgType.CLOSE, reason.encode(), code))
        self._is_open = False

    # -- disturbances

    def add_fault(self, fault: StreamFault) -> None:
        """Let a fault change the venue's own messages from now on, behind the faults that do so already."""
        self._faults.append(fault)

    def break_off(self) -> None:
        """Break the connection, as when a line is cut."""
        self._is_open = False
        if self._request is not None and self._request.transport is not None:
            self._request.transport.abort()

    def hold(self) -> None:
        """Leave the connection open and stop: nothing is read or sent any more."""
        self._is_held = True
        if self._request is not None:
            self._request.protocol.pause_reading()

    def _put(self, frame: StreamFrame) -> None:
        if self._is_open and not self._is_held:
            self._waiting.append(frame)
            self._has_work.set()

    async def serve(self, request: web.BaseRequest, peer: StreamPeer) -> web.StreamResponse:
        """Shake hands and serve the client until either side closes; the messages go to ``peer``."""
        socket = web.WebSocketResponse(autoping=False, compress=False)
        await socket.prepare(request)
        self._request = request
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
                if self.after_frame is not None:
                    self.after_frame()
        except ConnectionError:
            return socket  # the client is gone
        finally:
            self._is_open = False
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket

    async def _write(self, socket: web.WebSocketResponse) -> None:
        while True:
            await self._has_work.wait()
            self._has_work.clear()
            while self._waiting:
                await self._send(socket, self._waiting.popleft())

    async def _send(self, socket: web.WebSocketResponse, frame: StreamFrame) -> None:
        if frame.delay:
            await self._clock.sleep(frame.delay)
        if self._is_held:
            return
        if frame.kind is WSMsgType.PING:
            await socket.ping(frame.payload)
        elif frame.kind is WSMsgType.CLOSE:
            await socket.close(code=frame.code, message=frame.payload)
        else:
            await socket.send_str(frame.payload.decode())
