"""
The wire of an account: parameters become one string, built once, which is then signed and carried.

Retry, budget, classification and decoding do not know how it does so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias

import attrs

from venuekit._util.texts import without_frames
from venuekit.credentials import Secret, Signer
from venuekit.credentials.redactor import redact_error
from venuekit.endpoint import Endpoint, Security
from venuekit.errors import NeverSent, VenuekitError
from venuekit.message import ANSWER_LIMIT, HttpRequest, HttpResponse, Transport
from venuekit.signing import NO_FIELDS, EncodedRequest, SigningScheme, Stamp

if TYPE_CHECKING:
    from venuekit.credentials import Credentials
    from venuekit.venue import Environment, Venue

#: a request before it is signed, and when it is ready to be sent: each wire has its own, which it alone takes apart
Encoded: TypeAlias = Any
Signed: TypeAlias = Any


class Wire(Protocol):
    """The carrier of an account's requests: retry, budget, classification and decoding do not know which one it is."""

    @property
    def key(self) -> Secret:
        """The account's key."""

    @property
    def signer(self) -> Signer:
        """The account's signer."""

    @property
    def fields(self) -> Mapping[str, Secret]:
        """The account's credential fields."""

    @property
    def strays(self) -> int:
        """The number of answers without a request; 0 where it is not known."""

    @property
    def priced(self) -> Mapping[Endpoint[Any], Endpoint[Any]] | None:
        """Endpoints that cost other than they do over HTTP, each with one of that cost; None without any."""

    def encode(self, endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> Encoded:
        """Check and write the parameters once; raises ``ValueError`` for those that the declaration refuses."""

    async def sign(  # noqa: PLR0917 - the parts of a stamp, in its order
        self,
        encoded: Encoded,
        security: Security,
        timestamp: int,
        recv_window: int,
        nonce: int = 0,
        token: Secret | None = None,
    ) -> Signed:
        """Return the request as it will be sent; raises ``NeverSent`` where it cannot be signed."""

    def send(self, request: Signed) -> Awaitable[HttpResponse]:
        """Send the request once."""

    def distrust(self) -> None:
        """Use no connection of now for another request."""

    def texts(self) -> Mapping[str, str]:
        """Return the texts of the credential fields."""

    async def aclose(self) -> None:
        """Close the connections that are the account's own."""


@attrs.frozen(eq=False)
class RestWire:
    """The wire over HTTP: one account's key, credential fields and signer on a transport that many share."""

    base: str
    scheme: SigningScheme
    transport: Transport
    key: Secret
    signer: Signer = attrs.field(repr=False)
    fields: Mapping[str, Secret] = NO_FIELDS
    #: URLs by the names that endpoints give in ``host``
    further_hosts: Mapping[str, str] = attrs.field(factory=dict)

    @classmethod
    def of(
        cls,
        venue: Venue[Any],
        environment: Environment,
        credentials: Credentials,
        signer: Signer,
        transport: Transport,
    ) -> Self:
        """Return the wire of an account of a venue in an environment."""
        fields = credentials.fields or NO_FIELDS
        further_hosts = environment.further_hosts
        return cls(environment.rest, venue.signing, transport, credentials.key, signer, fields, further_hosts)

    def encode(self, endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> EncodedRequest:
        """Build path, query string and body once; raises ``ValueError`` for parameters that the declaration refuses."""
        path, query, body = endpoint.encode(parameters)
        base = self.base if endpoint.host is None else self.further_hosts[endpoint.host]
        return EncodedRequest(endpoint.verb, base, path, query, body, endpoint.answer_limit, endpoint.content_type)

    async def sign(  # noqa: PLR0917 - the parts of a stamp, in its order
        self,
        encoded: EncodedRequest,
        security: Security,
        timestamp: int,
        recv_window: int,
        nonce: int = 0,
        token: Secret | None = None,
    ) -> HttpRequest:
        """
        Return the request as it will be sent: signed at this timestamp (milliseconds), where the endpoint asks for it.

        Raises:
            NeverSent: signer or signing scheme failed. They hold secrets, so nothing of them is part of
                the traceback.
        """
        signature = None
        try:
            if security is Security.SIGNED:
                stamp = Stamp(self.key.reveal(), timestamp, recv_window, self.texts(), nonce)
                payload = self.scheme.payload(encoded, stamp)
                signature = await self.signer.sign(payload)
                request = self.scheme.attach_signature(encoded, stamp, payload, signature)
            elif security is Security.NONE:
                request = self.scheme.without_signature(encoded, None)
            else:
                text = "" if token is None else token.reveal()
                stamp = Stamp(self.key.reveal(), timestamp, recv_window, self.texts(), 0, text)
                request = self.scheme.without_signature(encoded, stamp)
            if encoded.answer_limit == ANSWER_LIMIT:
                return request
            return request._replace(answer_limit=encoded.answer_limit)
        except BaseException as error:  # noqa: BLE001 - raised below, without the frames that it comes from
            failure = signing_failure(error, signature)
        finally:
            stamp = payload = signature = request = text = None  # type: ignore[assignment]  # a traceback with variables shows them
        raise failure

    def send(self, request: HttpRequest) -> Awaitable[HttpResponse]:
        """Hand the request to the transport, once."""
        return self.transport.send(request)

    def texts(self) -> Mapping[str, str]:
        """Return the texts of the credential fields."""
        return {name: text.reveal() for name, text in self.fields.items()} if self.fields else NO_FIELDS

    @property
    def priced(self) -> None:
        """No endpoint costs other than it declares."""
        return

    async def aclose(self) -> None:
        """Close nothing: the transport is that of many accounts."""

    @property
    def strays(self) -> int:
        """The number of answers without a request; 0 where the transport does not know."""
        return getattr(self.transport, "strays", 0)

    def distrust(self) -> None:
        """Use no connection of now for another request: one of them brought an answer to another request."""
        distrust = getattr(self.transport, "distrust", None)
        if distrust is not None:
            distrust()


def signing_failure(error: BaseException, signature: object) -> BaseException:
    """Return the error of a request that could not be signed; it holds no frame of signer or scheme."""
    if isinstance(error, asyncio.CancelledError):
        return asyncio.CancelledError(*error.args)
    if isinstance(error, VenuekitError) or not isinstance(error, Exception):
        return without_frames(error)
    if not isinstance(signature, bytes | None):
        kind = type(signature).__name__
        return NeverSent(f"the request could not be signed: the signer returned {kind}; sign() returns bytes")
    return NeverSent(f"the request could not be signed: {redact_error(error)}")
