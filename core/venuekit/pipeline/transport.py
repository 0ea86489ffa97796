"""The transport over aiohttp: one pool of connections, shared by all accounts of a venue and environment."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import ClientConnectorCertificateError as _CertificateError
from aiohttp.connector import Connection as _Connection
from aiohttp.http_exceptions import HttpProcessingError as _HttpProcessingError
from aiohttp.streams import StreamReader as _StreamReader

from venuekit._util.texts import without_frames
from venuekit.credentials.redactor import redact, redact_error
from venuekit.errors import AnswerLost, CertificateRejected, NeverSent, OperationError
from venuekit.message import HttpRequest, HttpResponse
from venuekit.pipeline.connection import Connector, Origins, OverLimit, WatchedConnection
from venuekit.pipeline.patience import TIMEOUT, Patience
from venuekit.pipeline.proxy import VARIABLE, Proxy, find_ignored_proxy


class AiohttpTransport:
    """
    Sends each request exactly once, on a connection of aiohttp's pool.

    aiohttp's session is not used: it would send GET, PUT and DELETE again by itself when a kept-alive connection
    breaks, with the old signature and past the budget. The environment's proxies are not consulted.

    Nothing of aiohttp is part of a traceback that leaves: its frames and errors hold URL and headers, and so key and
    signature. That is why errors are raised anew, behind the handler that met them, a caller's cancellation included.
    """

    __slots__ = ("_connector", "_is_proxied", "_origins", "_patience")

    def __init__(self, *, timeout: float = TIMEOUT, proxy: Proxy | None = None) -> None:
        self._patience = Patience(timeout)
        self._connector = Connector()
        self._origins = Origins(proxy)
        self._is_proxied = proxy is not None

    @property
    def strays(self) -> int:
        """How often a connection brought bytes without a request."""
        return self._connector.strays

    def distrust(self) -> None:
        """Use no connection of now for another request."""
        self._connector.era += 1

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send once and read the whole answer."""
        task: asyncio.Task[Any] | None = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is sent from within a task")
        connection: _Connection | None = None
        watched: WatchedConnection | None = None
        self._patience.begin(task)
        try:
            origin, data = self._origins.encode(request)
            connection, watched = await self._connector.take(origin)
            watched.ask(data)
            response = await _read_answer(watched, request.answer_limit)
            connection.release()
            return response  # noqa: TRY300 - an else would be outside the finally's reach
        except BaseException as error:  # noqa: BLE001 - nothing may pass with the frames that it comes from
            if connection is not None:
                connection.close()
            failure = self._failure(error, task, watched)
        finally:
            self._patience.end(task)
            del request
            data = connection = watched = None  # type: ignore[assignment]  # a traceback with variables shows them
        raise failure

    async def aclose(self) -> None:
        """Close the connections."""
        self._patience.close()
        await self._connector.close()

    def _failure(
        self, error: BaseException, task: asyncio.Task[Any], connection: WatchedConnection | None
    ) -> BaseException:
        """Return the error that an exchange ends in; it keeps no reference to the one it comes from."""
        was_begun = connection is not None and connection.begun
        if isinstance(error, asyncio.CancelledError):
            if not self._patience.ran_out(task):
                return asyncio.CancelledError(*error.args)
            if was_begun:
                return AnswerLost(f"no answer within {self._patience.seconds:g} s")
            return self._never_sent(f"no connection within {self._patience.seconds:g} s")
        if not isinstance(error, Exception):
            return without_frames(error)
        if isinstance(error, _CertificateError):
            return CertificateRejected(_words(error))
        if not was_begun:
            return self._never_sent(_words(error))
        fault = error if isinstance(error, OverLimit) else connection and connection.fault
        return AnswerLost(str(fault) if fault else _words(error))

    def _never_sent(self, words: str) -> OperationError:
        if not self._is_proxied and (name := find_ignored_proxy()):
            words += f"; {name} of the environment is not used: {VARIABLE} and Runtime(proxy=...) name a proxy"
        return NeverSent(words)


async def _read_answer(watched: WatchedConnection, limit: int) -> HttpResponse:
    """Read one answer as a whole; interim answers, which precede it, are read over."""
    head, content = await watched.read()
    while head.code < 200 and head.code != 101:
        head, content = await watched.read()
    body = content.read_nowait() if content.is_eof() else await _read_body(content, limit)
    if len(body) > limit:
        raise _over(limit)
    if watched.fault is not None:
        raise watched.fault
    return HttpResponse(head.code, head.headers, body)


async def _read_body(content: _StreamReader, limit: int) -> bytes:
    """Read a body as it arrives, already decompressed, until it ends or weighs too much."""
    parts: list[bytes] = []
    size = 0
    while part := await content.readany():
        size += len(part)
        if size > limit:
            raise _over(limit)
        parts.append(part)
    return b"".join(parts)


def _over(limit: int) -> OverLimit:
    return OverLimit("answer_limit", limit, "bytes")


def _words(error: BaseException) -> str:
    """Return an error's text, redacted: aiohttp's texts may carry parts of the request."""
    if isinstance(error, _HttpProcessingError):
        return redact(f"{type(error).__name__}: {error.code} {error.message}")
    return redact_error(error)
