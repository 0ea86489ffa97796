"""The countdown, guards, costs and settings beside orders; on every product."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.plugins.binance.exchange import open_exchange
from tests.plugins.binance.orders.order_stage import CONDITIONAL, Stage
from tests.plugins.stages import BINANCE, VENUES

import venuekit
from venuekit.capabilities import MarginType, OrderSide, OrderType, PositionMode, PositionSide
from venuekit.errors import GuardRefused, InvalidRequest, Rejected
from venuekit.pipeline import Guard
from venuekit.plugins import make_plugins
from venuekit.simulator import ApplyLater, DropBefore
from venuekit.simulator.ledger import Side
from venuekit.testing.clocks import LoopClock

pytestmark = pytest.mark.looptime
D = Decimal


# -- countdown


async def test_countdown_by_hand(stage: Stage) -> None:
    """Armed, it cancels the orders of the symbol; disarmed, it does not; a book of conditional ones is spared."""
    await stage.account.place_order(stage.order())
    await stage.account.place_order(stage.order(OrderType.STOP_MARKET, trigger_price=D(4000)))
    await stage.account.set_countdown(stage.symbol, 10)
    await stage.account.set_countdown(stage.symbol, None)
    await stage.account.pause(20)
    assert len(stage.ledger.open_orders()) == 2
    await stage.account.set_countdown(stage.symbol, 10)
    await stage.account.pause(11)
    spared = [] if stage.account.endpoints.ORDERS.algo is None else ["conditional"]
    assert [order.book for order in stage.ledger.open_orders()] == spared


async def test_countdown_beats_and_is_disarmed(stage: Stage) -> None:
    """It outlives many countdowns while the block runs, and a clean exit disarms it."""
    await stage.account.place_order(stage.order())
    async with stage.account.countdown(stage.symbol, 9):
        await stage.account.pause(100)
        assert len(stage.ledger.open_orders()) == 1
    assert stage.ledger.deadline(stage.symbol) is None
    assert 30 <= len(stage.arrivals(stage.account.endpoints.ORDERS.countdown)) <= 36


async def test_countdown_stays_armed_on_an_exception(stage: Stage) -> None:
    """The venue cancels what is left of a block that failed, or was cancelled."""
    await stage.account.place_order(stage.order())

    async def work() -> None:
        async with stage.account.countdown(stage.symbol, 9):
            await stage.account.pause(20)
            raise LookupError("a bug")

    with pytest.raises(LookupError):
        await work()
    assert stage.ledger.deadline(stage.symbol) is not None
    await stage.account.pause(10)
    assert stage.ledger.open_orders() == ()


async def test_lost_beats_are_superseded_and_none_arms_again(stage: Stage) -> None:
    """One lost beat changes nothing; one that may still be under way at the end is waited for, and disarmed again."""
    endpoint = stage.account.endpoints.ORDERS.countdown
    venue = stage.account.venue.id
    await stage.account.place_order(stage.order())
    async with stage.account.countdown(stage.symbol, 9):
        stage.sim.disturb(venue, endpoint, DropBefore())
        await stage.account.pause(30)
        assert len(stage.ledger.open_orders()) == 1
        stage.sim.disturb(venue, endpoint, ApplyLater(2), times=1)
        await stage.account.pause(3.05)
    await stage.account.pause(30)
    assert stage.ledger.deadline(stage.symbol) is None
    assert len(stage.ledger.open_orders()) == 1


# -- guards and costs


async def test_guards_and_halts(stage: Stage) -> None:
    """A halted account cancels and reduces; a guard on the size refuses what is larger, or cannot be told."""
    order = await stage.account.place_order(stage.order())
    algo = await stage.account.place_order(stage.order(OrderType.STOP_MARKET, trigger_price=D(4000)))
    stage.ledger.fill(stage.symbol, Side.BUY, stage.quantity, D(3000))
    venue = stage.account.venue.id
    stage.account.halt()
    with pytest.raises(GuardRefused):
        await stage.account.place_order(stage.order())
    with pytest.raises(GuardRefused):
        await stage.account.place_orders([stage.order(reduce_only=True, side=OrderSide.SELL), stage.order()])
    await stage.account.place_order(stage.order(OrderType.MARKET, side=OrderSide.SELL, reduce_only=True))
    await stage.account.cancel_order(stage.symbol, order_id=algo.id)
    await stage.account.cancel_orders(stage.symbol, order_ids=[order.id])
    assert await stage.account.cancel_all_orders() == ()
    async with (
        venuekit.Runtime(clock=LoopClock(), journal=False) as runtime,
        venuekit.connect(
            venue, stage.sim.credentials(venue), runtime=runtime, guard=Guard(max_notional=D(250))
        ) as guarded,
    ):
        with pytest.raises(GuardRefused, match="above 250"):
            await guarded.place_order(stage.order(quantity=stage.quantity * 10))
        trigger = stage.order(OrderType.STOP_MARKET, trigger_price=D(4000), quantity=stage.quantity * 10)
        with pytest.raises(GuardRefused, match="above 250"):
            await guarded.place_order(trigger)
        with pytest.raises(GuardRefused, match="above 250"):
            await guarded.place_orders([stage.order(), stage.order(quantity=stage.quantity * 10)])
        await guarded.place_orders([stage.order(), stage.order(price=D(2400))])


@pytest.mark.parametrize("venue_id", BINANCE)
def test_orders_weigh_what_is_documented_and_are_counted(venue_id: str) -> None:
    """The venue counts orders by account and requests by address, and says so in its headers."""
    venue = make_plugins().venue(venue_id)
    exchange = open_exchange(venue, "flat")
    symbol, quantity = VENUES[venue_id]
    endpoint = venue.account.endpoints.ORDERS.place
    order = {"symbol": symbol, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": 2000}
    answers = [exchange.ask(endpoint.verb, endpoint.path, **order, quantity=quantity) for _ in range(2)]
    told = [{name.upper(): value for name, value in answer.headers.items()} for answer in answers]
    assert [answer.status for answer in answers] == [200, 200]
    assert [one["X-MBX-ORDER-COUNT-1M"] for one in told] == ["1", "2"]
    assert ["X-MBX-ORDER-COUNT-10S" in one for one in told] == [venue_id == "binance_usdm"] * 2
    weights = ["1", "2"] if venue_id == "aster_usdm_v1" else ["0", "0"]
    assert [one["X-MBX-USED-WEIGHT-1M"] for one in told] == weights


async def test_settings_are_kept_from_changing_by_orders_of_either_book(stage: Stage) -> None:
    """Orders count where settings are planned, conditional ones too."""
    await stage.account.place_order(stage.order(OrderType.STOP_MARKET, trigger_price=D(4000)))
    with pytest.raises(Rejected):
        await stage.account.set_margin_type(stage.symbol, MarginType.ISOLATED)
    snapshot = await stage.account.get_settings((stage.symbol,), orders=(stage.symbol,))
    assert snapshot.symbol(stage.symbol).open_orders == 1


async def test_hedge_mode_orders_name_their_side(stage: Stage) -> None:
    """The side is sent as the venue spells it, and comes back."""
    stage.ledger.set_position_mode(PositionMode.HEDGE)
    order = await stage.account.place_order(stage.order(OrderType.MARKET, position_side=PositionSide.LONG))
    assert order.position_side is PositionSide.LONG
    assert stage.ledger.position(stage.symbol, PositionSide.LONG).quantity == stage.quantity
    with pytest.raises(InvalidRequest) as caught:
        await stage.account.place_order(stage.order())
    assert caught.value.code == -4061


async def test_settings_count_the_open_orders_of_every_book(stage: Stage) -> None:
    """One plain order and one conditional order of a symbol are two, counted by symbol and for the account."""
    account = stage.account
    await stage.place(stage.order(), stage.order(OrderType.STOP_MARKET, **CONDITIONAL[OrderType.STOP_MARKET]))
    known = await account.get_settings([stage.symbol])
    for counted in (
        await account.get_settings([stage.symbol], orders=True),
        await account.get_settings([stage.symbol], orders=[stage.symbol], known=known),
    ):
        assert counted.symbol(stage.symbol).open_orders == 2
