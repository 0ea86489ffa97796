"""A stage with a journal: a simulated venue, an account of it, and its endpoints by their methods."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
from tests.plugins.stages import LeapingStage

import venuekit
from venuekit.capabilities import OrderRequest, OrderType
from venuekit.endpoint import Endpoint
from venuekit.testing.clocks import LoopClock


@attrs.frozen
class Stage(LeapingStage):
    """A simulated venue, an account of it with a journal, and what to trade."""

    def market(self, client_id: str) -> OrderRequest:
        """Return an order that is filled at once."""
        return self.bid(None, type=OrderType.MARKET, client_id=client_id)

    @property
    def every_order(self) -> dict[str, Any]:
        """The parameters of a request about every order of the symbol."""
        named = {"symbol": self.symbol}
        return {"category": "inverse", **named} if self.venue == "bybit_inverse" else named

    def serving(self, method: str) -> Endpoint[Any]:
        """Return the first endpoint that serves a method."""
        endpoints: tuple[Endpoint[Any], ...] = self.account.venue.endpoints
        return next(one for one in endpoints if method in {served.__name__ for served in one.serves})

    def writing(self, method: str) -> Endpoint[Any]:
        """Return the first of them that is a write."""
        endpoints: tuple[Endpoint[Any], ...] = self.account.venue.endpoints
        return next(one for one in endpoints if one.is_write and method in {served.__name__ for served in one.serves})

    def orders(self, client_id: str) -> list[Any]:
        """Return the orders of a client id."""
        return [order for order in self.ledger.orders(self.symbol) if order.client_id == client_id]


@asynccontextmanager
async def staged(venue: str, journal: Path) -> AsyncIterator[Stage]:
    clock = LoopClock()
    async with (
        venuekit.simulate(venue, clock=clock, scenario="holding") as sim,
        venuekit.Runtime(clock=clock, journal=journal) as runtime,
        venuekit.connect(venue, sim.credentials(venue), runtime=runtime) as account,
    ):
        yield Stage(sim, account)
