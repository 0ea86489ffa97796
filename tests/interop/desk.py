"""A simulated venue, and a blocking client of somebody else's that talks to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from venuekit.simulator import Simulation
from venuekit.simulator.ledger import Ledger

#: the fixtures of both products of a family, as parameters of a fixture
BOTH = tuple(
    pytest.param(fixture, marks=pytest.mark.interop(venue=f"binance_{fixture}")) for fixture in ("usdm", "coinm")
)


@attrs.frozen(eq=False)
class Desk:
    """A simulated venue, and blocking clients that talk to it from threads."""

    sim: Simulation
    venue: str
    make: Callable[[str, str], Any]

    @property
    def ledger(self) -> Ledger:
        """What really holds."""
        return self.sim.ledger_of(self.venue)

    async def call(self, method: str, /, *, key: str | None = None, secret: str | None = None, **arguments: Any) -> Any:
        """Call a method of the foreign client in a thread, so that the simulator can answer meanwhile."""
        client = self.make(key or self.sim.key, secret or self.sim.secret)
        return await asyncio.to_thread(getattr(client, method), **arguments)
