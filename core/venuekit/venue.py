"""Venues: a plugin's declaration of everything an exchange is, as data, and the capabilities it supports."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from itertools import product
from math import inf
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

import attrs

from venuekit import capabilities
from venuekit.capabilities import Capability, Setting, Support, SupportState
from venuekit.credential_fields import CredentialField, TextCheck, check_fields
from venuekit.encoding import path_parameters, values_of_other, without_names
from venuekit.endpoint import EndpointName, Security
from venuekit.errors import ConfigurationError
from venuekit.faults import Fault, FaultTable
from venuekit.key_kinds import KeyKind, check_kinds
from venuekit.request_bounds import NonceRule, RequestExpiry

if TYPE_CHECKING:
    from datetime import datetime

    from venuekit.account import Account
    from venuekit.credentials import Signer, SignerFields
    from venuekit.endpoint import Endpoint
    from venuekit.message import HttpResponse
    from venuekit.session_token import SessionToken
    from venuekit.signing import SigningScheme
    from venuekit.simulator.simulated_venue import SimulatedVenue
    from venuekit.socket_declaration import SocketApi
    from venuekit.stream_declaration import StreamDeclaration

A_co = TypeVar("A_co", bound="Account", covariant=True)
B = TypeVar("B")


_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+").fullmatch
_HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?").fullmatch


class EnvironmentName(enum.StrEnum):
    """Where credentials belong."""

    LIVE = "live"
    TESTNET = "testnet"
    DEMO = "demo"
    SIM = "sim"


@attrs.frozen(kw_only=True)
class Environment:
    """
    One place a venue can be reached at; URLs without a trailing slash, None where there is none.

    ``websocket_api`` and ``stream`` are followed by the paths that the venue declares for them. ``hosts`` is the
    allow-list: signed requests travel nowhere else. ``further_hosts`` holds the URLs of the venue's other hosts, by
    the name that endpoints give in ``Endpoint.host``; an endpoint of a host that has no URL here is unsupported here.
    ``headers`` are constant and part of every request to this environment, whatever the signing scheme does, and of
    none to another one of the venue: for a demo on the live host. ``unsupported`` holds the capabilities missing only
    here, ``lacks`` the endpoints that are missing only here and that the capabilities do without, each with the reason.

    Raises:
        ValueError: a header that HTTP cannot carry.
    """

    name: EnvironmentName
    rest: str
    websocket_api: str | None = None
    stream: str | None = None
    hosts: frozenset[str] = frozenset()
    further_hosts: Mapping[str, str] = attrs.field(factory=dict)
    headers: Mapping[str, str] = attrs.field(factory=dict)
    unsupported: Mapping[type[Capability], str] = attrs.field(factory=dict)
    lacks: Mapping[Endpoint[Any], str] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for name, value in self.headers.items():
            if not _HEADER_NAME(name) or not _HEADER_VALUE(value):
                words = "is no header: its name is letters, digits and -, its value printable ASCII"
                raise ValueError(f"environment {self.name}: {name!r}: {value!r} {words}")

    def host_of(self, further: str | None = None) -> str:
        """Return the host, with its port but without a user, of ``rest`` or of one of the further hosts."""
        url = self.rest if further is None else self.further_hosts.get(further, "")
        return urlsplit(url).netloc.rpartition("@")[2]

    @property
    def site(self) -> str:
        """Which pools and settings this is about: the name, and for a simulator also which one."""
        return self.name if self.name is not EnvironmentName.SIM else f"{self.name}:{urlsplit(self.rest).netloc}"


class LimitScope(enum.StrEnum):
    """Who shares a limit."""

    ADDRESS = "address"
    ACCOUNT = "account"
    UID = "uid"  #: an account with its sub-accounts
    SYMBOL = "symbol"  #: the requests of an account that name the same symbol


@attrs.frozen(kw_only=True)
class Limit:
    """
    A named pool: a window of at most ``amount`` in any ``seconds``, or a bucket.

    A token bucket holds ``amount`` at most, is full at first, and ``refill`` flow in each second. ``used_header`` names
    the response header that says how much the venue counted in the running window, or is missing in the bucket,
    ``remaining_header`` the one with the remaining amount, and ``rate_limit`` the ``rateLimitType`` of rows with its
    count or amount (:mod:`venuekit.pipeline.rate_limits`). A request that names several symbols pays its whole cost
    for each of them into a pool of the scope SYMBOL.

    Raises:
        ValueError: it has both ``seconds`` and ``refill``, or neither, or one of its numbers lets nothing pass.
    """

    name: str = attrs.field(kw_only=False)
    amount: int
    seconds: float | None = None
    refill: float | None = None
    scope: LimitScope = LimitScope.ADDRESS
    used_header: str | None = None
    remaining_header: str | None = None
    rate_limit: str | None = None

    def __attrs_post_init__(self) -> None:
        fault = None
        if (self.seconds is None) == (self.refill is None):
            given = "neither seconds nor refill" if self.seconds is None else "both seconds and refill"
            fault = f"it has {given}: give seconds for a window, or refill for a token bucket"
        elif self.amount < 1:
            fault = f"an amount of {self.amount} lets no request pass: give 1 or more"
        elif self.seconds is not None and not 0 < self.seconds < inf:
            fault = f"{self.seconds!r} is no length of a window: give its seconds, above 0"
        elif self.refill is not None and not 0 < self.refill < inf:
            fault = f"a bucket that refills with {self.refill!r} stays empty: give tokens a second, above 0"
        if fault is not None:
            raise ValueError(f"limit {self.name!r}: {fault}")


class BlockedBy(enum.StrEnum):
    """A reason for a venue to refuse a change."""

    ORDERS = "orders"
    POSITION = "position"
    LOWER_LEVERAGE = "lower_leverage"  #: an isolated position, when the new leverage is lower


class BlockerScope(enum.StrEnum):
    """Where the thing that blocks must be for the venue to refuse."""

    SYMBOL = "symbol"
    ACCOUNT = "account"
    REALM = "realm"


@attrs.frozen
class Blocker:
    """A refusal that can be foreseen: of ``setting`` while ``by`` exists within ``scope``; ``reason`` in its words."""

    setting: Setting
    by: BlockedBy
    scope: BlockerScope
    reason: str


@attrs.frozen
class Coupling:
    """
    A setting that needs another one first: ``setting = value`` only while ``needs = needed``.

    When ``needs`` is a symbol's setting and ``setting`` the account's, every symbol must have it.
    """

    setting: Setting
    value: enum.StrEnum
    needs: Setting
    needed: enum.StrEnum
    why: str


@attrs.frozen(kw_only=True)
class Refusal:
    """
    A refusal as the venue wrote it, before it is classified.

    ``retry_after`` is in seconds from now and ``retry_at`` an instant, where the venue says so in its body; the
    ``Retry-After`` header is read by core. ``fault`` is the meaning of words that vary too much for a row of the
    table, and goes before it.

    ``is_foreign`` says that the venue's application did not write it: another on the way did, and the outcome of a
    write is not known. That is the default for refusals without a code. A venue that gives words in place of codes says
    ``is_foreign=False`` where it recognises its own: such a refusal is a plain rejection, by the rows of its table.
    """

    code: int | str | None
    message: str
    retry_after: float | None = None
    retry_at: datetime | None = None
    fault: Fault | None = None
    is_foreign: bool = attrs.field(default=attrs.Factory(lambda self: self.code is None, takes_self=True))


class Answers(Protocol):
    """The distinction of success and refusal in a venue's answers. Pure."""

    def __call__(self, response: HttpResponse) -> Refusal | None:
        """
        Return the refusal in a response, None for a success.

        A body that is not the venue's format gives a foreign refusal without code when the status is not 2xx
        (:func:`venuekit.foreign.read_foreign` reads its text); with 2xx it raises ``ValueError``.
        """


@attrs.frozen(kw_only=True, eq=False)
class Venue(Generic[A_co]):
    """
    One venue.

    Attributes:
        id: How users ask for it: lower case, digits and underscores.
        title: How people call it.
        account: The account class: its capabilities are its base classes.
        realm: The name under which venues share pools, settings and the simulator's account. Default: the id.
        environments: Where it can be reached. ``sim`` need not be declared.
        limits: Its pools.
        signing: Its signing scheme.
        credential_fields: The texts that its credentials have besides key and secret.
        key_check, secret_check: The form of key and secret: a function of the text that returns its fault ("is no
            wallet's private key: ..."), None for a good one.
        key_kinds: The kinds of keys that its users can make, and core signs with.
        make_signer: The maker of an account's signer, None where core signs with the secret, which is of one of the
            ``key_kinds``. An operator's ``venuekit_make_signer`` is asked before. It gets the key, secret and fields of
            that account and of no other; the signer may have an ``async def aclose()``.
        answers: The reader of its answers: success or refusal.
        faults: The meaning of its refusals.
        outdated_by: Codes of refusals after which remembered instruments (steps, ticks, limits) may have
            changed: it is read again before the next use, and the refused request is not sent again.
        server_time: The endpoint of its time, None where it has none. Requests then carry the time of our own clock,
            and that a lost one expired is proven only by the times that answers give (``answered_at``).
        endpoints: Every endpoint its account uses or offers, each with a verb, path and action of its own.
        recv_window: Milliseconds a signed request stays valid by default; ``recv_window_least`` the least a caller may
            choose, ``recv_window_most`` the most. All three are the same where the venue fixes it.
        expiry: The bound on how late a signed request can arrive.
        nonce: The number that every signed request carries, None where it carries none.
        session_token: The token that requests to endpoints of ``Security.TOKEN`` carry, None where there are none.
        answered_at: When an answer was given, in milliseconds, by the venue's own words in it, None where it does not
            say. It is asked of refused writes, and of those whose answer repeats nothing of its question; of every
            answer where there is no ``server_time``.
        behaviours: One frozen value per capability that needs one.
        couplings, blockers: Facts about its settings for the planner.
        unsupported: Capability to the venue's reason, one sentence.
        stream: Its user stream, None where it has none.
        socket_api: Its WebSocket API, which carries the endpoints with a ``websocket_method``; None where it has none.
        simulated: The maker of its simulated venue; a function, so that it is imported only when needed.
    """

    id: str
    title: str
    account: type[A_co]
    environments: tuple[Environment, ...]
    limits: tuple[Limit, ...]
    signing: SigningScheme
    credential_fields: tuple[CredentialField, ...] = ()
    key_check: TextCheck | None = None
    secret_check: TextCheck | None = None
    key_kinds: frozenset[KeyKind] = frozenset({KeyKind.HMAC})
    make_signer: Callable[[SignerFields], Signer] | None = None
    answers: Answers
    faults: FaultTable
    outdated_by: frozenset[int | str] = frozenset()
    server_time: Endpoint[Any] | None
    endpoints: tuple[Endpoint[Any], ...]
    realm: str = attrs.field(default=attrs.Factory(lambda self: self.id, takes_self=True))
    recv_window: int = 5000
    recv_window_least: int = 1
    recv_window_most: int = 60_000
    expiry: RequestExpiry = RequestExpiry.WINDOW
    nonce: NonceRule | None = None
    session_token: SessionToken | None = None
    answered_at: Callable[[HttpResponse], int | None] | None = None
    behaviours: tuple[object, ...] = ()
    couplings: tuple[Coupling, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    unsupported: Mapping[type[Capability], str] = attrs.field(factory=dict)
    stream: StreamDeclaration | None = None
    socket_api: SocketApi | None = None
    simulated: Callable[[], SimulatedVenue] | None = None
    _behaviours: Mapping[type, object] = attrs.field(init=False, repr=False)
    _declared: frozenset[Endpoint[Any]] = attrs.field(init=False, repr=False)
    _by_name: Mapping[EndpointName, Endpoint[Any]] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        check_fields(self.id, self.credential_fields)
        check_kinds(self.id, self.key_kinds)
        by_type = {type(value): value for value in self.behaviours}
        if len(by_type) != len(self.behaviours):
            raise ValueError(f"{self.id}: two behaviour values of one type")
        if not 1 <= self.recv_window_least <= self.recv_window <= self.recv_window_most:
            window = f"{self.recv_window_least} <= {self.recv_window} <= {self.recv_window_most}"
            words = "recv_window_least, recv_window and recv_window_most must rise from 1 up"
            raise ValueError(f"{self.id}: {words}, not {window}")
        needing = [str(one) for one in self.endpoints if one.security is Security.TOKEN]
        if needing and self.session_token is None:
            raise ValueError(f"{self.id}: {needing[0]} carries a session token: session_token=SessionToken(...)")
        if self.expiry is RequestExpiry.NONCE and self.nonce is None:
            raise ValueError(f"{self.id}: an expiry of NONCE needs nonce=NonceRule(...), by which a later one is known")
        probe = None if self.nonce is None else self.nonce.probe
        token = None if self.session_token is None else self.session_token.endpoint
        streams = () if self.stream is None else self.stream.endpoints
        for field, used in (("nonce", probe), ("session_token", token), *(("stream", one) for one in streams)):
            if used is not None and used not in self.endpoints:  # as it may do anything, it would be sent as a write
                raise ValueError(f"{self.id}: {field} uses {used}, which it does not declare: name it in endpoints")
        paid = {pool for e in self.endpoints for pool in e.pools}
        paid |= set() if self.socket_api is None else self.socket_api.opening.keys()
        undeclared = paid - {limit.name for limit in self.limits}
        if undeclared:
            raise ValueError(f"{self.id}: endpoints pay into pools that no limit declares: {sorted(undeclared)}")
        hosts = {name for environment in self.environments for name in environment.further_hosts}
        for endpoint in self.endpoints:
            if endpoint.host is not None and self.environments and endpoint.host not in hosts:
                words = "no environment names its URL in further_hosts"
                raise ValueError(f"{self.id}: {endpoint} is reached at the host {endpoint.host!r}, but {words}")
        for environment in self.environments:
            if unknown := [str(one) for one in environment.lacks if one not in self.endpoints]:
                words = f"lacks {unknown[0]}, which the venue does not declare: name it in endpoints"
                raise ValueError(f"{self.id}: the {environment.name} environment {words}")
        object.__setattr__(self, "_by_name", self._endpoints_by_name())
        object.__setattr__(self, "_behaviours", by_type)
        object.__setattr__(self, "_declared", frozenset(filter(None, (self.server_time, *self.endpoints))))

    def __repr__(self) -> str:
        return f"Venue({self.id!r})"

    def _endpoints_by_name(self) -> Mapping[EndpointName, Endpoint[Any]]:
        """Return the endpoints by their names; raises ``ValueError`` for two that no request tells apart."""
        by_name = {endpoint.name: endpoint for endpoint in self.endpoints}
        by_place: dict[EndpointName, Endpoint[Any]] = {}
        for endpoint in self.endpoints:
            place = endpoint.name._replace(path=without_names(endpoint.path))
            other = by_place.setdefault(place, endpoint)
            if other is not endpoint:
                words = "is declared twice" if other.name == endpoint.name else f"is the same as {other}"
                mend = "declare it once, or give each an action that its requests carry"
                raise ValueError(f"{self.id}: {endpoint} {words}: {mend}")
        acting = {(endpoint.verb, endpoint.path) for endpoint in self.endpoints if endpoint.action}
        open_ones = [one for one in self.endpoints if path_parameters(one.path) or (one.verb, one.path) in acting]
        for endpoint, other in product(open_ones, self.endpoints):
            if values := values_of_other(endpoint, other):
                what = " and ".join(f"{name}={word!r}" for name, word in values.items())
                mend = f"give {' and '.join(values)} a pattern or choices without that word"
                raise ValueError(f"{self.id}: {endpoint} with {what} would be {other}: {mend}")
        return by_name

    def declares(self, endpoint: Endpoint[Any]) -> bool:
        """Say whether this very endpoint is one of the venue's own."""
        return endpoint in self._declared

    def endpoint_at(self, verb: str, path: str, action: tuple[tuple[str, str], ...] = ()) -> Endpoint[Any] | None:
        """
        Return the endpoint of this verb, documented path and action, None when there is none.

        These three are the parts of :attr:`Endpoint.name <venuekit.endpoint.Endpoint.name>`.
        """
        return self._by_name.get(EndpointName(verb, path, action))

    def behaviour(self, kind: type[B]) -> B:
        """
        Return the behaviour value of a capability.

        Raises:
            KeyError: the venue declares none of this type.
        """
        value = self._behaviours[kind]
        if not isinstance(value, kind):
            raise KeyError(kind)
        return value

    def has_behaviour(self, kind: type) -> bool:
        """Say whether the venue declares a behaviour value of this type."""
        return kind in self._behaviours

    def environment(self, name: str) -> Environment:
        """
        Return the environment of this name.

        Raises:
            ConfigurationError: the venue has none; the text lists those it has.
        """
        for environment in self.environments:
            if environment.name == name:
                return environment
        known = ", ".join(environment.name for environment in self.environments)
        raise ConfigurationError(f"{self.id}: no environment {name!r}; it has {known}")


def core_capabilities() -> tuple[type[Capability], ...]:
    """Return every capability that core knows, in the order of their names."""
    exported = (getattr(capabilities, name) for name in capabilities.__all__)
    return tuple(
        one for one in exported if isinstance(one, type) and issubclass(one, Capability) and one is not Capability
    )


def venue_support(venue: Venue[Any], capability: type[Capability], environment: Environment | None = None) -> Support:
    """
    Return whether accounts of a venue can use a capability, by class, venue and environment.

    Without an environment only class and venue are asked. The limits of one account are known once it is open.
    """
    if environment is not None and capability in environment.unsupported:
        return Support(SupportState.UNSUPPORTED, environment.unsupported[capability], "environment")
    if capability in venue.unsupported:
        return Support(SupportState.UNSUPPORTED, venue.unsupported[capability], "venue")
    if issubclass(venue.account, capability):
        return Support(SupportState.SUPPORTED)
    return Support(SupportState.NOT_IMPLEMENTED)
