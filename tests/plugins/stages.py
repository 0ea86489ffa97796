"""A simulated venue and an account of it, on one clock that leaps over waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import attrs
import pytest

import venuekit
from venuekit.capabilities import OrderControl, OrderRequest, OrderSide, OrderType
from venuekit.errors import OperationError, Outcome
from venuekit.simulator import Arrival, Market, Simulation
from venuekit.simulator.ledger import Ledger
from venuekit.testing.clocks import LoopClock

#: a symbol of each venue that is flat at first, and a quantity of it that meets every filter
VENUES = {
    "binance_usdm": ("ETHUSDT", Decimal("0.1")),
    "binance_coinm": ("ETHUSD_PERP", Decimal(10)),
    "aster_usdm_v1": ("ETHUSDT", Decimal("0.1")),
    "bybit_inverse": ("ETHUSD", Decimal(100)),
}
#: the venues whose products share a library
BINANCE = ("binance_usdm", "binance_coinm", "aster_usdm_v1")
#: a price at which an order to buy rests, far from the market
PRICE = Decimal(2000)
venues = pytest.mark.parametrize("venue", VENUES)


@attrs.frozen
class LeapingStage:
    """A simulated venue and an account of it on one clock that leaps over waiting; see :func:`leaping`."""

    sim: Simulation
    account: Any

    @property
    def venue(self) -> str:
        """The venue's id."""
        return str(self.account.venue.id)

    @property
    def symbol(self) -> str:
        """The symbol to trade."""
        return VENUES[self.venue][0]

    @property
    def quantity(self) -> Decimal:
        """A quantity of it, in the venue's unit."""
        return VENUES[self.venue][1]

    @property
    def ledger(self) -> Ledger:
        """What really holds."""
        return self.sim.ledger

    def bid(self, price: Decimal | int | None = PRICE, **details: Any) -> OrderRequest:
        """Return an order to buy that rests, unless ``details`` say otherwise."""
        plain: dict[str, Any] = {
            "symbol": self.symbol,
            "side": OrderSide.BUY,
            "type": OrderType.LIMIT,
            "quantity": self.quantity,
            "price": None if price is None else Decimal(price),
        }
        return OrderRequest(**(plain | details))

    async def outcome_of_bid(self) -> Outcome | None:
        """Place an order that rests, and return the outcome that the error states; None without an error."""
        try:
            await OrderControl.of(self.account).place_order(self.bid())
        except OperationError as error:
            return error.outcome
        return None

    def arrivals(self, endpoint: Any) -> list[Arrival]:
        """Return what arrived at an endpoint."""
        return [one for one in self.sim.requests if (one.verb, one.path) == (endpoint.verb, endpoint.path)]

    def disturb(self, endpoint: Any, *steps: Any, times: int = 1) -> None:
        """Script what happens to the next requests of an endpoint."""
        self.sim.disturb(self.venue, endpoint, *steps, times=times)

    async def place(self, *requests: OrderRequest) -> list[str]:
        """Place orders, let the venue decide, and return their ids."""
        found = [await self.account.place_order(request) for request in requests]
        await self.account.pause(0.5)
        return [order.id for order in found]


@attrs.define
class SetUpClock:
    """
    The running loop's time; it stands still until ``is_open``.

    What a fixture sets up runs on real time, even where that of its test leaps. A machine under load would then have
    the venue's clock measured wrongly: by half the time that a request takes longer than its answer, or the reverse.
    """

    is_open: bool = False
    _loop: LoopClock = attrs.field(factory=LoopClock, init=False)

    def milliseconds(self) -> int:
        """Return the wall clock in milliseconds since 1970."""
        return self._loop.milliseconds() if self.is_open else self._loop.start

    def monotonic(self) -> float:
        """Return the loop's time in seconds."""
        return self._loop.monotonic() if self.is_open else 0.0

    async def sleep(self, seconds: float) -> None:
        """Wait, not at all while it stands still."""
        await asyncio.sleep(seconds if self.is_open else 0)


@asynccontextmanager
async def leaping(
    venue: str, scenario: str = "holding", *, pause: float = 0, markets: Sequence[Market] = (), **details: Any
) -> AsyncIterator[tuple[Simulation, Any]]:
    """
    Simulate a venue over real sockets and open an account of it, ``details`` as :func:`venuekit.connect` takes them.

    Both follow the running loop's time, which must leap over waiting (looptime), from when the account is open;
    ``pause`` seconds of it pass first. ``markets`` are those of the simulation.
    """
    clock = SetUpClock()
    async with (
        venuekit.simulate(venue, clock=clock, scenario=scenario, markets=markets) as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
        venuekit.connect(venue, sim.credentials(venue), runtime=runtime, **details) as account,
    ):
        clock.is_open = True
        if pause:
            await account.pause(pause)
        yield sim, account


async def outcome_of(call: Any) -> Any:
    """Return what a call returns, or the error it ends in."""
    try:
        return await call
    except OperationError as error:
        return error
