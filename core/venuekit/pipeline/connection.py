"""
Connections that know which bytes were asked for, over aiohttp's own; and the bytes of a request on one.

An answer is believed only on a connection that was silent until the whole request had left, and that brought nothing
but this one answer. Any other byte is a stray: it belongs to another question or to none, and an answer that is one
question late looks like any other. The connection is closed, and the answer under way counts as lost.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
from functools import partial
from typing import Any

from aiohttp import ClientConnectionError, ClientError, ClientRequest, ClientTimeout, InvalidURL, TCPConnector
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.helpers import _EXC_SENTINEL as _NO_CAUSE
from aiohttp.http import RawResponseMessage
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong
from aiohttp.streams import StreamReader
from yarl import URL

from venuekit.message import HttpRequest
from venuekit.pipeline.proxy import Proxy

#: bytes of one header, or of the line with the status
HEADER_LIMIT = 8190
#: headers of one answer, those behind a body in chunks included
HEADERS_LIMIT = 128
#: how many interim answers (status below 200) may come before the answer itself
INTERIM_LIMIT = 8
#: a connection is waited for as long as the exchange may take, which the transport measures
_UNTIMED = ClientTimeout(total=None)
#: how much TLS itself may leave unread on a connection that the other side closes: one encrypted alert
_TLS_ALERT = 31
#: verbs whose requests say nothing of a body when they have none
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
#: how many addresses are remembered; a venue has fewer endpoints
_REMEMBERED = 1024


class StrayBytes(ClientError):
    """The connection brought bytes without a request."""


class OverLimit(ClientError):
    """An answer weighs more than it may; the text has the limit's name and value."""

    def __init__(self, name: str, value: int, unit: str) -> None:
        super().__init__(f"the answer is over its limit: {name} is {value} {unit}")


class WatchedConnection(ResponseHandler):
    """One connection: whether a byte of the present request was written, and whether a byte came unasked."""

    def __init__(self, loop: asyncio.AbstractEventLoop, connector: Connector) -> None:
        super().__init__(loop)
        self._connector = connector
        self._era = connector.era
        #: whether a byte of the present request may have been written
        self.begun = False
        #: why the present answer is not to be believed, None when it is
        self.fault: ClientError | None = None
        #: whether the request was written as a whole and its answer is not here as a whole
        self._due = False
        #: whether the head of the answer is here
        self._answered = False
        self._interim = 0
        #: whether it has never been taken
        self.is_new = True
        self._poll: Any = None

    def take(self) -> bool:
        """Begin an exchange; return whether the connection is fit for one."""
        transport = self.transport
        if transport is None or transport.is_closing():
            return False
        if self.is_new:  # unread bytes may be a part of TLS
            self.is_new = False
            self._poll = _poll_of(transport)
            return self.fault is None
        self.begun = False
        if self._poll.poll(0):
            if _is_answer(transport):
                self._connector.strays += 1
            return False
        return self._era == self._connector.era

    def ask(self, request: bytes) -> None:
        """Write a whole request; bytes that arrive once all of it has left are its answer."""
        transport = self.transport
        if transport is None or transport.is_closing():
            raise ClientConnectionError("the connection was closed before anything was sent")
        self.set_response_params(
            read_until_eof=True,
            max_line_size=HEADER_LIMIT,
            max_field_size=HEADER_LIMIT,
            max_headers=HEADERS_LIMIT,
        )
        self.start_timeout()
        transport.write(request)

    def start_timeout(self) -> None:
        """Expect an answer from now on; aiohttp calls it, too, for the request that opens a tunnel."""
        self._answered = False
        self._interim = 0
        self.begun = self._due = True

    def data_received(self, data: bytes) -> None:
        """Read the answer to the present request; anything else makes the connection unfit."""
        if not self._due or (self.transport is not None and self.transport.get_write_buffer_size()):
            if data:  # the reader calls without data for bytes it held back
                self._stray()
            return
        super().data_received(data)
        if self._answered and (payload := self._payload) is not None:
            if payload.is_eof():
                self._due = False
                self._look_behind()
            elif self._exception is not None:
                payload.set_exception(self._exception)  # who reads it waits for it alone

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """Take the head of an answer."""
        code = data[0].code
        if code < 200 and code != 101:
            self._interim += 1
            if self._interim > INTERIM_LIMIT:
                self._end(OverLimit("interim_limit", INTERIM_LIMIT, "answers with a status below 200"))
                return
        elif self._answered:
            self._stray()  # a second answer
            return
        else:
            self._answered = True
        super().feed_data(data, size)

    def set_exception(self, exc: BaseException, exc_cause: BaseException = _NO_CAUSE) -> None:
        """Note that reading or writing failed; a limit of the parser's becomes an OverLimit."""
        if isinstance(exc_cause, LineTooLong):
            exc = self.fault = OverLimit("header_limit", HEADER_LIMIT, "bytes")
        elif isinstance(exc_cause, BadHttpMessage) and "Too many headers" in str(exc_cause):
            exc = self.fault = OverLimit("headers_limit", HEADERS_LIMIT, "headers")
        super().set_exception(exc, exc_cause)

    def _look_behind(self) -> None:
        """See whether the beginning of another answer came with the end of this one; each has a parser of its own."""
        parser, self._parser = self._parser, None
        if parser is None or self.fault is not None:
            return
        try:
            unfinished = parser.feed_eof()
        except Exception:  # noqa: BLE001 - bytes that are no answer were not requested either
            self._stray()
        else:
            if unfinished is not None:
                self._stray()

    def _stray(self) -> None:
        self._connector.strays += 1
        self._end(StrayBytes("the connection held an answer without a request"))

    def _end(self, fault: ClientError) -> None:
        self._due = False
        self.fault = fault
        self._buffer.clear()
        transport = self.transport
        self.set_exception(fault)
        if transport is not None:
            transport.abort()


def _poll_of(transport: asyncio.Transport) -> Any:
    """Return a poll that says at once whether a connection can be read."""
    if not hasattr(select, "poll"):
        return _NoPoll()
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return poll


class _NoPoll:
    """Where the system cannot be asked, its loop reads ahead, and strays are seen when they have been read."""

    def poll(self, timeout: float) -> tuple[()]:  # noqa: ARG002 - that of the system's
        return ()


def _is_answer(transport: asyncio.Transport) -> bool:
    """Say whether the unread bytes are more than the end of the connection."""
    try:
        with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as twin:
            return len(twin.recv(64, socket.MSG_PEEK)) > (_TLS_ALERT if transport.get_extra_info("sslcontext") else 0)
    except OSError:
        return False


class ServerOrigin:
    """
    Scheme, host and port that a connection leads to, and the proxy on the way.

    ``key`` is the name of its connections in aiohttp's pool. ``prefix`` precedes the path in a request line: a proxy
    that does not tunnel is given the whole address.
    """

    __slots__ = ("_defaults", "_headers", "_proxy", "_url", "key", "prefix")

    def __init__(self, url: URL, proxy: Proxy | None) -> None:
        if url.scheme not in {"http", "https"} or not url.raw_host:
            raise InvalidURL(url)
        self._url, self._proxy = url, proxy
        request = self.connection_request()
        self.key: ConnectionKey = request.connection_key
        self._defaults = dict(request.headers)
        self.prefix = ""
        if proxy is not None and url.scheme == "http":
            self.prefix = f"{url.scheme}://{url.raw_authority}"
            self._defaults |= _authorization(proxy)
        self._headers: dict[tuple[str, ...], str] = {}

    def connection_request(self) -> ClientRequest:
        """Return the request that aiohttp's connector opens a connection for, made anew: it writes into its headers."""
        if self._proxy is None:
            return ClientRequest("GET", self._url)
        return ClientRequest("GET", self._url, proxy=URL(self._proxy.url), proxy_headers=_authorization(self._proxy))

    def headers_beside(self, names: tuple[str, ...]) -> str:
        """Return the header lines every request carries, without those that a request brings itself."""
        lines = self._headers.get(names)
        if lines is None:
            own = {name.lower() for name in names}
            lines = "".join(f"{name}: {value}\r\n" for name, value in self._defaults.items() if name.lower() not in own)
            if len(self._headers) < _REMEMBERED:
                self._headers[names] = lines
        return lines


def _authorization(proxy: Proxy) -> dict[str, str]:
    return {"Proxy-Authorization": proxy.authorization.reveal()} if proxy.authorization else {}


class Origins:
    """Origins and paths by address, each taken apart once."""

    __slots__ = ("_addresses", "_origins", "_proxy")

    def __init__(self, proxy: Proxy | None) -> None:
        self._proxy = proxy
        self._origins: dict[tuple[str, str], ServerOrigin] = {}
        self._addresses: dict[str, tuple[ServerOrigin, str]] = {}

    def encode(self, request: HttpRequest) -> tuple[ServerOrigin, bytes]:
        """
        Return where a request goes, and its bytes.

        Raises:
            InvalidURL: the URL has no host, or another scheme than http and https.
            ValueError, TypeError: the URL or a header is no text that HTTP can carry.
        """
        address, mark, query = request.url.partition("?")
        origin, path = self._addresses.get(address) or self._remember(address)
        headers = request.headers
        head = [f"{_safe(request.verb)} {_safe(path + mark + query)} HTTP/1.1\r\n", origin.headers_beside((*headers,))]
        for name, value in headers.items():
            head.append(_safe(name) + ": " + _safe_value(value) + "\r\n")
        body = request.body
        if body is not None:
            head.append(f"Content-Length: {len(body)}\r\n\r\n")
            return origin, "".join(head).encode() + body
        head.append("\r\n" if request.verb in _WITHOUT_BODY else "Content-Length: 0\r\n\r\n")
        return origin, "".join(head).encode()

    def _remember(self, address: str) -> tuple[ServerOrigin, str]:
        url = URL(address, encoded=True)
        key = url.scheme, url.raw_authority
        origin = self._origins.get(key)
        if origin is None:
            origin = self._origins[key] = ServerOrigin(url.origin(), self._proxy)
        if len(self._addresses) >= _REMEMBERED:
            self._addresses.clear()
        self._addresses[address] = found = origin, origin.prefix + (url.raw_path or "/")
        return found


def _safe(text: str) -> str:
    """Return a text that is one word of a request's head; the error does not repeat it: it may hold a signature."""
    if not text.isprintable() or " " in text:
        raise ValueError("a space or a control character in the verb, the URL or the name of a header")
    return text


def _safe_value(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a control character in a header")
    return text


class Connector(TCPConnector):
    """
    A pool of watched connections.

    ``strays`` counts the connections that brought bytes without a request; a connection of an earlier ``era`` is not
    used again.
    """

    def __init__(self) -> None:
        super().__init__(limit=0, ttl_dns_cache=60)
        self.strays = self.era = 0
        self._factory: Any = partial(WatchedConnection, self._loop, self)

    async def take(self, origin: ServerOrigin) -> tuple[Connection, WatchedConnection]:
        """
        Return a connection that is fit for an exchange; those in the pool that are not are closed.

        The caller releases or closes the first; the second is its protocol.
        """
        while (pooled := await self._get(origin.key, [])) is not None:
            if (watched := _watched_protocol(pooled)) is not None and watched.take():
                return pooled, watched
            pooled.close()
        if self.closed:
            raise ClientConnectionError("the transport is closed")
        connection = await self.connect(origin.connection_request(), [], _UNTIMED)
        watched = _watched_protocol(connection)
        if watched is not None and watched.take():
            return connection, watched
        fault = None if watched is None else watched.fault
        connection.close()
        raise fault or ClientConnectionError("the connection was closed before anything was sent")


def _watched_protocol(connection: Connection) -> WatchedConnection | None:
    protocol = connection.protocol
    return protocol if isinstance(protocol, WatchedConnection) else None
