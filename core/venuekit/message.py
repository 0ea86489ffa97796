"""The messages a transport carries: a request that is ready to be sent, and the answer to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

__all__ = ["HttpRequest", "HttpResponse", "Transport"]


class HttpRequest(NamedTuple):
    """
    One request, byte for byte as it will be sent; a named tuple, since one is made for every attempt.

    ``url`` is already encoded and must not be quoted again. URL, headers and body may carry key and signature, so
    the repr shows verb and path only.
    """

    verb: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"HttpRequest({self.verb} {self.url.partition('?')[0]})"


class HttpResponse(NamedTuple):
    """Status, headers (looked up case-insensitively) and the whole body of one answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"HttpResponse({self.status}, {len(self.body)} bytes)"


class Transport(Protocol):
    """
    What carries a request: one call wide.

    ``send`` raises :class:`~venuekit.errors.NeverSent` when not one byte was written,
    :class:`~venuekit.errors.CertificateRejected` when the other side is not who it should be, and
    :class:`~venuekit.errors.AnswerLost` for everything else that ends without a complete answer. It never sends
    twice by itself.
    """

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send the request once and return the complete answer."""

    async def aclose(self) -> None:
        """Give back what the transport holds."""
