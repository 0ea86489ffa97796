"""Rounds: the requests of the writes that go to one endpoint at a time, and how often they were carried out."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from tests.proof.fates import Fate

from venuekit.endpoint import Effect, Endpoint
from venuekit.simulator import Arrival, Simulation


@attrs.define(eq=False)
class Round:
    """
    The requests of one write, or of two at once, at an endpoint.

    Attributes:
        begin: How many requests had arrived anywhere before.
        end: How many had when the next write began after its end; None before that.
        fates: The fates of its attempts, by name, in the order in which they arrive.
        writes: How many writes it is of.
        is_open: Whether one of them is under way.
        resends: Whether the caller allows that one is sent again once it is proven not to have arrived.
    """

    sim: Simulation = attrs.field(repr=False)
    endpoint: Endpoint[object]
    begin: int
    end: int | None = None
    fates: list[str] = attrs.field(factory=list)
    writes: int = 0
    is_open: bool = True
    resends: bool = False

    @property
    def arrivals(self) -> list[Arrival]:
        """Its requests, as far as they have arrived."""
        return [one for one in self.sim.requests[self.begin : self.end] if one.endpoint_name == self.endpoint.name]

    @property
    def executed(self) -> int:
        """How many of them the venue has carried out by now."""
        return sum(one.applied is True for one in self.arrivals)

    def check(self, fates: Mapping[str, Fate]) -> None:
        """
        Check that no request which may have been carried out was sent again.

        Raises:
            AssertionError: an order or a margin move left twice.
        """
        if self.resends or self.endpoint.effect not in {Effect.KEYED, Effect.DELTA}:
            return
        sent, undisturbed = 0, fates["nothing"]
        for number, arrival in enumerate(self.arrivals):
            fate = fates[self.fates[number]] if number < len(self.fates) else undisturbed
            is_refused = fate.is_refusal or (fate.is_answered and arrival.applied is False)
            sent += not is_refused
        assert sent <= self.writes, f"{self.endpoint.name} left {sent} times for {self.writes}: {self.arrivals}"
