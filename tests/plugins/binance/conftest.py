"""Binance's two products, each as a simulated venue and an account of it on one clock that leaps over waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest

import venuekit
from venuekit.endpoint import Endpoint
from venuekit.simulator import Arrival, Simulation
from venuekit.simulator.ledger import Ledger

START = 1_750_000_000_000


@attrs.define
class StageClock:
    """
    The running loop's time from a moment on that can be moved.

    What is set up by a fixture runs on the loop's own time, a test on one that begins at 0 and leaps: without moving
    the moment in between, whatever was set up would lie in the future.
    """

    start: int

    def milliseconds(self) -> int:
        """Return the wall clock in milliseconds since 1970."""
        return self.start + round(asyncio.get_running_loop().time() * 1000)

    def monotonic(self) -> float:
        """Return the wall clock in seconds: both leap together."""
        return self.milliseconds() / 1000

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


@attrs.frozen(eq=False)
class Product:
    """A simulated venue that holds an isolated long position, and an account of it."""

    sim: Simulation
    account: Any

    @property
    def venue(self) -> str:
        """The venue's id."""
        return str(self.account.venue.id)

    @property
    def ledger(self) -> Ledger:
        """What really holds."""
        return self.sim.ledger_of(self.venue)

    @property
    def symbol(self) -> str:
        """What is held."""
        return self.sim.scenario(self.venue).held or ""

    @property
    def flat(self) -> str:
        """What is not held."""
        return self.sim.scenario(self.venue).flat

    def endpoint(self, verb: str, ending: str) -> Endpoint[Any]:
        """Return the endpoint whose path ends so."""
        endpoints: tuple[Endpoint[Any], ...] = self.account.venue.endpoints
        (endpoint,) = (one for one in endpoints if one.verb == verb and one.path.endswith(f"/v1/{ending}"))
        return endpoint

    def arrivals(self, verb: str, ending: str) -> list[Arrival]:
        """Return what arrived at the endpoint whose path ends so."""
        return [one for one in self.sim.requests if one.verb == verb and one.path.endswith(f"/v1/{ending}")]

    def disturb(self, endpoint: Endpoint[Any], *steps: Any, times: int = 1) -> None:
        """Script what happens to the next requests of an endpoint."""
        self.sim.disturb(self.venue, endpoint, *steps, times=times)

    async def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)


@pytest.fixture(params=["binance_usdm", "binance_coinm"])
async def product(request: pytest.FixtureRequest) -> AsyncIterator[Product]:
    """Either product, in the scenario that holds a position."""
    clock = StageClock(START - 3_600_000 - round(asyncio.get_running_loop().time() * 1000))
    async with (
        venuekit.simulate(request.param, scenario="holding", clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
        venuekit.connect(request.param, sim.credentials(request.param), runtime=runtime) as account,
    ):
        sim.requests.clear()
        clock.start = START
        yield Product(sim, account)
