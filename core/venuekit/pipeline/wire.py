"""Wires: what turns parameters into a signed request and carries it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

import attrs

from venuekit.credentials import Signer
from venuekit.endpoint import Endpoint, Security
from venuekit.message import HttpRequest, HttpResponse, Transport
from venuekit.pipeline.encode import encode
from venuekit.venue import Draft, SigningScheme, Stamp

__all__ = ["RestWire", "Wire"]


class Wire(Protocol):
    """
    Carries requests; retry, budget, verdict and decode do not know which one.

    ``draft`` is the form a request has between encoding and signing, and is the wire's own business.
    """

    def encode(self, endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> Draft:
        """Build the request once; raises ``ValueError`` for what the declaration refuses."""

    async def sign(self, draft: Draft, security: Security, timestamp: int, recv_window: int) -> HttpRequest:
        """Return the request as it will be sent, signed with this timestamp (milliseconds); nothing is sent."""

    def send(self, request: HttpRequest) -> Awaitable[HttpResponse]:
        """Send, once."""


@attrs.frozen(eq=False)
class RestWire:
    """The wire over HTTP: one account's key and signer on a transport that many share."""

    base: str
    scheme: SigningScheme
    transport: Transport
    key: str = attrs.field(repr=False)
    signer: Signer = attrs.field(repr=False)

    def encode(self, endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> Draft:
        """Build query string or body once."""
        query, body = encode(endpoint, parameters)
        return Draft(endpoint.verb, self.base, endpoint.path, query, body)

    async def sign(self, draft: Draft, security: Security, timestamp: int, recv_window: int) -> HttpRequest:
        """Sign, where the endpoint asks for it."""
        if security is not Security.SIGNED:
            return self.scheme.unsigned(draft, self.key if security is Security.KEY else None)
        stamp = Stamp(self.key, timestamp, recv_window)
        payload = self.scheme.payload(draft, stamp)
        return self.scheme.signed(draft, stamp, payload, await self.signer.sign(payload))

    def send(self, request: HttpRequest) -> Awaitable[HttpResponse]:
        """Hand the request to the transport."""
        return self.transport.send(request)
