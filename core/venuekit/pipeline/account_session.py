"""A session: everything that the requests of one account go through."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from venuekit.capabilities import Capability
from venuekit.clock import Clock, VenueClock
from venuekit.credentials.secret import Secret
from venuekit.endpoint import Endpoint
from venuekit.pipeline.budget import Budget
from venuekit.pipeline.execute import execute as _execute
from venuekit.pipeline.guard import Guard
from venuekit.pipeline.journal import FileJournal
from venuekit.pipeline.observe import Observer
from venuekit.pipeline.options import RetryPolicy
from venuekit.pipeline.wire import RestWire
from venuekit.pipeline.write_scopes import WriteScopes
from venuekit.remembered import Remembered
from venuekit.venue import Environment, Limit, LimitScope, Venue

if TYPE_CHECKING:
    from venuekit.pipeline.position_limit import PositionLimit


@attrs.define(eq=False)
class VenueSession:
    """The state that all accounts of one environment of a venue share: clock, missing endpoints, remembered reads."""

    venue: Venue[Any]
    environment: Environment = attrs.field(repr=lambda environment: str(environment.name))
    clock: VenueClock = attrs.field(repr=False)
    policy: RetryPolicy = attrs.field(repr=False)
    observers: tuple[Observer, ...] = attrs.field(repr=False)
    #: endpoints that serve only unsupported capabilities, and those found to be absent here, with the reason
    unsupported: dict[Endpoint[Any], str] = attrs.field(repr=False)
    remembered: Remembered = attrs.field(repr=False)
    #: whether the runtime that made it is closed
    closed: bool = False


class Costs(NamedTuple):
    """The cost of a request to an endpoint."""

    pools: tuple[tuple[Limit, Budget, int | None], ...]  #: with the cost in each, None for the endpoint's weight
    due: list[tuple[Budget, int]] | None  #: None where the weight depends on the parameters
    reserve: float  #: the share of each pool that is reserved for more urgent requests

    def of(self, weight: int) -> list[tuple[Budget, int]]:
        """Return the amounts due at a weight."""
        return [(pool, weight if cost is None else cost) for _, pool, cost in self.pools]


@attrs.define(eq=False)
class AccountSession:
    """
    One account's way to its venue.

    ``pool`` finds the budget of a limit when it is first spent, so that an account that is only held costs nothing.
    """

    venue_session: VenueSession
    wire: RestWire = attrs.field(repr=False)
    write_scopes: WriteScopes = attrs.field(repr=False)
    pool: Callable[[Limit], Budget] = attrs.field(repr=False)
    guard: Guard = attrs.field(repr=False)
    clock: Clock = attrs.field(repr=False)
    account: str  #: fingerprint of the API key
    keep_raw: bool = False
    journal: FileJournal | None = None
    halted: bool = False
    closed: bool = False  #: whether the block that opened the account has ended
    learned: dict[type[Capability], str] | None = None
    position_limit: PositionLimit | None = attrs.field(default=None, repr=False)
    #: held so that the redactor knows them for as long as the account is there
    secrets: tuple[Secret, ...] = attrs.field(default=(), repr=False)
    _costs: dict[Endpoint[Any], Costs] | None = attrs.field(default=None, init=False, repr=False)

    #: the way of one request; a method here, so that an account class can be declared without loading it
    execute = _execute

    def costs(self, endpoint: Endpoint[Any]) -> Costs:
        """Return the cost of a request to an endpoint, pool by pool; computed once."""
        if self._costs is None:
            self._costs = {}
        found = self._costs.get(endpoint)
        if found is None:
            limits = {limit.name: limit for limit in self.venue_session.venue.limits}
            prices = dict(endpoint.pools)
            if not any(limits[name].scope is LimitScope.ADDRESS for name in prices):
                # it pays nothing there, and does not leave either while the address is shut out
                prices |= {limit.name: 0 for limit in limits.values() if limit.scope is LimitScope.ADDRESS}
            pools = tuple((limits[name], self.pool(limits[name]), cost) for name, cost in prices.items())
            costs = Costs(pools, None, endpoint.priority.value)
            found = costs._replace(due=costs.of(endpoint.weight)) if isinstance(endpoint.weight, int) else costs
            self._costs[endpoint] = found
        return found
