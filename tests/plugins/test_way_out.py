"""
The way out: cancel everything, close at market, look; under each single loss, on every venue.

However one of the three is lost, the close leaves at once and the position is gone, or its end is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.plugins.stages import VENUES, LeapingStage, leaping, venues

import venuekit
from venuekit.capabilities import Amendment, MarginType, Order, OrderRequest, OrderSide, OrderType, TimeInForce
from venuekit.endpoint import Endpoint, Priority
from venuekit.errors import Fenced, NotExecuted, Outcome, OutcomeUnknown
from venuekit.simulator import ApplyLater, Delay, Disturbance, DropAfter, DropBefore
from venuekit.simulator.ledger import Side
from venuekit.testing.clocks import LoopClock
from venuekit_bybit_inverse.endpoints import BYBIT

pytestmark = pytest.mark.looptime
D = Decimal
amending = pytest.mark.parametrize("venue", [name for name in VENUES if name != "aster_usdm_v1"])
losses = pytest.mark.parametrize(
    "loss", [DropBefore(), DropAfter(), ApplyLater(3)], ids=["never arrived", "applied", "applied later"]
)


@attrs.frozen
class Stage(LeapingStage):
    """A simulated venue on which a position is held, and an account of it."""

    def endpoint(self, name: str) -> Endpoint[Any]:
        """Return an endpoint by its name on Binance or on Bybit."""
        if hasattr(self.account.endpoints, "ORDERS"):
            found: Endpoint[Any] = getattr(self.account.endpoints.ORDERS, name)
            return found
        names = {"cancel_all": "CANCEL_ALL", "open_orders": "OPEN_ORDERS", "place": "CREATE_ORDER"}
        names |= {"amend": "AMEND_ORDER", "amend_batch": "AMEND_BATCH"}
        return getattr(BYBIT, names[name])  # type: ignore[no-any-return]

    def disturb(self, name: str, *steps: Any, times: int = 1) -> None:
        """Script what happens to the next requests of an endpoint."""
        self.sim.disturb(self.venue, self.endpoint(name), *steps, times=times)

    def arrivals(self, name: str) -> list[Any]:
        """Return what arrived for an endpoint."""
        endpoint = self.endpoint(name)
        return [one for one in self.sim.requests if (one.verb, one.path) == (endpoint.verb, endpoint.path)]

    def market(self, **details: Any) -> OrderRequest:
        """Return the order that closes the position."""
        return self.bid(None, type=OrderType.MARKET, side=OrderSide.SELL, reduce_only=True, **details)

    def stop(self) -> OrderRequest:
        """Return a stop loss of the position."""
        return self.bid(None, type=OrderType.STOP_MARKET, side=OrderSide.SELL, reduce_only=True, trigger_price=D(1500))

    async def amend(self, order_id: str, price: int, **options: Any) -> Order:
        """Amend the price of a bid."""
        account = self.account.with_options(**options)
        amended: Order = await account.amend_order(self.symbol, OrderSide.BUY, order_id=order_id, price=D(price))
        return amended

    @property
    def held(self) -> Decimal:
        """How much is really held."""
        return sum((one.quantity for one in self.ledger.positions() if one.symbol == self.symbol), D(0))


@asynccontextmanager
async def opened(venue: str) -> AsyncIterator[Stage]:
    """Open an account that holds a position and has an order that rests."""
    async with leaping(venue, "flat", pause=1) as (sim, account):
        stage = Stage(sim, account)
        stage.ledger.fill(stage.symbol, Side.BUY, stage.quantity, stage.ledger.mark(stage.symbol))
        await account.place_order(stage.bid())
        sim.requests.clear()
        yield stage


# -- the line


@venues
async def test_the_way_out_goes_first_in_every_line(venue: str) -> None:
    """Where all pools are spent, cancels and closes are URGENT, and pay before an order that opens and before reads."""
    async with opened(venue) as stage:
        session = stage.account._session
        for limit in stage.account.venue.limits:
            session.pool(limit).spend(limit.amount, session.clock.monotonic())
        account = stage.account.with_options(max_wait=300)
        tasks = [
            asyncio.ensure_future(call)
            for call in (
                account.get_open_orders(symbol=stage.symbol),
                account.place_order(stage.bid()),
                account.place_order(stage.market()),
                account.cancel_all_orders(symbol=stage.symbol),
            )
        ]
        waiting: list[tuple[str, Priority]] = []
        while len(waiting) < len(tasks):
            await stage.account.pause(0.001)
            waiters = session.venue_session.waiters.all()  # of one call, one for each route of orders
            waiting = list(dict.fromkeys((one.operation, one.priority) for one in waiters))
            # where a route has no cancel-all, its orders are read first, and as urgently
            waiting = [one for one in waiting if one != ("get_open_orders", Priority.URGENT)]

        assert waiting == [
            ("place_order", Priority.URGENT),
            ("cancel_all_orders", Priority.URGENT),
            ("place_order", Priority.RISK),
            ("get_open_orders", Priority.READ),
        ]
        await asyncio.gather(*tasks)


# -- the close


@venues
@losses
@pytest.mark.parametrize("lost", ["cancel_all", "place", "open_orders"])
async def test_a_position_is_closed_under_each_single_loss(venue: str, loss: Disturbance, lost: str) -> None:
    """The close leaves at once whatever was lost before; lost itself, it is found, or proven not to have happened."""
    async with opened(venue) as stage:
        stage.disturb(lost, loss)
        await stage.account.cancel_all_orders(symbol=stage.symbol)
        began = stage.account._session.clock.milliseconds()
        try:
            await stage.account.place_order(stage.market())
        except NotExecuted:
            assert (lost, stage.held) == ("place", stage.quantity)
            await stage.account.place_order(stage.market())
        assert stage.arrivals("place")[0].at - began < 500
        await stage.account.get_open_orders(symbol=stage.symbol)
        await stage.account.pause(20)
        assert stage.held == 0
        assert stage.ledger.open_orders() == ()


@venues
async def test_what_cannot_rest_leaves_behind_a_lost_cancellation_of_everything(venue: str) -> None:
    """Market orders, and limit orders that are filled or ended at once, by themselves and in batches."""
    async with opened(venue) as stage:
        stage.disturb("cancel_all", ApplyLater(3))
        await stage.account.cancel_all_orders(symbol=stage.symbol)
        began = stage.account.monotonic()
        part = stage.quantity / 2
        taking = stage.bid(side=OrderSide.SELL, price=D(2900), time_in_force=TimeInForce.IOC, reduce_only=True)
        whole = attrs.evolve(taking, time_in_force=TimeInForce.FOK)

        await stage.account.place_order(attrs.evolve(taking, quantity=part))
        await stage.account.place_orders([attrs.evolve(whole, quantity=part), stage.market()])

        assert stage.account.monotonic() - began < 1
        await stage.account.pause(20)
        assert stage.held == 0


@venues
async def test_what_rests_waits_for_a_lost_cancellation_of_everything(venue: str) -> None:
    """A stop loss, which it would take away, waits of itself; an order that opens is told at once until when."""
    async with opened(venue) as stage:
        stage.disturb("cancel_all", ApplyLater(3))
        await stage.account.cancel_all_orders(symbol=stage.symbol)
        began = stage.account.monotonic()
        for call in (
            stage.account.place_order(stage.bid()),
            stage.account.place_orders([stage.market(), stage.bid()]),
            stage.account.with_options(max_wait=3).place_order(stage.stop()),
            stage.account.with_options(deadline=3).place_order(stage.stop()),
        ):
            with pytest.raises(Fenced, match="cancel_all_orders") as caught:
                await call
            assert caught.value.outcome is Outcome.NOT_SENT
            assert caught.value.fence is not None
        assert stage.account.monotonic() - began < 1

        stop = await stage.account.place_order(stage.stop())
        resting = await stage.account.place_order(stage.bid(side=OrderSide.SELL, price=D(5000), reduce_only=True))

        assert 4 < stage.account.monotonic() - began < 8
        await stage.account.pause(20)
        assert {order.id for order in stage.ledger.open_orders()} == {stop.id, resting.id}


# -- cancelling everything


@venues
@pytest.mark.parametrize(
    "steps",
    [(DropBefore(),) * 3, (DropAfter(), DropBefore(), DropAfter()), (ApplyLater(1), DropBefore(), DropBefore())],
    ids=["never arrived", "applied", "applied later"],
)
async def test_cancelling_everything_is_tried_as_often_as_a_read(venue: str, steps: tuple[Disturbance, ...]) -> None:
    """Three lost answers, with pauses between them that grow, and the fourth request ends everything."""
    async with opened(venue) as stage:
        stage.disturb("cancel_all", *steps)

        assert await stage.account.cancel_all_orders(symbol=stage.symbol) == ()

        sent = stage.arrivals("cancel_all")
        assert len(sent) == 4
        assert sent[-1].at > sent[0].at
        assert stage.ledger.open_orders() == ()


@venues
async def test_cancelling_everything_in_vain_is_told_as_unknown(venue: str) -> None:
    """After as many attempts as a read has, with what was lost, and what is left once it is resolved."""
    async with opened(venue) as stage:
        await stage.account.pause(1)  # the order is provably older: a younger one would show nothing
        stage.disturb("cancel_all", DropBefore(), times=4)

        with pytest.raises(OutcomeUnknown, match="4 times") as caught:
            await stage.account.cancel_all_orders(symbol=stage.symbol)

        assert len(stage.arrivals("cancel_all")) == 4
        assert caught.value.outcome is Outcome.UNKNOWN
        await stage.account.pause(20)
        with pytest.raises(NotExecuted):
            await caught.value.resolve()


async def test_conditional_orders_are_ended_one_by_one_as_often() -> None:
    """Where no request ends all of a conditional book, three lost answers for one of its orders do not keep it open."""
    async with opened("binance_coinm") as stage:
        algo = stage.account.endpoints.ORDERS.algo
        assert algo.cancel_all is None
        await stage.account.place_order(stage.stop())
        stage.sim.disturb(stage.venue, algo.cancel, DropBefore(), times=3)

        assert await stage.account.cancel_all_orders(symbol=stage.symbol) == ()

        assert stage.ledger.open_orders() == ()


@venues
async def test_an_order_that_is_sent_again_waits_for_what_was_lost_meanwhile(venue: str) -> None:
    """Absent, and wanted still: it leaves once a cancel-all that was lost meanwhile cannot end it any more."""
    async with opened(venue) as stage:
        stage.disturb("place", DropBefore())
        wanted = stage.account.with_options(resend_until=stage.account.now() + timedelta(minutes=5), max_wait=60)
        placing = asyncio.ensure_future(wanted.place_order(stage.bid(price=D(2001))))
        while not stage.arrivals("place"):
            await stage.account.pause(0.1)
        await stage.account.pause(9)
        for _ in range(4):  # until the absence is proven, whenever that is here
            stage.disturb("cancel_all", ApplyLater(4.5))
            await stage.account.cancel_all_orders(symbol=stage.symbol)
            await stage.account.pause(2)

        placed = await placing
        await stage.account.pause(20)

        assert [order.id for order in stage.ledger.open_orders()] == [placed.id]


# -- amendments


@amending
@losses
async def test_a_lost_amendment_holds_the_same_order_alone(venue: str, loss: Disturbance) -> None:
    """Another order is amended at once, one by one and in a batch; the same one when the lost request cannot arrive."""
    async with opened(venue) as stage:
        account, symbol = stage.account, stage.symbol
        one, two = [await account.place_order(stage.bid(price=D(price))) for price in (2001, 2002)]
        is_seen = isinstance(loss, DropAfter)
        stage.disturb("amend", loss, *(() if is_seen else (DropBefore(),)))
        with nullcontext() if is_seen else pytest.raises(OutcomeUnknown):
            await stage.amend(one.id, 1999)
        began = account.monotonic()

        await stage.amend(two.id, 1998)
        change = Amendment(symbol=symbol, side=OrderSide.BUY, order_id=two.id, price=D(1997))
        await account.amend_orders([change])
        with pytest.raises(Fenced, match=f"order {one.id}"):
            await stage.amend(one.id, 1996, max_wait=1)
        both = [change, attrs.evolve(change, order_id=one.id, price=D(1996))]
        with pytest.raises(Fenced, match=f"order {one.id}"):
            await account.with_options(max_wait=1).amend_orders(both)
        client_id = stage.ledger.order(one.id).client_id
        with pytest.raises(Fenced):  # it may be the same
            await account.with_options(max_wait=1).amend_order(
                symbol, OrderSide.BUY, client_id=client_id, price=D(1996)
            )
        assert account.monotonic() - began < 1

        await stage.amend(one.id, 1996)

        assert account.monotonic() - began > 4
        await account.pause(20)
        assert [stage.ledger.order(each.id).price for each in (one, two)] == [D(1996), D(1997)]


@amending
async def test_a_lost_batch_holds_all_its_orders_and_nothing_else(venue: str) -> None:
    """Other orders are amended, and the leverage is set, at once."""
    async with opened(venue) as stage:
        account, symbol = stage.account, stage.symbol
        orders = [await account.place_order(stage.bid(price=D(price))) for price in (2001, 2002, 2003)]
        changes = [Amendment(symbol=symbol, side=OrderSide.BUY, order_id=one.id, price=D(1999)) for one in orders]
        stage.disturb("amend_batch", ApplyLater(3), DropBefore())
        with pytest.raises(OutcomeUnknown):
            await account.amend_orders(changes[:2])
        began = account.monotonic()

        await stage.amend(orders[2].id, 1998)
        await account.set_leverage(symbol, 7)
        for each in orders[:2]:
            with pytest.raises(Fenced):
                await stage.amend(each.id, 1996, max_wait=1)

        assert account.monotonic() - began < 1


# -- settings


@pytest.mark.parametrize("venue", [name for name in VENUES if name != "bybit_inverse"])
async def test_a_lost_setting_holds_back_what_it_touches_alone(venue: str) -> None:
    """After a lost change of leverage another leverage waits, the margin type is set at once."""
    async with leaping(venue, "flat", pause=1) as (sim, account):
        symbol = VENUES[venue][0]
        leverage = next(one for one in account.venue.endpoints if one.is_write and one.path.endswith("/leverage"))
        sim.disturb(venue, leverage, ApplyLater(3), DropBefore())
        with pytest.raises(OutcomeUnknown):
            await account.set_leverage(symbol, 7)
        began = account.monotonic()

        assert (await account.set_margin_type(symbol, MarginType.ISOLATED)).changed is True
        with pytest.raises(Fenced, match="set_leverage"):
            await account.with_options(max_wait=1).set_leverage(symbol, 8)
        assert account.monotonic() - began < 1

        assert (await account.set_leverage(symbol, 8)).changed is True
        await account.pause(20)
        ledger = sim.ledger_of(venue)
        assert (ledger.leverage(symbol), ledger.margin_type(symbol).name) == (8, "ISOLATED")


# -- a process that is gone


@amending
async def test_what_a_killed_process_left_is_fenced_by_what_it_was(venue: str, tmp_path: Path) -> None:
    """Its amendment holds back the same order alone, its cancellation of everything what rests."""
    clock = LoopClock()
    async with venuekit.simulate(venue, scenario="flat", clock=clock) as sim:
        credentials = sim.credentials(venue)
        async with (
            venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
            venuekit.connect(venue, credentials, runtime=runtime) as account,
        ):
            await account.pause(1)
            stage = Stage(sim, account)
            stage.ledger.fill(stage.symbol, Side.BUY, stage.quantity, stage.ledger.mark(stage.symbol))
            one, two = [await stage.account.place_order(stage.bid(price=D(price))) for price in (2001, 2002)]
            stage.disturb("amend", (Delay(after=9), DropBefore()))
            stage.disturb("cancel_all", (Delay(after=9), DropBefore()))
            killed = [
                asyncio.ensure_future(stage.amend(one.id, 1999)),
                asyncio.ensure_future(stage.account.cancel_all_orders(symbol=stage.symbol)),
            ]
            await clock.sleep(0.5)
            for task in killed:
                task.cancel()
            await asyncio.wait(killed)
        async with (
            venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
            venuekit.connect(venue, credentials, runtime=runtime) as account,
        ):
            stage = Stage(sim, account)
            began = stage.account.monotonic()

            await stage.amend(two.id, 1998)
            await stage.account.place_order(stage.market())
            with pytest.raises(Fenced, match="amend_order of an earlier process"):
                await stage.amend(one.id, 1997, max_wait=1)
            with pytest.raises(Fenced, match="cancel_all_orders of an earlier process"):
                await stage.account.place_order(stage.bid())

            assert stage.account.monotonic() - began < 1
