"""The transport over aiohttp: one session, shared by all accounts of a venue and environment."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any

import aiohttp as _aiohttp
from yarl import URL as _URL

from venuekit.credentials.redactor import redact
from venuekit.errors import AnswerLost, CertificateRejected, NeverSent, OperationError
from venuekit.message import HttpRequest, HttpResponse
from venuekit.pipeline.connection import (
    HEADER_LIMIT,
    HEADERS_LIMIT,
    Connector,
    OverLimit,
    Request,
    WatchedConnection,
)
from venuekit.pipeline.frames import without_frames
from venuekit.pipeline.patience import Patience
from venuekit.pipeline.proxy import VARIABLE, Proxy, find_ignored_proxy

__all__ = ["AiohttpTransport"]

#: seconds for one exchange; longer than any documented server-side timeout
TIMEOUT = 15.0


class AiohttpTransport:
    """
    Sends each request exactly once.

    aiohttp would send GET, PUT and DELETE again by itself when a kept-alive connection breaks, with the old
    signature and past the budget; that is turned off. The environment's proxies are not consulted.

    Nothing of aiohttp is part of a traceback that leaves: its frames and errors hold URL and headers, and so key and
    signature. That is why errors are raised anew, behind the handler that met them, a caller's cancellation included.
    """

    __slots__ = ("_connector", "_patience", "_proxied", "_session")

    def __init__(self, *, timeout: float = TIMEOUT, proxy: Proxy | None = None) -> None:
        self._patience = Patience(timeout)
        self._connector = Connector()
        self._proxied: dict[str, Any] = {}
        if proxy is not None:
            self._proxied["proxy"] = _URL(proxy.url)
            if proxy.authorization is not None:
                self._proxied["proxy_headers"] = {"Proxy-Authorization": proxy.authorization.reveal()}
        self._session = _aiohttp.ClientSession(
            timeout=_aiohttp.ClientTimeout(total=None),  # our own patience is cheaper
            cookie_jar=_aiohttp.DummyCookieJar(),
            trust_env=False,
            connector=self._connector,
            request_class=Request,
            max_line_size=HEADER_LIMIT,
            max_field_size=HEADER_LIMIT,
            max_headers=HEADERS_LIMIT,
        )
        # the only switch there is for it; a test with a server that closes warm connections holds this line
        self._session._retry_connection = False  # noqa: SLF001

    @property
    def strays(self) -> int:
        """How often a connection brought what nobody had asked for."""
        return self._connector.strays

    def distrust(self) -> None:
        """Use no connection of now for another request."""
        self._connector.era += 1

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send once and read the whole answer."""
        task: asyncio.Task[Any] | None = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is sent from within a task")
        response: _aiohttp.ClientResponse | None = None
        content: _aiohttp.StreamReader | None = None
        taken, limit = self._connector.taken, request.answer_limit
        self._patience.begin(task)
        try:
            response = await self._session.request(
                request.verb,
                _url(request.url),
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
                **self._proxied,
            )
            content = response.content
            body = content.read_nowait() if content.is_eof() else await _read(content, limit)
            if len(body) > limit:
                raise _over(limit)
            if (fault := taken[task].fault) is not None:
                raise fault
            return HttpResponse(response.status, response.headers, body)
        except BaseException as error:  # noqa: BLE001 - nothing may pass with the frames that it comes from
            if response is not None:
                response.close()
            failure = self._failure(error, task, taken.get(task))
        finally:
            self._patience.end(task)
            taken.pop(task, None)
            del request
            response = content = None
        raise failure

    async def aclose(self) -> None:
        """Close the session and its connections."""
        self._patience.close()
        await self._session.close()

    def _failure(
        self, error: BaseException, task: asyncio.Task[Any], connection: WatchedConnection | None
    ) -> BaseException:
        """Return what an exchange that ended in an error is to be raised as; it remembers nothing of that error."""
        was_begun = connection is not None and connection.begun
        if isinstance(error, asyncio.CancelledError):
            if not self._patience.ran_out(task):
                return asyncio.CancelledError(*error.args)
            if was_begun:
                return AnswerLost(f"no answer within {self._patience.seconds:g} s")
            return self._never_sent(f"no connection within {self._patience.seconds:g} s")
        if not isinstance(error, Exception):
            return without_frames(error)
        if isinstance(error, _aiohttp.ClientConnectorCertificateError):
            return CertificateRejected(_words(error))
        if not was_begun:
            return self._never_sent(_words(error))
        fault = error if isinstance(error, OverLimit) else connection and connection.fault
        return AnswerLost(str(fault) if fault else _words(error))

    def _never_sent(self, words: str) -> OperationError:
        if not self._proxied and (name := find_ignored_proxy()):
            words += f"; {name} of the environment is not used: {VARIABLE} and Runtime(proxy=...) name a proxy"
        return NeverSent(words)


async def _read(content: _aiohttp.StreamReader, limit: int) -> bytes:
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


@lru_cache(maxsize=512)
def _address(text: str) -> tuple[str, str, str]:
    url = _URL(text, encoded=True)
    return url.scheme, url.raw_authority, url.raw_path


def _url(text: str) -> _URL:
    """Return the URL exactly as it is written; what stands before the query is taken apart once per endpoint."""
    address, _, query = text.partition("?")
    scheme, authority, path = _address(address)
    return _URL.build(scheme=scheme, authority=authority, path=path, query_string=query, encoded=True)


def _words(error: BaseException) -> str:
    """Say what happened; aiohttp's texts carry the URL with its signature, hence the redactor."""
    if isinstance(error, _aiohttp.ClientResponseError):
        return redact(f"{type(error).__name__}: {error.status} {error.message}")
    return redact(f"{type(error).__name__}: {error}")
