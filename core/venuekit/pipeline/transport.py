"""The transport over aiohttp: one session, shared by all accounts of a venue and environment."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any

import aiohttp as _aiohttp
from yarl import URL as _URL

from venuekit.credentials.redactor import redact
from venuekit.errors import AnswerLost, CertificateRejected, NeverSent
from venuekit.message import HttpRequest, HttpResponse
from venuekit.pipeline.patience import Patience

__all__ = ["AiohttpTransport"]

#: seconds for one exchange; longer than any documented server-side timeout
TIMEOUT = 15.0


class AiohttpTransport:
    """
    Sends each request exactly once.

    aiohttp would send GET, PUT and DELETE again by itself when a kept-alive connection breaks, with the old
    signature and past the budget; that is turned off. The environment's proxies are not consulted.
    """

    __slots__ = ("_patience", "_session")

    def __init__(self, *, timeout: float = TIMEOUT) -> None:
        self._patience = Patience(timeout)
        self._session = _aiohttp.ClientSession(
            timeout=_aiohttp.ClientTimeout(total=None),  # our own patience is cheaper
            cookie_jar=_aiohttp.DummyCookieJar(),
            trust_env=False,
            connector=_aiohttp.TCPConnector(limit=0, ttl_dns_cache=60),
        )
        # the only switch there is for it; a test with a server that closes warm connections holds this line
        self._session._retry_connection = False  # noqa: SLF001

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send once and read the whole answer."""
        task: asyncio.Task[Any] | None = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is sent from within a task")
        response: _aiohttp.ClientResponse | None = None
        self._patience.begin(task)
        try:
            response = await self._session.request(
                request.verb, _url(request.url), headers=request.headers, data=request.body, allow_redirects=False
            )
            return HttpResponse(response.status, response.headers, await response.read())
        except _aiohttp.ClientConnectorCertificateError as error:
            raise CertificateRejected(_words(error)) from None
        except _aiohttp.ClientConnectorError as error:
            raise NeverSent(_words(error)) from None
        except asyncio.CancelledError:
            if self._patience.ran_out(task):
                raise AnswerLost(f"no answer within {self._patience.seconds:g} s") from None
            raise
        except (_aiohttp.ClientError, OSError) as error:
            raise AnswerLost(_words(error)) from None
        finally:
            self._patience.end(task)
            response = None  # it shows the signed URL, and no traceback of ours shall show it

    async def aclose(self) -> None:
        """Close the session and its connections."""
        self._patience.close()
        await self._session.close()


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
    """Say what happened; aiohttp's texts carry the URL with its signature, hence the redactor and no ``from``."""
    return redact(f"{type(error).__name__}: {error}")
