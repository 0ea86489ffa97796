"""Simulations: venues that run on this machine, with keys that only work here."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Any, Self

import attrs

from venuekit.clock import Clock, SystemClock
from venuekit.credentials import Credentials
from venuekit.key_kinds import KeyKind, list_kinds
from venuekit.simulator.access import MASTER, SUB_ACCOUNT, SimKey, make_key
from venuekit.simulator.accounts import KeyKinds, Money, read_accounts, read_key_kinds
from venuekit.simulator.disturbances import Script
from venuekit.simulator.key_pairs import find_kind, with_kind
from venuekit.simulator.ledger import Ledger
from venuekit.simulator.listing import list_contracts
from venuekit.simulator.market_commands import MarketCommands
from venuekit.simulator.markets import Market
from venuekit.simulator.message import Arrival, Response, SimRequest
from venuekit.simulator.movements import Movement
from venuekit.simulator.opening import check_money, find_scenario, make_services, make_simulated_venues, open_realm
from venuekit.simulator.price_board import PriceBoard
from venuekit.simulator.realm import Realm
from venuekit.simulator.script_commands import ScriptCommands
from venuekit.simulator.server import Server
from venuekit.simulator.service import Service
from venuekit.simulator.simulated_venue import Scenario
from venuekit.simulator.stream_commands import StreamCommands
from venuekit.simulator.streams import StreamHub
from venuekit.venue import Venue

#: seconds between two looks at the movements that are played
_BEAT = 0.5


class Simulation(MarketCommands, ScriptCommands, StreamCommands):
    """
    Simulated venues on one port of 127.0.0.1; an async context manager, made by :func:`venuekit.simulate`.

    Three pairs of keys open every venue: a trading one, a read-only one, and one of a sub-account; :meth:`add_key`
    makes more. Venues of one realm share one ledger an account. A sub-account begins with the same scenario, in a
    ledger of its own; a named account begins with its money alone. Prices are those of the venue, the same for all of
    its accounts. Time comes from ``clock``, all randomness from ``seed``.

    Attributes:
        key, secret: The trading pair; where a venue has another form of keys, :meth:`key_of` returns it.
        read_only_key, read_only_secret: A pair that is refused writes.
        sub_account_key, sub_account_secret: A pair that is refused everything reserved for a master account.
        requests: The arrived requests, oldest first.
        script: The disturbances that are still to be played.
        streams: The open WebSocket connections.
    """

    def __init__(
        self,
        venues: Iterable[Venue[Any]],
        *,
        scenario: str = "holding",
        seed: int = 0,
        clock: Clock | None = None,
        port: int = 0,
        markets: Mapping[str, Sequence[Market]] = MappingProxyType({}),
        accounts: Mapping[str, Money] = MappingProxyType({}),
        prices: Mapping[str, Decimal] = MappingProxyType({}),
        keys: KeyKinds = KeyKind.HMAC,
    ) -> None:
        self._venues = {venue.id: venue for venue in venues}
        self._scenario_name = scenario
        self._clock = clock or SystemClock()
        self._port = port
        self._offsets = {venue.realm: 0 for venue in self._venues.values()}
        self._seed = seed
        named = self._named = read_accounts(accounts, self._venues)
        made = [make_key(seed), make_key(seed, read_only=True), make_key(seed, account=SUB_ACCOUNT)]
        for name in named:
            made += [make_key(seed, account=name), make_key(seed, read_only=True, account=name)]
        kinds = read_key_kinds(keys, dict.fromkeys(key.account for key in made), self._venues.values())
        self._keys = [with_kind(key, kinds[key.account]) for key in made]
        trading, reading, sub, *_ = self._keys
        self.key, self.secret = trading.key, trading.secret
        self.read_only_key, self.read_only_secret = reading.key, reading.secret
        self.sub_account_key, self.sub_account_secret = sub.key, sub.secret
        self.script = Script()
        groups = make_simulated_venues(self._venues.values())
        self._board = PriceBoard(self._clock, list_contracts(groups, markets, prices), seed=seed)
        self.streams = StreamHub(milliseconds=self._board.milliseconds, tick=self.tick, next_effect=self._next_effect)
        realms: dict[str, Realm] = {}
        services: dict[str, Service] = {}
        for mates in groups:
            now = partial(self._milliseconds_in, self._venues[next(iter(mates))].realm)
            realm = open_realm(
                mates, scenario=scenario, named=named, board=self._board, now=now, post=self.streams.post
            )
            realms |= dict.fromkeys(mates, realm)
            services |= make_services(self._venues, mates, realm, now)
        check_money(named, [(mates, realms[next(iter(mates))]) for mates in groups])
        self._realms = realms
        self._beating: asyncio.Task[None] | None = None
        self._services = {venue_id: services[venue_id] for venue_id in self._venues}
        for key in self._keys:
            self._announce(key)
        self._server = Server(
            self._services, self.script, clock=self._clock, step_clock=self._step_clock, hub=self.streams
        )

    # -- life

    async def __aenter__(self) -> Self:
        await self._server.open(self._port)
        self._start_beating()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        beating, self._beating = self._beating, None
        try:
            if beating is not None:
                beating.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await beating
        finally:
            await self._server.close()

    def play(self, movement: Movement) -> None:
        """
        Play a movement from now on, on the simulation's clock; several are played side by side.

        Its moves happen before the next request, read or command, each at its own time.

        Raises:
            LookupError: it moves a venue, a symbol or an asset that is not simulated.
        """
        super().play(movement)
        self._start_beating()

    def _start_beating(self) -> None:
        """Keep up with the machine's clock while something is played: no request must wait for hours of moves."""
        is_beating = self._beating is not None and not self._beating.done()
        if self._board.is_playing and self.port and not is_beating and isinstance(self._clock, SystemClock):
            self._beating = asyncio.get_running_loop().create_task(self._beat())

    async def _beat(self) -> None:
        while self._board.is_playing:
            await asyncio.sleep(_BEAT)
            self._board.advance()

    # -- the way in

    @property
    def venue_ids(self) -> tuple[str, ...]:
        """The simulated venues' ids."""
        return tuple(self._venues)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that have keys, by name or number; the main one, ``"1"``, is the first."""
        return tuple(dict.fromkeys(key.account for key in self._keys))

    def venue_ids_of(self, account: str) -> tuple[str, ...]:
        """Return the venues of an account, by name or number: all, or those that have all of its money."""
        homes = {one.venue_id for one in self._named.get(account, ())} or {None}
        return tuple(venue_id for venue_id in self._venues if not homes.isdisjoint({None, venue_id}))

    def venue(self, venue_id: str) -> Venue[Any]:
        """Return a simulated venue's declaration."""
        return self._service(venue_id).venue

    @property
    def port(self) -> int:
        """The port of the server; 0 before it is opened."""
        return self._server.port

    def rest(self, venue_id: str) -> str:
        """Return the URL of a venue, without a trailing slash."""
        self._service(venue_id)
        return f"http://127.0.0.1:{self.port}/{venue_id}"

    def add_key(
        self,
        *,
        account: str = MASTER,
        read_only: bool = False,
        kind: KeyKind = KeyKind.HMAC,
        public_key: str | None = None,
    ) -> SimKey:
        """
        Return a further key of an account; venues that do not take its kind do not know it.

        Args:
            account: ``"1"`` is the master, other numbers are sub-accounts of it; a name is one of ``accounts``.
            read_only: Whether it is refused writes.
            kind: How it signs.
            public_key: The public half of a private key that the simulation does not have, in PEM; its kind is the
                key's, whatever ``kind`` says, and ``secret`` is empty.

        Raises:
            LookupError: there is no account of this name.
            ValueError: ``public_key`` is no public key, or neither RSA nor Ed25519.
        """
        if not account.isdigit():
            self._check_account(account)
        key = make_key(self._seed, read_only=read_only, account=account, number=len(self._keys))
        if public_key is not None:
            key = attrs.evolve(key, secret="", kind=find_kind(public_key), public_key=public_key)
        else:
            key = with_kind(key, kind)
        self._keys.append(key)
        self._announce(key)
        return key

    def _announce(self, key: SimKey) -> None:
        for service in self._services.values():
            if key.kind in service.venue.key_kinds:
                service.add_key(key)

    def key_of(
        self,
        venue_id: str,
        *,
        account: str | None = None,
        read_only: bool = False,
        sub_account: bool = False,
        key: SimKey | None = None,
    ) -> SimKey:
        """
        Return a key in the form of a venue and with its fields.

        Args:
            venue_id: The venue.
            account: A named account, or the number of one that has keys; the main one when None.
            read_only: Whether it is the read-only key of the account.
            sub_account: Whether it is the key of the sub-account.
            key: Another key, as :meth:`add_key` returns them.

        Raises:
            LookupError: the venue is not simulated or takes no key of this kind, or there is no such account, or it has
                no such key.
        """
        service = self._service(venue_id)
        if key is None:
            wanted = SUB_ACCOUNT if sub_account else account or MASTER
            self._check_account(wanted)
            key = next((one for one in self._keys if (one.account, one.read_only) == (wanted, read_only)), None)
            if key is None:
                raise LookupError(f"account {wanted!r} has no {'read-only' if read_only else 'trading'} key")
        if key.kind not in service.venue.key_kinds:
            takes = list_kinds(service.venue.key_kinds)
            raise LookupError(f"{venue_id} takes no {key.kind.label} key; it takes {takes}")
        return service.simulated.convert_key(key)

    def _check_account(self, account: str) -> None:
        if account not in self.accounts:
            raise LookupError(f"there is no account {account!r}; there are {', '.join(self.accounts)}")

    def make_stranger(self, venue_id: str) -> SimKey:
        """Return a key in the form of a venue that no venue of this simulation knows."""
        return self._service(venue_id).simulated.convert_key(make_key(self._seed, number=-1))

    def credentials(
        self,
        venue_id: str,
        *,
        account: str | None = None,
        read_only: bool = False,
        sub_account: bool = False,
        key: SimKey | None = None,
    ) -> Credentials:
        """Return credentials for :func:`venuekit.connect`; arguments and errors as of :meth:`key_of`."""
        known = self.key_of(venue_id, account=account, read_only=read_only, sub_account=sub_account, key=key)
        return Credentials.sim(self.rest(venue_id), known.key, known.secret, fields=known.fields)

    # -- the server's side

    def answer(self, venue_id: str, request: SimRequest) -> Response:
        """Return a venue's answer to a request that did not come through the server; not logged, never disturbed."""
        return self._service(venue_id).answer(request)

    def arrival(self, venue_id: str, request: SimRequest) -> Arrival:
        """Return a request as the venue reads it when it arrives; it is neither answered nor logged."""
        return self._service(venue_id).arrival(request)

    @property
    def ledger(self) -> Ledger:
        """
        The ledger, when all venues share one.

        Raises:
            LookupError: the venues have several ledgers.
        """
        first, *others = {id(service.ledger): service.ledger for service in self._services.values()}.values()
        if others:
            raise LookupError("these venues have more than one account; ask with ledger_of(venue id)")
        return first

    def ledger_of(self, venue_id: str, *, account: str = MASTER) -> Ledger:
        """
        Return the ledger of a venue's account, by its name or number; the master's is ``"1"``.

        Raises:
            LookupError: the venue is not simulated, or there is no account of this name.
        """
        if not account.isdigit():
            self._check_account(account)
        return self._service(venue_id).ledger_of(account)

    def scenario(self, venue_id: str) -> Scenario:
        """Return the scenario that a venue opened with."""
        return find_scenario(venue_id, self._service(venue_id).simulated, self._scenario_name)

    @property
    def requests(self) -> list[Arrival]:
        """The arrived requests, oldest first; clear the list to count anew."""
        return self._server.arrivals

    def milliseconds(self, venue_id: str | None = None) -> int:
        """Return the clock of a venue, of the first one when None, in milliseconds since 1970."""
        return self._milliseconds_in(self.venue(venue_id or self.venue_ids[0]).realm)

    def _milliseconds_in(self, realm: str) -> int:
        return self._board.milliseconds() + self._offsets[realm]

    def skew(self, seconds: float, venue_id: str | None = None) -> None:
        """
        Set the clock of a venue, of all when None, this far ahead of the given clock (below zero: behind it).

        Venues of one realm have one clock.
        """
        realms = self._offsets if venue_id is None else (self.venue(venue_id).realm,)
        self._offsets |= dict.fromkeys(realms, round(seconds * 1000))

    def _step_clock(self, venue_id: str, seconds: float) -> None:
        self._offsets[self._venues[venue_id].realm] += round(seconds * 1000)
