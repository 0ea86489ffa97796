"""A WebSocket connection of aiohttp whose messages are handed on as they come, without a task that waits for each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiohttp import ClientWebSocketResponse, TCPConnector, WSMsgType
from aiohttp.client_proto import ResponseHandler

from venuekit.credentials.redactor import redact_error
from venuekit.pipeline.open_socket import End

#: seconds of the loop's own clock for the last frame of a connection that is closed
_CLOSING = 1.0
#: the close code of a message above the limit
_TOO_BIG = 1009
_TEXT, _BINARY, _PING, _PONG = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING, WSMsgType.PONG


class SocketProtocol(ResponseHandler):
    """A protocol that calls ``on_change`` whenever its connection may have brought something, or has ended."""

    on_change: Callable[[], object] | None = None

    def data_received(self, data: bytes) -> None:
        """Take bytes."""
        super().data_received(data)
        if self.on_change is not None:
            self.on_change()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Take the end of the connection."""
        super().connection_lost(exc)
        if self.on_change is not None:
            self.on_change()


class SocketConnector(TCPConnector):
    """Opens connections with such a protocol, as many as there are accounts."""

    def __init__(self) -> None:
        super().__init__(limit=0)
        self._factory: Any = partial(SocketProtocol, loop=self._loop)


class AiohttpSocket:
    """A connection of aiohttp; see :class:`~venuekit.pipeline.open_socket.RequestSocket`."""

    __slots__ = ("_limit", "_protocol", "_queue", "_socket", "_writer")

    def __init__(self, socket: ClientWebSocketResponse[bool], message_limit: int) -> None:
        # nothing public hands messages on without one more turn of the loop for each, and writes from one place
        self._socket, self._queue, self._writer = socket, socket._reader, socket._writer  # noqa: SLF001
        connection = socket._conn  # noqa: SLF001
        if connection is None or not isinstance(connection.protocol, SocketProtocol):
            raise TypeError("a socket is opened by a session with a SocketConnector")
        self._protocol, self._limit = connection.protocol, message_limit

    async def send(self, text: str) -> None:
        """Send a message."""
        await self._socket.send_str(text)

    @property
    def is_closing(self) -> bool:
        """Whether nothing can be written any more."""
        # nothing else says it before the reader has met the end
        return self._socket.closed or self._writer.transport.is_closing()

    def write(self, data: bytes) -> Awaitable[None]:
        """Send a message of UTF-8."""
        return self._writer.send_frame(data, _TEXT)

    async def ping(self) -> None:
        """Ask for a sign of life."""
        await self._socket.ping()

    async def receive(self, on_message: Callable[[bytes], object], on_sign: Callable[[], object]) -> End:
        """Call ``on_message`` with each message and ``on_sign`` at each other frame, until the connection ends."""
        while True:
            await self._take_messages(on_message)
            kind, data, *_ = await self._socket.receive()
            if kind is _PING:
                on_sign()
                await self._socket.pong(data)
            elif kind is _PONG:
                on_sign()
            else:
                return self._end(data)

    async def _take_messages(self, on_message: Callable[[bytes], object]) -> None:
        """Hand on messages, from where they arrive, until there is a frame of another kind or the end."""
        queue, buffer = self._queue, self._queue._buffer  # noqa: SLF001 - see above
        met: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def take() -> None:
            if met.done():
                return
            try:
                while buffer and ((kind := buffer[0][0][0]) is _TEXT or kind is _BINARY):
                    on_message(_read_now(queue))
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for the end
                met.set_exception(error)
                return
            if buffer or queue.is_eof():
                met.set_result(None)

        self._protocol.on_change = take
        try:
            take()
            await met
        finally:
            self._protocol.on_change = None

    def _end(self, data: object) -> End:
        code = self._socket.close_code
        if isinstance(data, Exception):
            if code == _TOO_BIG:  # a venue may close with this code too, which speaks of a message of ours
                return End(f"a message is larger than the limit of {self._limit} bytes", is_oversized=True)
            return End(redact_error(data))
        return End("the connection broke off" if code in {None, 1006} else f"the venue closed it with code {code}")

    async def close(self) -> None:
        """Close it without waiting for the other side."""
        try:
            async with asyncio.timeout(_CLOSING):
                await self._socket.close()
        except (TimeoutError, OSError):
            return  # the transport is closed all the same

    def __repr__(self) -> str:
        return "<a WebSocket connection>"


def _read_now(queue: Any) -> bytes:
    """Return the first message of a queue that is not empty: reading it waits for nothing."""
    reading = queue.read()
    try:
        while True:
            reading.send(None)
    except StopIteration as read:
        return read.value[1]  # type: ignore[no-any-return]
