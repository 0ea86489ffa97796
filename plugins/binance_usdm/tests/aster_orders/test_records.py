"""Orders at Aster in histories, under a countdown, and in hedge mode."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from plugins.binance_usdm.tests.aster_orders.order_types import MARK, ORDERS, Stage

from venuekit.capabilities import OrderBehaviour, OrderStatus, OrderType, PositionMode, PositionSide
from venuekit.errors import InvalidArgument, InvalidRequest, NotFound
from venuekit.simulator.ledger import Side, TradeKind
from venuekit_binance_usdm.aster.endpoints import ASTER_V1
from venuekit_binance_usdm.aster.venue import VENUE_V1 as VENUE

D = Decimal
looptime = pytest.mark.looptime


# -- histories


@looptime
async def test_fills_tell_commission_as_it_is_received(stage: Stage) -> None:
    """The venue prints what was paid below zero; the value says the same, and the ledger agrees."""
    await stage.account.place_order(stage.order(OrderType.MARKET))
    (held,) = stage.ledger.fills("ETHUSDT")
    (fill,) = await stage.account.iter_fills("ETHUSDT").all()
    assert held.commission < 0
    assert (fill.commission, fill.commission_asset, fill.value) == (held.commission, "USDT", held.value)
    row = (await stage.account.call(ORDERS.trades, symbol="ETHUSDT"))[0]
    assert row.commission == held.commission
    with pytest.raises(InvalidArgument, match="orderId"):
        await stage.account.call(ORDERS.trades, symbol="ETHUSDT", orderId=1)


@looptime
async def test_orders_are_walked_and_forgotten(stage: Stage) -> None:
    """Every type in one history; what ended without a fill is kept for seven days, and not for eight."""
    canceled = await stage.account.place_order(stage.order(OrderType.STOP_MARKET))
    await stage.account.cancel_order("ETHUSDT", order_id=canceled.id)
    filled = await stage.account.place_order(stage.order(OrderType.MARKET))
    waiting = await stage.account.place_order(stage.order(OrderType.TRAILING_STOP_MARKET))
    await stage.sleep(6.9 * 86_400)
    walk = stage.account.iter_orders(symbol="ETHUSDT")
    told = await walk.all()
    assert [one.id for one in told] == [canceled.id, filled.id, waiting.id]
    assert [one.status for one in told] == ["canceled", "filled", "untriggered"]
    assert walk.cost_per_page == 5
    rest = await stage.account.iter_orders(symbol="ETHUSDT", after=told[1]).all()
    assert [one.id for one in rest] == [waiting.id]
    await stage.sleep(0.2 * 86_400)
    assert [one.id for one in await stage.account.iter_orders(symbol="ETHUSDT").all()] == [filled.id, waiting.id]
    with pytest.raises(NotFound):
        await stage.account.get_order("ETHUSDT", order_id=canceled.id)
    start = (await stage.account.get_server_time()) - timedelta(days=91)
    with pytest.raises(InvalidArgument, match="further back"):
        await stage.account.iter_orders(symbol="ETHUSDT", start=start).all()


@looptime
async def test_forced_orders(stage: Stage) -> None:
    """What the venue itself has closed, of a symbol and of all."""
    stage.ledger.fill("ETHUSDT", Side.BUY, D("0.3"), MARK)
    forced = stage.ledger.deleverage("ETHUSDT")
    for symbol, cost in (("ETHUSDT", 20), (None, 50)):
        walk = stage.account.iter_forced_orders(symbol=symbol)
        (told,) = await walk.all()
        assert (told.id, told.client_id, told.status) == (forced.id, forced.client_id, OrderStatus.FILLED)
        assert walk.cost_per_page == cost
    assert forced.forced is TradeKind.ADL


# -- countdown


@looptime
async def test_countdown_covers_every_type(stage: Stage) -> None:
    """Disarmed it cancels nothing; at its end nothing of the symbol is left."""
    for kind in (OrderType.LIMIT, OrderType.STOP_MARKET):
        await stage.account.place_order(stage.order(kind))
    await stage.account.set_countdown("ETHUSDT", 10)
    await stage.account.set_countdown("ETHUSDT", None)
    await stage.sleep(20)
    assert len(stage.ledger.open_orders()) == 2
    async with stage.account.countdown("ETHUSDT", 9):
        await stage.sleep(30)
        assert len(stage.ledger.open_orders()) == 2
    assert stage.ledger.deadline("ETHUSDT") is None
    await stage.account.set_countdown("ETHUSDT", 10)
    await stage.sleep(11)
    assert stage.ledger.open_orders() == ()
    assert "conditional ones too" in (VENUE.behaviour(OrderBehaviour).countdown or "")


# -- hedge mode, and settings


@looptime
async def test_hedge_mode_orders_name_their_side(stage: Stage) -> None:
    """The side is sent, comes back, and an order without one is refused."""
    assert (await stage.account.set_position_mode(PositionMode.HEDGE)).changed is True
    order = await stage.account.place_order(stage.order(OrderType.STOP_MARKET, position_side=PositionSide.LONG))
    assert order.position_side is PositionSide.LONG
    stage.ledger.set_mark("ETHUSDT", D(4100))
    assert stage.ledger.position("ETHUSDT", PositionSide.LONG).quantity == D("0.1")
    with pytest.raises(InvalidRequest) as caught:
        await stage.account.place_order(stage.order())
    assert caught.value.code == -4061


@looptime
async def test_positions_tell_what_they_settle_in(stage: Stage) -> None:
    """By the instruments, which are read once, in every read of positions."""
    stage.ledger.fill("ETHUSDT", Side.BUY, D("0.3"), MARK)
    (position,) = await stage.account.get_positions()
    assert (position.settle, (await stage.account.get_position("BTCUSDT")).settle) == ("USDT", "USDT")
    assert {one.settle for one in await stage.account.get_positions(include_flat=True)} == {"USDT"}
    assert [one.settle for one in (await stage.account.get_account()).positions] == ["USDT"]
    assert len(stage.arrivals(ASTER_V1.EXCHANGE_INFO)) == 1
