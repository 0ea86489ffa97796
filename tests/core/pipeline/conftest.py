from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest

import venuekit
from venuekit.account import Account
from venuekit.clock import Clock
from venuekit.pipeline import Event
from venuekit.simulator import Simulation
from venuekit.testing.clocks import LoopClock


@attrs.define
class Stage:
    """A simulated venue, a runtime and an account of it, all on one clock in one loop."""

    sim: Simulation
    runtime: venuekit.Runtime
    account: Account
    clock: Clock
    events: list[Event]

    def arrivals(self, verb: str, path: str) -> list[object]:
        return [one for one in self.sim.requests if (one.verb, one.path) == (verb, path)]


@pytest.fixture
def clock() -> LoopClock:
    return LoopClock()


@pytest.fixture
async def stage(clock: LoopClock) -> AsyncIterator[Stage]:
    """An account of the toy venue; its own observer collects what happens."""
    async with (
        venuekit.simulate("toy_perp", clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
        venuekit.connect("toy_perp", sim.credentials("toy_perp"), runtime=runtime) as account,
    ):
        events: list[Event] = []
        collect: Any = events.append
        account._session.venue_session.observers = (collect,)
        sim.requests.clear()
        yield Stage(sim, runtime, account, clock, events)
