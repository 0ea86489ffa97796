"""A line: everything that the requests of one account go through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs

from venuekit.capabilities import Capability
from venuekit.clock import Clock, VenueClock
from venuekit.endpoint import Endpoint
from venuekit.pipeline.budget import Budget
from venuekit.pipeline.carry import carry as _carry
from venuekit.pipeline.guard import Guard
from venuekit.pipeline.journal import Journal
from venuekit.pipeline.observe import Observer
from venuekit.pipeline.policy import RetryPolicy
from venuekit.pipeline.subjects import Subjects
from venuekit.pipeline.wire import Wire
from venuekit.venue import Environment, Limit, Venue

__all__ = ["Line", "Place"]


@attrs.define(eq=False)
class Place:
    """What all accounts of a venue share at one place: its clock, what it lacks, and what was read once."""

    venue: Venue[Any]
    environment: Environment = attrs.field(repr=lambda environment: str(environment.name))
    clock: VenueClock = attrs.field(repr=False)
    policy: RetryPolicy = attrs.field(repr=False)
    observers: tuple[Observer, ...] = attrs.field(repr=False)
    #: endpoints that serve only what venue or environment lack, with the reason
    unsupported: Mapping[Endpoint[Any], str] = attrs.field(repr=False)
    remembered: dict[tuple[Endpoint[Any], tuple[tuple[str, Any], ...]], Awaitable[Any]] = attrs.field(
        factory=dict, repr=False
    )


@attrs.define(eq=False)
class Line:
    """
    One account's way to its venue.

    ``pool`` finds the budget of a limit when it is first spent, so that an account that is only held costs nothing.
    """

    place: Place
    wire: Wire = attrs.field(repr=False)
    subjects: Subjects = attrs.field(repr=False)
    pool: Callable[[Limit], Budget] = attrs.field(repr=False)
    guard: Guard = attrs.field(repr=False)
    clock: Clock = attrs.field(repr=False)
    account: str  #: fingerprint of the API key
    keep_raw: bool = False
    journal: Journal | None = None
    halted: bool = False
    learned: dict[type[Capability], str] | None = None
    #: identities of history rows that settled writes of this account already explain
    claimed: set[str] | None = None
    _costs: dict[Endpoint[Any], tuple[tuple[Limit, Budget, int | None], ...]] | None = attrs.field(
        default=None, init=False, repr=False
    )

    #: the way of one request; a method here, so that an account class can be declared without loading it
    carry = _carry

    def costs(self, endpoint: Endpoint[Any]) -> tuple[tuple[Limit, Budget, int | None], ...]:
        """Return the pools an endpoint pays into, each with its cost; None for the endpoint's weight."""
        if self._costs is None:
            self._costs = {}
        found = self._costs.get(endpoint)
        if found is None:
            limits = {limit.name: limit for limit in self.place.venue.limits}
            found = tuple((limits[name], self.pool(limits[name]), cost) for name, cost in endpoint.pools.items())
            self._costs[endpoint] = found
        return found
