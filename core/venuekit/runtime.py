"""Runtime: the state that accounts share, made and closed in one place."""

from __future__ import annotations

import asyncio
import warnings
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import attrs

from venuekit._util.called import run_as
from venuekit.budgets import Budgets
from venuekit.clock import Clock, OwnClock, SystemClock, VenueClock
from venuekit.credentials import Credentials, Secret
from venuekit.credentials.fields import check_credentials, fingerprint
from venuekit.first_reads import measure_clock, read_identity
from venuekit.owners import KeyName, Owners, state_directory
from venuekit.pipeline.account_session import AccountSession, VenueSession
from venuekit.pipeline.arrival import listener_of
from venuekit.pipeline.events import notify_of_broken, notify_of_clock
from venuekit.pipeline.guard import Guard, PositionLimit, holdings_reader
from venuekit.pipeline.interlock import environment_of, is_local, mark_requests
from venuekit.pipeline.observe import Observer
from venuekit.pipeline.options import RetryPolicy
from venuekit.pipeline.owner import Owner
from venuekit.pipeline.proxy import proxy_of
from venuekit.pipeline.sockets import AiohttpSockets
from venuekit.pipeline.unsupported import find_unsupported_endpoints
from venuekit.pipeline.wire import RestWire, Wire
from venuekit.read_cache import ReadCache
from venuekit.request_bounds import TOLERANCE, NonceRule, RequestExpiry
from venuekit.streams.sessions import StreamSessions
from venuekit.venue import Environment, EnvironmentName, Venue

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.message import Transport
    from venuekit.pipeline.budget_store import PoolState
    from venuekit.pipeline.nonces import Nonces
    from venuekit.pipeline.socket_links import SocketLinks
    from venuekit.pipeline.tokens import Tokens
    from venuekit.plugins import Plugins

A = TypeVar("A", bound="Account")
M = TypeVar("M")

#: the guard of accounts whose owner sets none
_NO_LIMITS = Guard()


class Runtime:
    """
    The state accounts share: transports, clocks, budgets, write scopes; an async context manager of one loop.

    Objects that hooks make for it and that have an ``async def aclose()`` are closed with it, the last one first.

    Args:
        plugins: Where venues and hooks come from; by default everything installed, found when the runtime is entered.
        clock: Where time comes from.
        journal: Directory of the audit journals; by default the platform's state directory, and for ``live`` only.
            False keeps none. The nonces of a venue that needs them (``Venue.nonce``) are kept beside them.
        instruments_max_age: How long instruments are believed before they are read again.
        proxy: URL of the HTTP proxy that venues are reached through, such as ``http://user:password@host:3128``; by
            default the one that ``VENUEKIT_PROXY`` names. The environment's other proxies are not used, and none is
            used for this machine.
        budget: URL of the server through which processes and hosts share their limit pools, such as
            ``redis://:password@host:6379/0``; by default the one that ``VENUEKIT_BUDGET`` names, and without one each
            process has pools of its own.
        address: Name of the address that venues see, for the pools of an address; by default ``VENUEKIT_ADDRESS``, else
            the proxy's or the machine's own, see :class:`~venuekit.pipeline.egress.Egress`.

    Raises:
        ConfigurationError: a URL is none of a proxy or a server of budgets, or the address is no name of one.
    """

    def __init__(
        self,
        *,
        plugins: Plugins | None = None,
        clock: Clock | None = None,
        journal: Path | bool | None = None,
        instruments_max_age: timedelta = timedelta(hours=1),
        proxy: str | Secret | None = None,
        budget: str | Secret | None = None,
        address: str | None = None,
    ) -> None:
        #: objects of hooks that have to be closed, in the order of their making
        self._made: list[Any] = []
        self._closed = False
        proxy = Secret(proxy) if isinstance(proxy, str) else proxy  # no frame of a traceback has its password
        budget = Secret(budget) if isinstance(budget, str) else budget
        self._proxy = proxy_of(proxy)
        self._clock = clock or SystemClock()
        self._budgets = Budgets(self._clock, budget, address, self._proxy)
        self._plugins = plugins
        self._finding = asyncio.Lock()
        self._journal = journal
        self._max_age = instruments_max_age.total_seconds()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._venue_sessions: dict[tuple[str, str, str], tuple[VenueSession, Transport]] = {}
        self._operators: dict[str, tuple[RetryPolicy, tuple[Observer, ...]]] = {}
        self._owners = Owners(
            clock=self._clock,
            directory=journal if isinstance(journal, Path) else None,
            make_budget=lambda name: self._budgets.add(self.plugins.make_budget(name), name),
            address_of=self._budgets.address_of,
            on_join=self._budgets.note_joined,
            keep=self._keep,
        )
        self._nonces: dict[tuple[str, str, str], Nonces] = {}
        self._tokens: dict[tuple[str, str, str], Tokens] = {}

    @property
    def plugins(self) -> Plugins:
        """Where venues and hooks come from; found here and now unless the runtime was entered or has opened one."""
        if self._plugins is None:
            from venuekit.plugins import make_plugins

            self._plugins = make_plugins()
        return self._plugins

    async def find_plugins(self) -> Plugins:
        """Return the plugins, whose modules are imported in a worker thread so that the loop keeps its beat."""
        if self._plugins is None:
            from venuekit.plugins import make_plugins

            async with self._finding:
                if self._plugins is None:
                    self._plugins = await asyncio.to_thread(make_plugins)
        return self._plugins

    @property
    def clock(self) -> Clock:
        """Where time comes from."""
        return self._clock

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        await self.find_plugins()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close these objects in reverse order; one that cannot be closed does not keep the others open."""
        self._closed = True
        async with AsyncExitStack() as stack:
            for made in self._made:
                stack.push_async_callback(made.aclose)
            self._made.clear()
            for venue_session, _ in self._venue_sessions.values():
                venue_session.closed = True
            self._venue_sessions.clear()

    def __del__(self) -> None:
        if self._made and not self._closed:
            warnings.warn(f"{self!r} was never closed", ResourceWarning, source=self, stacklevel=2)

    async def open(
        self,
        venue: Venue[A],
        credentials: Credentials,
        *,
        guard: Guard | None = None,
        read_only: bool = False,
        keep_raw: bool = False,
        name: str | None = None,
        transport: str = "rest",
        check_orders: bool = False,
    ) -> A:
        """
        Return an account, its clock measured and its class's own checks passed; the arguments are those of `connect`.

        Raises:
            ConfigurationError: the venue has no WebSocket API here.
            CredentialsError: the credentials may not travel to this host, or are not those that the venue declares.
            OperationError: the venue cannot be reached, or refuses the account. One whose time alone cannot be read
                is warned of (:class:`~venuekit.clock.ClockWarning`).
        """
        self._check_loop()
        await self.find_plugins()
        self._budgets.find_store(self.plugins, self._keep)
        environment = environment_of(venue, credentials)
        check_credentials(venue, credentials, signs_elsewhere=self.plugins.is_answered("venuekit_make_signer"))
        venue_session, http = self._venue_session(venue, environment)
        if environment == venue_session.environment:
            environment = venue_session.environment  # one for all accounts
        key_name = KeyName.of(venue, credentials)
        owner = self._owners.find(venue, environment, key_name, is_journaled=self._is_journaled(environment))
        signer = self._keep(self.plugins.make_signer(venue, credentials))
        guard = guard or _NO_LIMITS
        self._make_pools(venue_session, owner)
        if environment.name is EnvironmentName.LIVE and (broken := self.plugins.broken_operators()):
            guard = attrs.evolve(guard, barred="; ".join(map(str, broken)))
        wire: Wire = RestWire.of(venue, environment, credentials, signer, http)
        if transport != "rest":
            wire = self._links(venue_session).make_wire(wire, venue_session, owner)
        session = AccountSession(
            venue_session=venue_session,
            wire=wire,
            owner=owner,
            guard=attrs.evolve(guard, read_only=True) if read_only else guard,
            clock=self._clock,
            keep_raw=keep_raw,
            name=name,
            journal=owner.journal,
            tokens=self._tokens_of(venue, venue_session, owner.key),
            nonces=None if venue.nonce is None else self._nonces_of(venue, venue.nonce, environment, credentials),
            on_answer=listener_of(venue),
            secrets=(credentials.key, credentials.secret, *credentials.fields.values()),
        )
        if venue_session.observers:
            notify_of_broken(venue_session, self.plugins.broken_operators())
        opened = venue.account(session)
        if session.guard.max_position_notional is not None:
            read = holdings_reader(opened)
            session.position_limit = PositionLimit(session.guard.max_position_notional, read, self._clock)
        async with AsyncExitStack() as unless_open:
            unless_open.push_async_callback(wire.aclose)
            async with venue_session.opening:
                if venue.server_time is not None and not venue_session.clock.synced:
                    await measure_clock(opened)
                with run_as(("connect",)):
                    await opened.on_open()
                if owner.identity is None and (identity := await read_identity(opened, owner)) is not None:
                    self._owners.learn(environment, owner, key_name, identity)
                    self._make_pools(venue_session, owner)
            unless_open.pop_all()
        owner.is_open = True
        return opened.with_options(check_orders=True) if check_orders else opened

    def _links(self, venue_session: VenueSession) -> SocketLinks:
        if venue_session.links is None:
            from venuekit.pipeline.socket_links import SocketLinks

            sockets = AiohttpSockets(self._proxy)
            venue_session.links = self._keep(SocketLinks(venue_session.venue.endpoints, sockets, self._clock))
        return venue_session.links

    def _keep(self, made: M) -> M:
        """Remember an object of a hook, when it has to be closed."""
        if hasattr(made, "aclose"):
            self._made.append(made)
        return made

    def _venue_session(self, venue: Venue[Any], environment: Environment) -> tuple[VenueSession, Transport]:
        key = (venue.id, environment.name, environment.rest)
        if key not in self._venue_sessions:
            if venue.id not in self._operators:
                policy = RetryPolicy().tighten(self.plugins.retry_policy(venue))
                self._operators[venue.id] = (policy, tuple(map(self._keep, self.plugins.observers(venue))))
            policy, observers = self._operators[venue.id]
            venue_session = VenueSession(
                venue=venue,
                environment=environment,
                clock=self._keep(OwnClock(self._clock) if venue.server_time is None else VenueClock(self._clock)),
                policy=policy,
                observers=observers,
                unsupported=find_unsupported_endpoints(venue, environment),
                remembered=self._keep(ReadCache(self._clock, self._max_age)),
                find_pool=partial(self._owners.pool, environment),
                waiters=self._budgets.waiters,
                shared=self._budgets.shared,
            )
            if venue.stream is not None:
                venue_session.streams = self._keep(StreamSessions(venue.stream, AiohttpSockets(self._proxy)))
            if observers:
                venue_session.clock.on_measure = partial(notify_of_clock, venue_session)
            proxy = None if is_local(environment.rest) else self._proxy
            transport = self._keep(self.plugins.make_transport(venue, environment, proxy))
            self._venue_sessions[key] = (venue_session, mark_requests(transport, venue, environment))
        return self._venue_sessions[key]

    def pools(self) -> tuple[PoolState, ...]:
        """Return the pools of this process that were spent from, with their use and the requests that wait for them."""
        from venuekit.pipeline.pool_states import states_of

        return states_of(self._owners.pools(), self._budgets.waiters, self._clock)

    def _make_pools(self, venue_session: VenueSession, owner: Owner) -> None:
        """Have a hook make its pools now, and not in the middle of a write: it may raise."""
        if self.plugins.is_answered("venuekit_make_budget"):
            for limit in venue_session.venue.limits:
                venue_session.find_pool(owner, limit)

    def _is_journaled(self, environment: Environment) -> bool:
        if self._journal is None:
            return environment.name is EnvironmentName.LIVE
        return self._journal is not False

    def _tokens_of(self, venue: Venue[Any], venue_session: VenueSession, account: str) -> Tokens | None:
        """Return the session token that the accounts of a key share, None where the venue has none."""
        if venue.session_token is None:
            return None
        from venuekit.pipeline.tokens import Tokens

        name = (venue.id, venue_session.environment.site, account)
        tokens = self._tokens.get(name)
        if tokens is None:
            tokens = self._tokens[name] = self._keep(Tokens(venue.session_token, venue_session.clock))
        return tokens

    def _nonces_of(
        self, venue: Venue[Any], rule: NonceRule, environment: Environment, credentials: Credentials
    ) -> Nonces:
        """Return the nonces of a signing key; every process of this machine raises them, one for a simulator alone."""
        from venuekit.pipeline.nonces import Nonces

        # an operator's signer may keep the key elsewhere: then the secret is none, and the same for every key
        keeps_key = self.plugins.is_answered("venuekit_make_signer")
        signing_key = fingerprint(credentials.secret, {"key": credentials.key.reveal()} if keeps_key else None)
        name = (venue.realm, environment.site, signing_key)
        nonces = self._nonces.get(name)
        if nonces is None:
            path = None
            is_shared = self._journal is not False and environment.name is not EnvironmentName.SIM
            if is_shared or isinstance(self._journal, Path):
                directory = self._journal if isinstance(self._journal, Path) else state_directory()
                path = directory / f"{venue.realm}-{environment.name}-{signing_key}.nonce"
            # in a window, nothing that lies further ahead than this is accepted
            lead = venue.recv_window_most + TOLERANCE if venue.expiry is RequestExpiry.WINDOW else None
            nonces = self._nonces[name] = self._keep(Nonces(rule, signing_key, self._clock, path, lead))
        return nonces

    def _check_loop(self) -> None:
        if self._closed:
            raise RuntimeError("this Runtime is closed")
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        if self._loop is not loop:
            raise RuntimeError("a Runtime belongs to the loop that opened it; make one per loop")
