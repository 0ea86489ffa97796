"""A stage for orders in trouble, and the venues whose orders can be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import LeapingStage, leaping

from venuekit.capabilities import OrderRequest

D = Decimal
#: another symbol, a quantity of it, and a price at which an order to buy rests
OTHERS = {
    "binance_usdm": ("BTCUSDT", D("0.01"), D(60_000)),
    "binance_coinm": ("BTCUSD_PERP", D(10), D(60_000)),
    "bybit_inverse": ("BTCUSD", D(100), D(60_000)),
}
venues = pytest.mark.parametrize("venue", OTHERS)
binance = pytest.mark.parametrize("venue", ["binance_usdm", "binance_coinm"])


@attrs.frozen
class Stage(LeapingStage):
    """A simulated venue and an account of it."""

    def other_bid(self) -> OrderRequest:
        """Return an order of another symbol that rests."""
        symbol, quantity, price = OTHERS[self.venue]
        return self.bid(price, symbol=symbol, quantity=quantity)

    def endpoint(self, name: str) -> Any:
        """Return an endpoint by its name on Binance or on Bybit."""
        if hasattr(self.account.endpoints, "ORDERS"):
            return getattr(self.account.endpoints.ORDERS, name)
        names = {"cancel_all": "CANCEL_ALL", "cancel_batch": "CANCEL_BATCH"}
        names |= {"amend_batch": "AMEND_BATCH", "open_orders": "OPEN_ORDERS", "amend": "AMEND_ORDER"}
        return getattr(self.account.endpoints, names[name])

    def disturb(self, name: str, *steps: Any, times: int = 1) -> None:
        """Script what happens to the next requests of an endpoint."""
        self.sim.disturb(self.venue, self.endpoint(name), *steps, times=times)

    def is_open(self, *ids: str) -> list[bool]:
        """Return which orders are open."""
        return [self.ledger.order(one).is_open for one in ids]


@asynccontextmanager
async def opened(venue: str, scenario: str = "holding", **details: Any) -> AsyncIterator[Stage]:
    """Open an account of a simulated venue; within the test, whose clock leaps."""
    async with leaping(venue, scenario, pause=1, **details) as (sim, account):
        yield Stage(sim, account)
