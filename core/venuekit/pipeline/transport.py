"""The transport over aiohttp: one session, shared by all accounts of a venue and environment."""

from __future__ import annotations

import aiohttp as _aiohttp
from yarl import URL as _URL

from venuekit.credentials.redactor import redact
from venuekit.errors import AnswerLost, CertificateRejected, NeverSent
from venuekit.message import HttpRequest, HttpResponse

__all__ = ["AiohttpTransport"]

#: seconds for one exchange; longer than any documented server-side timeout
TIMEOUT = 15.0


class AiohttpTransport:
    """
    Sends each request exactly once.

    aiohttp would send GET, PUT and DELETE again by itself when a kept-alive connection breaks, with the old
    signature and past the budget; that is turned off. The environment's proxies are not consulted.
    """

    __slots__ = ("_session",)

    def __init__(self, *, timeout: float = TIMEOUT) -> None:
        self._session = _aiohttp.ClientSession(
            timeout=_aiohttp.ClientTimeout(total=timeout),
            cookie_jar=_aiohttp.DummyCookieJar(),
            trust_env=False,
            connector=_aiohttp.TCPConnector(limit=0, ttl_dns_cache=60),
        )
        # the only switch there is for it; a test with a server that closes warm connections holds this line
        self._session._retry_connection = False  # noqa: SLF001

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send once and read the whole answer."""
        try:
            return await self._exchange(request)
        except _aiohttp.ClientConnectorCertificateError as error:
            raise CertificateRejected(_words(error)) from None
        except _aiohttp.ClientConnectorError as error:
            raise NeverSent(_words(error)) from None
        except TimeoutError:
            raise AnswerLost(f"no answer within {self._session.timeout.total:g} s") from None
        except (_aiohttp.ClientError, OSError) as error:
            raise AnswerLost(_words(error)) from None

    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        """Exchange request and answer; aiohttp's objects hold the signed URL and stay out of our tracebacks."""
        response = await self._session.request(
            request.verb,
            _URL(request.url, encoded=True),
            headers=request.headers,
            data=request.body,
            allow_redirects=False,
        )
        return HttpResponse(response.status, response.headers, await response.read())

    async def close(self) -> None:
        """Close the session and its connections."""
        await self._session.close()


def _words(error: BaseException) -> str:
    """Say what happened; aiohttp's texts carry the URL with its signature, hence the redactor and no ``from``."""
    return redact(f"{type(error).__name__}: {error}")
