"""Wires: what turns parameters into a signed request and carries it."""

from __future__ import annotations

from collections.abc import Mapping
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

    async def send(self, draft: Draft, security: Security, timestamp: int, recv_window: int) -> HttpResponse:
        """Sign with this timestamp (milliseconds) and send, once."""


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

    async def send(self, draft: Draft, security: Security, timestamp: int, recv_window: int) -> HttpResponse:
        """Sign and send, once."""
        return await self.transport.send(await self._request(draft, security, timestamp, recv_window))

    async def _request(self, draft: Draft, security: Security, timestamp: int, recv_window: int) -> HttpRequest:
        """Sign; apart from sending, so that no traceback of a lost answer has the signed text among its variables."""
        if security is not Security.SIGNED:
            return self.scheme.unsigned(draft, self.key if security is Security.KEY else None)
        stamp = Stamp(self.key, timestamp, recv_window)
        payload = self.scheme.payload(draft, stamp)
        return self.scheme.signed(draft, stamp, payload, await self.signer.sign(payload))
