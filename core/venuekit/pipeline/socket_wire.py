"""The wire over a WebSocket API: endpoints that have a method go over the socket, all others over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, NamedTuple, NoReturn, SupportsIndex

import attrs

from venuekit.clock import VenueClock
from venuekit.credentials import Secret, Signer
from venuekit.endpoint import Endpoint, Security
from venuekit.message import HttpResponse, refuse_pickling
from venuekit.pipeline.socket_link import SocketLink
from venuekit.pipeline.wire import Encoded, Signed, Wire, signing_failure
from venuekit.signing import Stamp
from venuekit.socket_declaration import SocketApi, SocketCall, SocketLogon, SocketMessage


class SignedMessage(NamedTuple):
    """A message that is ready to be sent; it carries key and signature, and shows nothing."""

    message: SocketMessage

    def __repr__(self) -> str:
        return "SignedMessage(...)"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        refuse_pickling(self)


@attrs.frozen(eq=False)
class SocketWire:
    """
    The wire of one account over a WebSocket API.

    ``rest`` has the account's key and signer, and carries the endpoints without a method; ``is_logged_on`` says that
    connections log on, so that requests need no signature.
    """

    rest: Wire
    api: SocketApi = attrs.field(repr=False)
    link: SocketLink
    is_logged_on: bool = False
    priced: Mapping[Endpoint[Any], Endpoint[Any]] | None = attrs.field(default=None, repr=False)

    def encode(self, endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> Encoded:
        """Check the parameters once; raises ``ValueError`` for parameters that the declaration refuses."""
        method = endpoint.websocket_method
        if method is None:
            return self.rest.encode(endpoint, parameters)
        return SocketCall(method, endpoint.check_values(parameters), endpoint.security)

    async def sign(  # noqa: PLR0917 - the parts of a stamp, in its order
        self,
        encoded: Encoded,
        security: Security,
        timestamp: int,
        recv_window: int,
        nonce: int = 0,
        token: Secret | None = None,
    ) -> Signed:
        """
        Return the request as it will be sent: signed at this timestamp (milliseconds), where that is needed.

        Raises:
            NeverSent: signer or form failed. They hold secrets, so nothing of them is part of the traceback.
        """
        if not isinstance(encoded, SocketCall):
            return await self.rest.sign(encoded, security, timestamp, recv_window, nonce, token)
        form, signature, is_logged_on = self.api.form, None, self.is_logged_on
        try:
            stamp = Stamp(self.rest.key.reveal(), timestamp, recv_window, self.rest.texts(), nonce)
            message = form.fill(encoded, stamp, is_logged_on=is_logged_on)
            if security is Security.SIGNED and not is_logged_on:
                signature = await self.rest.signer.sign(form.payload(message))
                form.attach_signature(message, signature)
            return SignedMessage(message)
        except BaseException as error:  # noqa: BLE001 - raised below, without the frames that it comes from
            failure = signing_failure(error, signature)
        finally:
            stamp = message = signature = None  # type: ignore[assignment]  # a traceback with variables shows them
        raise failure

    def send(self, request: Signed) -> Awaitable[HttpResponse]:
        """Hand the request to its carrier, once."""
        return self.link.send(request.message) if isinstance(request, SignedMessage) else self.rest.send(request)

    @property
    def strays(self) -> int:
        """The number of answers without a request, over either way."""
        return self.rest.strays + self.link.strays

    def distrust(self) -> None:
        """Use no connection of now for another request: one of them brought an answer to another request."""
        self.rest.distrust()
        self.link.distrust()

    def texts(self) -> Mapping[str, str]:
        """Return the texts of the credential fields."""
        return self.rest.texts()

    async def aclose(self) -> None:
        """Close the account's connection."""
        await self.link.aclose()

    @property
    def key(self) -> Secret:
        """The account's key."""
        return self.rest.key

    @property
    def signer(self) -> Signer:
        """The account's signer."""
        return self.rest.signer

    @property
    def fields(self) -> Mapping[str, Secret]:
        """The account's credential fields."""
        return self.rest.fields


async def sign_logon(logon: SocketLogon, rest: Wire, clock: VenueClock, recv_window: int) -> SocketMessage:
    """
    Return the signed message that logs a connection on.

    Raises:
        NeverSent: signer or declaration failed, and nothing of them is part of the traceback.
    """
    signature = None
    try:
        stamp = Stamp(rest.key.reveal(), clock.milliseconds(), recv_window, rest.texts())
        message = logon.message(stamp)
        signature = await rest.signer.sign(logon.payload(message))
        logon.attach_signature(message, signature)
        return message  # noqa: TRY300 - an else would be outside the finally's reach
    except BaseException as error:  # noqa: BLE001 - raised below, without the frames that it comes from
        failure = signing_failure(error, signature)
    finally:
        stamp = message = signature = None  # type: ignore[assignment]  # a traceback with variables shows them
    raise failure


def logs_on(api: SocketApi, signer: Signer) -> bool:
    """Say whether the connections of an account log on: by the kind of its key, where the signer says it."""
    if api.logon is None:
        return False
    return api.logon.key_kinds is None or getattr(signer, "kind", None) in api.logon.key_kinds
