"""Sockets: one WebSocket connection as a session sees it, and those that aiohttp opens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from venuekit._util.texts import without_frames
from venuekit.credentials.redactor import redact, redact_error
from venuekit.credentials.secret import Secret
from venuekit.errors import CertificateRejected, NeverSent, VenuekitError
from venuekit.pipeline.interlock import is_local

if TYPE_CHECKING:
    import aiohttp

    from venuekit.pipeline.proxy import Proxy

#: seconds of the loop's own clock for opening a connection, and for the last frame of one that is closed
OPENING, _CLOSING = 15.0, 1.0
#: the close code of a message above the limit
_TOO_BIG = 1009


class End(NamedTuple):
    """The end of a connection; ``is_oversized`` says that a message above the limit ended it."""

    words: str
    is_oversized: bool = False


class HandshakeRefused(Exception):
    """The venue answered a handshake with a status of HTTP; never leaves the session."""

    def __init__(self, status: int, words: str, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(status, words)
        self.status, self.words, self.headers = status, words, headers


class StreamSocket(Protocol):
    """One open connection."""

    async def send(self, text: str) -> None:
        """Send a message."""

    async def ping(self) -> None:
        """Ask for a sign of life by the protocol's own means."""

    async def receive(self, on_message: Callable[[bytes], object], on_sign: Callable[[], object]) -> End:
        """Call ``on_message`` with each message and ``on_sign`` at each other frame, until the connection ends."""

    async def close(self) -> None:
        """Close it without waiting for the other side."""


class RequestSocket(StreamSocket, Protocol):
    """One open connection that carries requests."""

    @property
    def is_closing(self) -> bool:
        """Whether nothing can be written any more."""

    async def write(self, data: bytes) -> None:
        """Send a message of UTF-8; all of it is on its way before this waits for anything."""


class Sockets(Protocol):
    """Opens connections."""

    async def open(self, url: Secret, headers: Mapping[str, str], message_limit: int) -> StreamSocket:
        """
        Open a connection; no frame of a failure holds the URL.

        Raises:
            HandshakeRefused: the venue answers, and opens none.
            NeverSent, CertificateRejected: it cannot be reached.
        """

    async def aclose(self) -> None:
        """Release the pool that all connections share; they have been closed before."""


class AiohttpSockets:
    """Opens connections with aiohttp, through the proxy of the runtime unless they stay on this machine."""

    __slots__ = ("_proxy", "_session")

    def __init__(self, proxy: Proxy | None = None) -> None:
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None

    async def open(self, url: Secret, headers: Mapping[str, str], message_limit: int) -> RequestSocket:
        """Open a connection; see :class:`Sockets`."""
        failure: BaseException
        try:
            async with asyncio.timeout(OPENING):
                return _AiohttpSocket(await self._connect(url, headers, message_limit))
        except TimeoutError:
            failure = NeverSent(f"no connection within {OPENING:g} s")
        except BaseException as error:  # noqa: BLE001 - nothing may pass with the frames that it comes from
            failure = _failure_of(error)
        raise failure

    async def _connect(
        self, url: Secret, headers: Mapping[str, str], message_limit: int
    ) -> aiohttp.ClientWebSocketResponse[bool]:
        import aiohttp

        if self._session is None:
            # no proxies, cookies or netrc of the environment, and a connection for each of many accounts
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            )
        options: dict[str, Any] = {}
        if self._proxy is not None and not is_local(url.reveal()):
            options["proxy"] = self._proxy.url
            if self._proxy.authorization is not None:
                options["proxy_headers"] = {"Proxy-Authorization": self._proxy.authorization.reveal()}
        socket: aiohttp.ClientWebSocketResponse[bool] = await self._session.ws_connect(
            url.reveal(),
            headers=headers,
            max_msg_size=message_limit,
            autoping=False,  # a ping is a sign of life, which the watchdog must see
            decode_text=False,
            timeout=aiohttp.ClientWSTimeout(ws_close=0.0),  # it is not waited for the other side's farewell
            **options,
        )
        return socket

    async def aclose(self) -> None:
        """Close the pool."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _failure_of(error: BaseException) -> BaseException:
    """Return the error of a connection that could not be opened; it keeps no reference to the one it comes from."""
    import aiohttp

    if isinstance(error, asyncio.CancelledError):
        return asyncio.CancelledError(*error.args)
    if isinstance(error, VenuekitError) or not isinstance(error, Exception):
        return without_frames(error)
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return HandshakeRefused(error.status, redact(error.message), error.headers or {})
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return CertificateRejected(redact_error(error))
    return NeverSent(redact_error(error))


class _AiohttpSocket:
    """A connection of aiohttp."""

    __slots__ = ("_socket", "_text")

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        from aiohttp import WSMsgType

        self._socket, self._text = socket, WSMsgType.TEXT

    async def send(self, text: str) -> None:
        await self._socket.send_str(text)

    @property
    def is_closing(self) -> bool:
        writer = self._socket._writer  # noqa: SLF001 - nothing public says it before the reader has met the end
        return self._socket.closed or writer.transport.is_closing()

    async def write(self, data: bytes) -> None:
        await self._socket.send_frame(data, self._text)

    async def ping(self) -> None:
        await self._socket.ping()

    async def receive(self, on_message: Callable[[bytes], object], on_sign: Callable[[], object]) -> End:
        from aiohttp import WSMsgType

        text, binary, ping, pong = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING, WSMsgType.PONG
        receive = self._socket.receive
        while True:
            kind, data, *_ = await receive()
            if kind is text or kind is binary:
                on_message(data)
            elif kind is ping:
                on_sign()
                await self._socket.pong(data)
            elif kind is pong:
                on_sign()
            else:
                return self._end(data)

    def _end(self, data: object) -> End:
        code = self._socket.close_code
        if code == _TOO_BIG:
            return End("a message is larger than the limit", is_oversized=True)
        if isinstance(data, Exception):
            return End(redact_error(data))
        return End("the connection broke off" if code in {None, 1006} else f"the venue closed it with code {code}")

    async def close(self) -> None:
        try:
            async with asyncio.timeout(_CLOSING):
                await self._socket.close()
        except (TimeoutError, OSError):
            return  # the transport is closed all the same

    def __repr__(self) -> str:
        return "<a WebSocket connection>"


async def wait_for_closing(closing: asyncio.Future[Any]) -> None:
    """
    Wait until a task that closes connections is done, however often the caller is cancelled meanwhile.

    The task must not wait for the network: nothing else ends this. Its result and error stay in it.

    Raises:
        asyncio.CancelledError: the caller was cancelled; it is raised when the task is done.
    """
    is_cancelled = False
    while not closing.done():
        try:
            await asyncio.wait({closing})
        except asyncio.CancelledError:
            is_cancelled = True
    if is_cancelled:
        raise asyncio.CancelledError
