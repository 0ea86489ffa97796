"""Sockets: the opening of WebSocket connections, and those that aiohttp opens."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from venuekit._util.texts import without_frames
from venuekit.credentials.redactor import redact, redact_error
from venuekit.credentials.secret import Secret
from venuekit.errors import CertificateRejected, NeverSent, VenuekitError
from venuekit.message import HttpResponse
from venuekit.pipeline.interlock import is_local
from venuekit.pipeline.open_socket import RequestSocket, StreamSocket

if TYPE_CHECKING:
    import aiohttp

    from venuekit.pipeline.proxy import Proxy

#: seconds of the loop's own clock for opening a connection
OPENING = 15.0
#: the most bytes that are read of the body of a refused handshake, and the seconds of the loop's own clock for them
_REFUSAL = 16_384
_REFUSING = 2.0


class HandshakeRefused(Exception):
    """The venue answered a handshake as a request of HTTP, by ``response``; never leaves the session."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response)
        self.response = response


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
                return await self._connect(url, headers, message_limit)
        except TimeoutError:
            failure = NeverSent(f"no connection within {OPENING:g} s")
        except BaseException as error:  # noqa: BLE001 - nothing may pass with the frames that it comes from
            failure = _failure_of(error)
        raise failure

    async def _connect(self, url: Secret, headers: Mapping[str, str], message_limit: int) -> RequestSocket:
        import aiohttp

        from venuekit.pipeline.aiohttp_socket import AiohttpSocket, SocketConnector

        if self._session is None:
            # no proxies, cookies or netrc of the environment
            self._session = aiohttp.ClientSession(
                connector=SocketConnector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                middlewares=(_raise_refusal,),
            )
        options: dict[str, Any] = {}
        if self._proxy is not None and not is_local(url.reveal()):
            options["proxy"] = self._proxy.url
            if self._proxy.authorization is not None:
                options["proxy_headers"] = {"Proxy-Authorization": self._proxy.authorization.reveal()}
        socket = await self._session.ws_connect(
            url.reveal(),
            headers=headers,
            max_msg_size=message_limit + 1,  # a message of just this size is refused
            autoping=False,  # a ping is a sign of life, which the watchdog must see
            decode_text=False,
            timeout=aiohttp.ClientWSTimeout(ws_close=0.0),  # it is not waited for the other side's farewell
            **options,
        )
        return AiohttpSocket(socket, message_limit)

    async def aclose(self) -> None:
        """Close the pool."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


async def _raise_refusal(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """
    Return the answer to a handshake that opens a connection; a middleware, since aiohttp reads no body of another one.

    Raises:
        HandshakeRefused: any other answer, a redirection among them: it would lead to a host that nobody has named.
    """
    import aiohttp

    response = await handler(request)
    if response.status == 101:
        return response
    body = bytearray()
    try:
        with suppress(TimeoutError, aiohttp.ClientError):  # a body that does not end is shown as far as it came
            async with asyncio.timeout(_REFUSING):
                while len(body) < _REFUSAL and (part := await response.content.read(_REFUSAL - len(body))):
                    body += part
    finally:
        response.close()
    raise HandshakeRefused(HttpResponse(response.status, response.headers, bytes(body)))


def _failure_of(error: BaseException) -> BaseException:
    """Return the error of a connection that could not be opened; it keeps no reference to the one it comes from."""
    import aiohttp

    if isinstance(error, asyncio.CancelledError):
        return asyncio.CancelledError(*error.args)
    if isinstance(error, VenuekitError | HandshakeRefused) or not isinstance(error, Exception):
        return without_frames(error)
    if isinstance(error, aiohttp.WSServerHandshakeError):  # its text has the URL
        return NeverSent(f"the answer to the handshake opens no connection: {redact(error.message)}")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return CertificateRejected(redact_error(error))
    return NeverSent(redact_error(error))


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
