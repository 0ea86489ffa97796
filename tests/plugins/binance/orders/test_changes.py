"""Orders that are amended and cancelled, alone and in batches, and their histories; on every product."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.plugins.binance.orders.order_stage import Stage, size, two_books

from venuekit.capabilities import Amendment, Order, OrderSide, OrderStatus, OrderTestControl, OrderType, PositionSide
from venuekit.errors import InvalidArgument, OperationError, Rejected
from venuekit.simulator.ledger import Side, TradeKind

pytestmark = pytest.mark.looptime
D = Decimal


# -- changing


@two_books
async def test_amendment_changes_one_number_and_keeps_the_other(stage: Stage) -> None:
    """Both numbers are sent, as the venue wants it; one that changes nothing is no error."""
    order = await stage.account.place_order(stage.order(client_id="mine"))
    for _ in range(2):
        told = await stage.account.amend_order(stage.symbol, OrderSide.BUY, client_id="mine", price=D(1900))
        assert (told.id, told.price, told.quantity) == (order.id, D(1900), stage.quantity)
    told = await stage.account.amend_order(stage.symbol, OrderSide.BUY, order_id=order.id, quantity=3 * stage.quantity)
    assert (told.price, told.quantity) == (D(1900), 3 * stage.quantity)
    assert [one.applied for one in stage.arrivals(stage.account.endpoints.ORDERS.amend)] == [True, False, True]


async def test_batches_answer_item_by_item(stage: Stage) -> None:
    """Plain and conditional orders in one call; a value or the error of each, in their order."""
    wanted = [
        stage.order(client_id="a"),
        stage.order(OrderType.STOP_MARKET, trigger_price=D(4000), client_id="b"),
        stage.order(position_side=PositionSide.SHORT),
        stage.order(OrderType.STOP_MARKET, trigger_price=D(2000)),
        stage.order(price=D(1999), client_id="e"),
    ]
    placed = await stage.account.place_orders(wanted)
    assert [one.client_id if isinstance(one, Order) else one.code for one in placed] == ["a", "b", -4061, -2021, "e"]
    assert len(stage.arrivals(stage.account.endpoints.ORDERS.place_batch)) == 1
    a, b, e = placed[0], placed[1], placed[4]
    ended = await stage.account.cancel_orders(stage.symbol, order_ids=[a.id, b.id, "99999"], client_ids=["e"])
    assert [one.id if isinstance(one, Order) else one.code for one in ended] == [a.id, b.id, -2011, e.id]
    assert {one.status for one in ended if isinstance(one, Order)} == {OrderStatus.CANCELED}
    assert stage.ledger.open_orders() == ()


@two_books
async def test_batches_of_amendments_answer_item_by_item(stage: Stage) -> None:
    """One changes its price, one already is so, one is not there."""
    placed = await stage.account.place_orders([stage.order(client_id="a"), stage.order(price=D(1999), client_id="e")])
    changes = [
        Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id=placed[0].id, price=D(1900)),
        Amendment(symbol=stage.symbol, side=OrderSide.BUY, client_id="e", price=D(1999), quantity=stage.quantity),
        Amendment(symbol=stage.symbol, side=OrderSide.BUY, order_id="99999", price=D(1900), quantity=stage.quantity),
    ]
    amended = await stage.account.amend_orders(changes)
    assert [one.price if isinstance(one, Order) else one.code for one in amended] == [1900, 1999, -2013]


async def test_cancelled_client_id_of_both_books(stage: Stage) -> None:
    """Of one client id, what is open is cancelled, not what had ended in the other book."""
    await stage.account.place_order(stage.order(OrderType.MARKET, client_id="mine"))
    await stage.account.pause(1)
    order = await stage.account.place_order(stage.order(OrderType.STOP_MARKET, trigger_price=D(4000), client_id="mine"))
    ended = await stage.account.cancel_order(stage.symbol, client_id="mine")
    assert (ended.id, ended.status) == (order.id, OrderStatus.CANCELED)


async def test_order_test(stage: Stage) -> None:
    """A test places nothing and is refused like an order; where the venue has none, that is said."""
    if not isinstance(stage.account, OrderTestControl):
        with pytest.raises(OperationError, match="documents no order test"):
            OrderTestControl.of(stage.account)
        return
    await stage.account.test_order(stage.order())
    with pytest.raises(Rejected) as caught:
        await stage.account.test_order(stage.order(quantity=D(9_000)))
    assert caught.value.code == -2019
    with pytest.raises(InvalidArgument, match="limit and market orders only"):
        await stage.account.test_order(stage.order(OrderType.STOP_MARKET, trigger_price=D(4000)))
    assert stage.ledger.orders() == ()


# -- histories


async def test_trades_are_walked_by_their_ids(stage: Stage) -> None:
    """From a time on, until a time, and behind the last one seen; commission is what it did to the account."""
    moments = []
    for _ in range(4):
        await stage.account.pause(3600)
        moments.append(stage.sim.milliseconds())
        stage.ledger.fill(stage.symbol, Side.BUY, stage.quantity, D(3000))
    held = stage.ledger.fills(stage.symbol)
    walk = stage.account.iter_fills(stage.symbol)
    told = [fill async for fill in walk]
    assert [fill.id for fill in told] == [one.trade_id for one in held]
    assert [(fill.value, fill.commission) for fill in told] == [(one.value, one.commission) for one in held]
    assert (walk.cost_per_page, told[0].contract_size) == (5, size(stage)[0])
    rest = [fill.id async for fill in stage.account.iter_fills(stage.symbol, after=told[1])]
    assert rest == [one.trade_id for one in held[2:]]
    middle = stage.account.iter_fills(stage.symbol, start=told[1].time, end=told[2].time)
    assert [fill.id async for fill in middle] == [told[1].id, told[2].id]
    assert "fromId" in stage.arrivals(stage.account.endpoints.ORDERS.trades)[-1].parameters


async def test_orders_are_walked_behind_the_last_one_seen(stage: Stage) -> None:
    """A walk continues behind an order, over windows of seven days."""
    ids = []
    for day in range(4):
        ids.append((await stage.account.place_order(stage.order(price=D(2000 - day)))).id)
        await stage.account.pause(5 * 86_400)
    told = await stage.account.iter_orders(symbol=stage.symbol).all()
    assert [order.id for order in told] == ids
    assert [order.id async for order in stage.account.iter_orders(symbol=stage.symbol, after=told[1])] == ids[2:]


async def test_forced_orders(stage: Stage) -> None:
    """Orders that the venue itself placed, of a symbol and of all."""
    stage.ledger.fill(stage.symbol, Side.BUY, stage.quantity, D(3000))
    forced = stage.ledger.deleverage(stage.symbol)
    assert forced.forced is TradeKind.ADL
    for symbol in (stage.symbol, None):
        (told,) = await stage.account.iter_forced_orders(symbol=symbol).all()
        assert (told.id, told.client_id, told.status) == (forced.id, forced.client_id, OrderStatus.FILLED)
    assert stage.account.iter_forced_orders().cost_per_page == 50
