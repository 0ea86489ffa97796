"""A lost write of the toy venue whose reads find what a test says, on a clock that only waits move."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import attrs

import venuekit
from venuekit.endpoint import Endpoint
from venuekit.errors import Outcome
from venuekit.pipeline.observe import EventKind
from venuekit.plugin import Venue
from venuekit.resolution import Lost
from venuekit.simulator import Simulation
from venuekit.testing.clocks import InstantClock
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY

ADDING: dict[str, Any] = {"contract": "TOYUSD", "amount": Decimal(5)}
SETTING: dict[str, Any] = {"contract": "GEMUSD", "leverage": 7}


@attrs.define
class Looks:
    """An account, and the script of the reads about its lost writes: values that they find, and errors."""

    sim: Simulation
    account: Any
    clock: InstantClock
    script: list[Any] = attrs.field(factory=list)
    #: when each read was made, in milliseconds from the first attempt to send the write
    times: list[int] = attrs.field(factory=list)
    #: how often the venue's time was asked for before each read
    measured: list[int] = attrs.field(factory=list)
    lost: list[Lost] = attrs.field(factory=list)
    events: list[Any] = attrs.field(factory=list)

    async def read(self, _: object, lost: Lost) -> Any:
        """Find what is next in the script; serves as ``resolve`` and as ``readback``."""
        paths = [one.path for one in self.sim.requests]
        self.times.append(self.clock.milliseconds() - self.sent_at)
        self.measured.append(paths.count(TOY.SERVER_TIME.path))
        self.lost.append(lost)
        found = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(found, Exception):
            raise found
        return found

    @property
    def sent_at(self) -> int:
        """When the first write arrived, in milliseconds."""
        return next(one.at for one in self.sim.requests if one.verb != "GET")

    async def call(
        self, endpoint: Endpoint[Any], disturbance: Any, *script: Any, times: int = 1, **options: Any
    ) -> Any:
        """Send a write whose first answers are disturbed."""
        self.script[:], self.times[:], self.measured[:] = script, [], []
        self.sim.requests.clear()
        self.events.clear()
        self.sim.disturb("toy_perp", endpoint, disturbance, times=times)
        parameters = ADDING if "amount" in {one.name for one in endpoint.parameters} else SETTING
        return await self.account.with_options(**options).call(endpoint, **parameters)

    def resolutions(self) -> list[Outcome]:
        """Return the outcomes that observers were told of."""
        return [event.outcome for event in self.events if event.kind is EventKind.RESOLUTION]


@asynccontextmanager
async def scripted_looks(venue: Venue[Any] = TOY_PERP) -> AsyncIterator[Looks]:
    """Open an account of the toy venue, or of a kind of it."""
    clock = InstantClock()
    async with Simulation((venue,), clock=clock) as sim, venuekit.Runtime(clock=clock, journal=False) as runtime:
        account: Any = await runtime.open(venue, sim.credentials("toy_perp"))
        looks = Looks(sim, account, clock)
        account._session.venue_session.observers = (looks.events.append,)
        yield looks
