"""A stage for an address that is shut out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
from tests.plugins.stages import PRICE, LeapingStage, leaping

from venuekit.capabilities import BalanceReader, LeverageControl, OrderControl
from venuekit.endpoint import Endpoint

statuses = pytest.mark.parametrize("status", [403, 418, 429])


@attrs.frozen
class Stage(LeapingStage):
    """A simulated venue and an account of it."""

    def serving(self, method: Callable[..., Any]) -> Endpoint[Any]:
        """Return the first endpoint that serves a method."""
        return next(one for one in self.account.venue.endpoints if method in one.serves)

    @property
    def balances(self) -> Endpoint[Any]:
        """A read."""
        return self.serving(BalanceReader.get_balances)

    @property
    def placing(self) -> Endpoint[Any]:
        """What must not happen twice."""
        return self.serving(OrderControl.place_order)

    @property
    def set_leverage(self) -> Endpoint[Any]:
        """A setting."""
        return self.serving(LeverageControl.set_leverage)

    @property
    def milliseconds(self) -> int:
        """The time by the one clock."""
        return self.sim.milliseconds()


@asynccontextmanager
async def opened(venue: str) -> AsyncIterator[Stage]:
    """Open an account of a simulated venue; within the test, whose clock leaps."""
    async with leaping(venue, pause=1) as (sim, account):
        stage = Stage(sim, account)
        await account.get_leverage(stage.symbol)  # what is read once is read
        await account.place_order(stage.bid(price=PRICE - 100))
        sim.requests.clear()
        yield stage
