"""A guard that limits what a position may become, with the orders that would add to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import attrs
import pytest
from tests.plugins.stages import LeapingStage, venues

import venuekit
from venuekit.capabilities import Amendment, Order, OrderRequest, OrderSide, OrderType
from venuekit.errors import GuardRefused, OperationError, Outcome
from venuekit.pipeline import Guard
from venuekit.simulator import DropBefore, Lag
from venuekit.testing.clocks import LoopClock
from venuekit_bybit_inverse.endpoints import BYBIT

pytestmark = pytest.mark.looptime
D = Decimal
#: quantities that are worth 200 quote at a price of 2000
QUANTITIES = {"binance_usdm": D("0.1"), "binance_coinm": D(20), "aster_usdm_v1": D("0.1"), "bybit_inverse": D(200)}


@attrs.frozen
class Stage(LeapingStage):
    @property
    def quantity(self) -> Decimal:
        return QUANTITIES[self.venue]

    def order(self, side: OrderSide = OrderSide.BUY, *, reduce_only: bool = False, times: int = 1) -> OrderRequest:
        price = D(2000) if side is OrderSide.BUY else D(4000)
        quantity = self.quantity * times
        if side is OrderSide.SELL and self.symbol == "ETHUSDT":
            quantity /= 2
        return self.bid(price, side=side, quantity=quantity, reduce_only=reduce_only)

    @property
    def placing(self) -> tuple[str, str]:
        endpoint = BYBIT.CREATE_ORDER if self.venue == "bybit_inverse" else self.account.endpoints.ORDERS.place
        return endpoint.verb, endpoint.path

    def sent(self) -> int:
        return sum((one.verb, one.path) == self.placing for one in self.sim.requests)


@asynccontextmanager
async def limited(venue: str, most: int) -> AsyncIterator[Stage]:
    clock = LoopClock()
    guard = Guard(max_position_notional=D(most))
    async with (
        venuekit.simulate(venue, clock=clock, scenario="holding") as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
        venuekit.connect(venue, sim.credentials(venue), runtime=runtime, guard=guard) as account,
    ):
        yield Stage(sim, account)


@venues
async def test_open_orders_count(venue: str) -> None:
    """Two orders fit below the limit and the third does not; what sells is counted by itself."""
    async with limited(venue, 500) as stage:
        await stage.place(stage.order(), stage.order())
        with pytest.raises(GuardRefused, match=r"could become 600.* long, position and open orders counted") as caught:
            await stage.account.place_order(stage.order())
        assert caught.value.outcome is Outcome.NOT_SENT
        await stage.account.place_order(stage.order(OrderSide.SELL))
        assert stage.sent() == 3


@venues
async def test_position_counts(venue: str) -> None:
    """The symbol that is held far beyond the limit takes no further order of its direction."""
    async with limited(venue, 500) as stage:
        held = stage.sim.scenario(venue).held
        position = await stage.account.get_position(held)
        assert position.notional > 500
        quantity, price = stage.quantity, position.mark_price or D(80_000)
        more = OrderRequest(
            symbol=held or "",
            side=OrderSide.BUY if position.quantity > 0 else OrderSide.SELL,
            type=OrderType.LIMIT,
            quantity=quantity,
            price=round(price, -3),
        )
        with pytest.raises(GuardRefused, match="position and open orders counted"):
            await stage.account.place_order(more)
        assert stage.sent() == 0


@venues
async def test_orders_at_once_are_counted_one_after_another(venue: str) -> None:
    """Of five that are placed together, as many leave as fit below the limit."""
    async with limited(venue, 500) as stage:
        placed = await asyncio.gather(
            *(stage.account.place_order(stage.order()) for _ in range(5)), return_exceptions=True
        )
        assert sum(isinstance(one, Order) for one in placed) == 2
        assert sum(isinstance(one, GuardRefused) for one in placed) == 3
        assert stage.sent() == 2


@venues
async def test_order_that_no_read_shows_yet_counts(venue: str) -> None:
    """The list of open orders lags; what was accepted counts all the same."""
    async with limited(venue, 500) as stage:
        reads = [one for one in stage.account.venue.endpoints if one.path.endswith(("openOrders", "order/realtime"))]
        for read in reads:
            stage.disturb(read, Lag(20))
        await stage.account.place_order(stage.order(times=2))
        with pytest.raises(GuardRefused):
            await stage.account.place_order(stage.order())


@venues
async def test_order_that_may_still_arrive_counts(venue: str) -> None:
    """An order of unknown outcome takes its share until it is known that it cannot arrive."""
    async with limited(venue, 500) as stage:
        stage.sim.disturb(venue, stage.placing, DropBefore())
        lost = asyncio.create_task(stage.account.place_order(stage.order(times=2)))
        await asyncio.sleep(1)
        with pytest.raises(GuardRefused):
            await stage.account.place_order(stage.order())
        with pytest.raises(OperationError) as caught:
            await lost
        assert caught.value.outcome is Outcome.NOT_APPLIED
        await stage.account.place_order(stage.order())


@pytest.mark.parametrize("venue", ["binance_usdm", "binance_coinm", "bybit_inverse"])
async def test_amendment_takes_the_place_of_its_order(venue: str) -> None:
    """An order may grow up to the limit, and not beyond."""
    async with limited(venue, 500) as stage:
        (order_id,) = await stage.place(stage.order(times=2))
        growing = {"order_id": order_id, "price": D(1999)}
        with pytest.raises(GuardRefused):
            await stage.account.amend_order(stage.symbol, OrderSide.BUY, quantity=stage.quantity * 3, **growing)
        await stage.account.amend_order(stage.symbol, OrderSide.BUY, quantity=stage.quantity, **growing)
        change = Amendment(
            symbol=stage.symbol, side=OrderSide.BUY, order_id=order_id, quantity=stage.quantity * 9, price=D(1998)
        )
        with pytest.raises(GuardRefused):
            await stage.account.amend_orders([change])


@venues
async def test_what_only_reduces_is_not_limited(venue: str) -> None:
    """A position far beyond the limit can be closed, whatever can be read of it."""
    async with limited(venue, 1) as stage:
        position = await stage.account.get_position(stage.sim.scenario(venue).held)
        closing = OrderRequest(
            symbol=position.symbol,
            side=OrderSide.SELL if position.quantity > 0 else OrderSide.BUY,
            type=OrderType.MARKET,
            quantity=min(abs(position.quantity), D(1000)),
            reduce_only=True,
        )
        await stage.account.place_order(closing)
        assert stage.sent() == 1
