"""Processes one request at one simulated venue, without sockets."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from venuekit.clock import Clock
from venuekit.endpoint import EndpointName, Security
from venuekit.errors import ConfigurationError
from venuekit.simulator.access import MASTER, Meter, SimKey, Usage
from venuekit.simulator.ledger import Feed, Ledger, LedgerRefusal, Refused
from venuekit.simulator.message import Arrival, Denied, Response, SimRequest
from venuekit.simulator.prices import INDEX_PRICES, price_assets, price_contract
from venuekit.simulator.routing import Routes
from venuekit.simulator.simulated_venue import UNSERVED, Route, SimulatedVenue, Visit
from venuekit.simulator.streams import SocketRequest, StreamConnection, StreamPeer
from venuekit.venue import Limit, LimitScope, Venue

_log = logging.getLogger("venuekit.simulator")


def open_ledger(
    simulated_venues: Iterable[SimulatedVenue],
    now: Callable[[], datetime],
    *,
    prices: Mapping[str, Decimal] = INDEX_PRICES,
    feed: Feed | None = None,
) -> Ledger:
    """
    Return a fresh ledger for the venues of one realm at index prices; a contract that several of them list is one.

    ``feed`` is the market that it shares with others, None for one of its own.

    Raises:
        ConfigurationError: their simulated venues declare different rules, or a contract has no price.
    """
    simulated_venues = tuple(simulated_venues)
    rules = simulated_venues[0].rules
    if any(simulated.rules != rules for simulated in simulated_venues):
        raise ConfigurationError(
            "venues of one realm share one ledger, but their simulated venues declare different rules"
        )
    listed = dict.fromkeys(contract for simulated in simulated_venues for contract in simulated.contracts)
    assets = dict.fromkeys(asset for simulated in simulated_venues for asset in simulated.assets)
    try:
        contracts = [price_contract(contract, prices) for contract in listed]
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    indexes = {contract.symbol: prices[contract.base] for contract in contracts if contract.base in prices}
    return Ledger(rules, contracts, price_assets(assets, prices), now=now, indexes=indexes, feed=feed)


@attrs.frozen
class Admission:
    """An accepted request: authenticated, within its limits and its window, not yet applied."""

    request: SimRequest
    route: Route
    key: SimKey | None
    usages: tuple[Usage, ...]
    admitted_at: int


@attrs.frozen
class ServiceResult:
    """The answer to a request, and whether it was carried out (a read that succeeds counts as carried out)."""

    response: Response
    applied: bool


class Service:
    """
    One simulated venue on a ledger.

    ``now`` returns the venue's clock in milliseconds since 1970. ``open_account`` returns the ledger of another
    account; without it all keys are of one account. ``keys`` are in the venue's own form. :meth:`admit` and
    :meth:`apply` are the two halves of :meth:`answer`, between which time may pass.
    """

    def __init__(
        self,
        venue: Venue[Any],
        simulated: SimulatedVenue,
        ledger: Ledger,
        *,
        keys: Mapping[str, SimKey],
        now: Callable[[], int],
        meter: Meter | None = None,
        open_account: Callable[[str], Ledger] | None = None,
    ) -> None:
        self.venue = venue
        self.simulated = simulated
        self.ledger = ledger
        self._keys = dict(keys)
        self.now = now
        self._meter = meter or Meter()
        self._open_account = open_account
        self._routes = Routes(venue, simulated)
        self._names = frozenset(route.name for route in self._routes)
        self._writes = frozenset(route.name for route in self._routes if route.is_write)

    def add_key(self, key: SimKey) -> None:
        """Let the venue know a key, in its own form."""
        converted = self.simulated.convert_key(key)
        self._keys[converted.key] = converted

    def serves(self, name: EndpointName) -> bool:
        """Return whether the venue answers an endpoint of this name other than as unknown."""
        return name in self._names or (not name.action and (name.verb, name.path) in self.simulated.refusals)

    def is_write(self, name: EndpointName) -> bool:
        """Return whether an endpoint changes something."""
        return name in self._writes

    @property
    def names(self) -> tuple[EndpointName, ...]:
        """The names of the endpoints that the venue serves."""
        return tuple(sorted(self._names))

    def names_at(self, verb: str, path: str) -> tuple[EndpointName, ...]:
        """Return the names of the endpoints with this verb and documented path, one for each action."""
        return tuple(sorted(name for name in self._names if name[:2] == (verb, path)))

    def open_stream(
        self, request: SimRequest, clock: Clock, carry_out: Callable[[StreamConnection, SocketRequest], None]
    ) -> tuple[StreamConnection, StreamPeer] | Response:
        """
        Return a connection that a request asks for, with the venue's side of it; or the venue's refusal.

        ``carry_out`` carries out the requests that come over the connection.
        """
        connection = StreamConnection(self.venue.id, request, self._keys, self.now, clock, carry_out, self.ledger_of)
        try:
            return connection, self.simulated.open_stream(connection)
        except (Denied, Refused) as error:
            return self._refusal(error, request, self.now())

    def arrival(self, request: SimRequest) -> Arrival:
        """Return a request as one that arrives now, by the name and the parameters of its endpoint."""
        route, read = self._routes.find(request)
        verb, path, action = (request.verb, request.path, ()) if route is None else route.name
        hidden = self.simulated.signature_parameters
        return Arrival(
            venue=self.venue.id,
            verb=verb,
            path=path,
            action=action,
            parameters={name: value for name, value in read.parameters.items() if name not in hidden},
            at=self.now(),
            request=request,
        )

    def answer(self, request: SimRequest) -> Response:
        """Return the answer to a request, carried out at once."""
        admission = self.admit(request)
        return admission if isinstance(admission, Response) else self.apply(admission).response

    def admit(self, request: SimRequest, sent: SocketRequest | None = None) -> Admission | Response:
        """Accept a request, or return the venue's refusal; ``sent`` is the way that it came over a socket."""
        now = self.now()
        route, request = self._routes.find(request)
        if route is None:
            return self._answer_without_route(request, now)
        costs = route.costs(request.parameters)
        of_address = self._limits(of_address=True) if sent is None or sent.counts_for_address else []
        usages = self._meter.pay(costs, of_address, now)
        key: SimKey | None = None
        try:
            self._check_limits(usages, request, now)
            if route.security is not Security.NONE:
                if sent is None or sent.signed_in is None:
                    key = self.simulated.authenticate(request, route.security, self._keys, now)
                else:
                    key = sent.signed_in
                    if route.security is Security.SIGNED:
                        self.simulated.recheck(request, now)
                own = self._limits(of_address=False)
                by_symbol = any(limit.scope is LimitScope.SYMBOL for limit in own if limit.name in costs)
                symbols = route.symbols(request.parameters) if by_symbol else ()
                usages += self._meter.pay(costs, own, now, key=key, symbols=symbols)
                self._check_limits(usages, request, now)
                if key.read_only and route.is_write:
                    raise Denied(self.simulated.forbidden(request, now))
        except (Denied, Refused) as error:
            return self._with_limits(self._refusal(error, request, now), usages, now)
        return Admission(request, route, key, usages, now)

    def apply(
        self,
        admission: Admission,
        seen: Mapping[str, Ledger] | None = None,
        *,
        refusal: LedgerRefusal | None = None,
        rechecks: bool = True,
    ) -> ServiceResult:
        """
        Carry out an accepted request, or refuse it for a scripted ``refusal``.

        ``seen`` are older copies of the ledger, by account, where a lagging read is played. A signed request whose
        window has passed meanwhile is refused and changes nothing, where the venue ``rechecks`` it.
        """
        now = self.now()
        request, route = admission.request, admission.route
        applied = False
        try:
            if rechecks and route.security is Security.SIGNED and now != admission.admitted_at:
                self.simulated.recheck(request, now)
            if refusal is not None:
                raise Refused(refusal.reason, **refusal.details)
            ledger = (seen or {}).get(_account_of(admission.key)) or self._ledger_of(admission.key)
            payload = route.handler(request, Visit(ledger, now, admission.key))
            response = payload if isinstance(payload, Response) else self.simulated.render(payload, now)
            applied = True
        except (Denied, Refused) as error:
            response = self._refusal(error, request, now)
        return ServiceResult(self._with_limits(response, admission.usages, now), applied)

    def _answer_without_route(self, request: SimRequest, now: int) -> Response:
        where = (request.verb, request.path)
        if fixed := self.simulated.refusals.get(where):
            return fixed
        if where in self.simulated.unserved:
            _log.warning("%s: %s %s is %s", self.venue.id, *where, UNSERVED)
            return self.simulated.answer_unserved(request, now)
        return self.simulated.unknown_route(request, self._routes.verbs_of(request.path), now)

    def ledger_of(self, account: str) -> Ledger:
        """Return the ledger of an account, by its name or number."""
        return self.ledger if account == MASTER or self._open_account is None else self._open_account(account)

    def ledger_of_caller(self, request: SimRequest, sent: SocketRequest | None = None) -> Ledger:
        """
        Return the ledger of the account whose key a request carries anywhere, or that logged in on its socket.

        It is the main one where there is no key.
        """
        if sent is not None and sent.signed_in is not None:
            return self._ledger_of(sent.signed_in)
        carried = {*request.headers.values(), *(one for one in request.parameters.values() if isinstance(one, str))}
        return self._ledger_of(next((key for name, key in self._keys.items() if name in carried), None))

    def _ledger_of(self, key: SimKey | None) -> Ledger:
        return self.ledger_of(_account_of(key))

    def _limits(self, *, of_address: bool) -> list[Limit]:
        return [limit for limit in self.venue.limits if (limit.scope is LimitScope.ADDRESS) is of_address]

    def _check_limits(self, usages: Iterable[Usage], request: SimRequest, now: int) -> None:
        for usage in usages:
            if usage.is_exceeded:
                raise Denied(self.simulated.limit_response(usage, request, now))

    def _refusal(self, error: Denied | Refused, request: SimRequest, now: int) -> Response:
        return error.response if isinstance(error, Denied) else self.simulated.refuse(error.refusal, request, now)

    def _with_limits(self, response: Response, usages: tuple[Usage, ...], now: int) -> Response:
        headers = self.simulated.limit_headers(usages, now)
        return attrs.evolve(response, headers={**headers, **response.headers}) if headers else response


def _account_of(key: SimKey | None) -> str:
    """Return the account of a key; a public request sees the market of the master account, which all others share."""
    return MASTER if key is None else key.account
