"""Wires: what turns parameters into a signed request and carries it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import attrs

from venuekit.credentials import Signer
from venuekit.endpoint import Endpoint, Security
from venuekit.message import HttpResponse, Transport
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
        if security is Security.SIGNED:
            stamp = Stamp(self.key, timestamp, recv_window)
            payload = self.scheme.payload(draft, stamp)
            request = self.scheme.signed(draft, stamp, payload, await self.signer.sign(payload))
            del payload  # it may hold the key, and no traceback of a lost answer shall show it
        else:
            request = self.scheme.unsigned(draft, self.key if security is Security.KEY else None)
        return await self.transport.send(request)
