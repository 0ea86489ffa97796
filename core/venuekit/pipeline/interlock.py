"""Interlock: credentials travel to the hosts of their environment alone, and each request carries its mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from venuekit.errors import CredentialsError, NeverSent
from venuekit.message import HttpRequest, HttpResponse, Transport
from venuekit.venue import Environment, EnvironmentName

if TYPE_CHECKING:
    from venuekit.credentials import Credentials
    from venuekit.venue import Venue

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def is_local(url: str) -> bool:
    """Say whether a URL is one of this machine."""
    return urlsplit(url).hostname in _LOOPBACK


def environment_of(venue: Venue[Any], credentials: Credentials) -> Environment:
    """
    Return where these credentials belong.

    Raises:
        CredentialsError: the host is not on the environment's list, or the connection would not be encrypted.
        ConfigurationError: the venue has no such environment.
    """
    if credentials.rest is not None:
        hosts = {endpoint.host for endpoint in venue.endpoints if endpoint.host is not None}
        # a simulator answers for every host of a venue
        further_hosts = dict.fromkeys(hosts, credentials.rest)
        stream = "ws" + credentials.rest.removeprefix("http")
        return Environment(
            name=EnvironmentName.SIM,
            rest=credentials.rest,
            websocket_api=stream,
            stream=stream,
            further_hosts=further_hosts,
        )
    environment = venue.environment(credentials.environment)
    urls = (environment.rest, environment.websocket_api, environment.stream, *environment.further_hosts.values())
    for url in filter(None, urls):
        if is_local(url):
            continue
        parts = urlsplit(url)
        if parts.scheme not in {"https", "wss"} or parts.hostname not in environment.hosts:
            raise CredentialsError(f"{venue.id} {environment.name}: {parts.hostname} is not an allowed host")
    return environment


def mark_requests(transport: Transport, venue: Venue[Any], environment: Environment) -> Transport:
    """
    Return the transport of an environment whose requests carry its headers.

    That is the given one where no environment of the venue has any.
    """
    others = [one for one in venue.environments if one.name is not environment.name]
    foreign = {name.lower() for other in others for name in other.headers}
    own = dict(environment.headers)
    if not own and not foreign:
        return transport
    return MarkedTransport(transport, own, frozenset(foreign - {name.lower() for name in own}), environment.name)


class MarkedTransport:
    """
    The transport of one environment, told apart from another one on the same host by constant headers.

    They are laid over those of the signing scheme, which cannot lose or change them. A request that carries a header
    by which another environment of the venue is known is not sent.
    """

    __slots__ = ("_environment", "_foreign", "_headers", "_names", "_transport")

    def __init__(
        self, transport: Transport, headers: dict[str, str], foreign: frozenset[str], environment: str
    ) -> None:
        self._transport = transport
        self._headers = headers
        self._names = frozenset(name.lower() for name in headers)
        self._foreign = foreign
        self._environment = environment

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send the request with the headers of the environment; NeverSent if it is marked as another one's."""
        foreign = next((name for name in request.headers if name.lower() in self._foreign), None)
        sending = self._transport.send(self._mark(request)) if foreign is None else None
        del request  # it holds key and signature, and no traceback of a failure shall show it
        if sending is None:
            words = f"it carries {foreign}, the header of another environment, and belongs to {self._environment}"
            raise NeverSent(words)
        return await sending

    def _mark(self, request: HttpRequest) -> HttpRequest:
        """Return the request with the headers; a function, since a variable of the sending frame would show a key."""
        own = {name: value for name, value in request.headers.items() if name.lower() not in self._names}
        return request._replace(headers={**own, **self._headers})

    async def aclose(self) -> None:
        """Close the transport below."""
        await self._transport.aclose()

    @property
    def strays(self) -> int:
        """The number of answers without a request; 0 where the transport below does not know."""
        return getattr(self._transport, "strays", 0)

    def distrust(self) -> None:
        """Use no connection of now for another request."""
        distrust = getattr(self._transport, "distrust", None)
        if distrust is not None:
            distrust()
