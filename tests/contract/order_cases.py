"""Socket cases of orders, fills and histories, told by what the ledger behind the socket holds."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

import attrs
import pytest
from tests.contract.socket_cases import case, ledger_of

from venuekit.capabilities import Amendment, Order, OrderRequest, OrderSide, OrderType
from venuekit.plugin import from_milliseconds
from venuekit.simulator.ledger import Side
from venuekit.testing import Stage


def held(stage: Stage) -> str:
    """Return the symbol that has a position."""
    assert stage.scenario.held is not None
    return stage.scenario.held


def bid(stage: Stage, *, lower: int = 0) -> OrderRequest:
    """Return an order to buy at half the market, twice as large as it must be."""
    ledger, symbol = ledger_of(stage), stage.scenario.flat
    contract = ledger.contract(symbol)
    price = ledger.mark(symbol) / 2 // contract.price_tick * contract.price_tick - lower * contract.price_tick
    worth, least = contract.notional(Decimal(1), price), contract.min_quantity
    if contract.min_notional is not None and worth is not None:
        least = max(least, contract.min_notional / worth)
    quantity = (2 * least / contract.quantity_step).to_integral_value(ROUND_UP) * contract.quantity_step
    return OrderRequest(symbol=symbol, side=OrderSide.BUY, type=OrderType.LIMIT, quantity=quantity, price=price)


async def placed(stage: Stage, *, lower: int = 0) -> Any:
    """Place an order and return what came back."""
    return await stage.account.place_order(bid(stage, lower=lower))


def since_yesterday(stage: Stage) -> dict[str, Any]:
    """Return a span of one day."""
    return {"start": from_milliseconds(stage.simulation.milliseconds()) - timedelta(days=1)}


def stop(stage: Stage, *, higher: int = 0) -> OrderRequest:
    """Return an order that waits for the market to rise by a half."""
    ledger, symbol = ledger_of(stage), stage.scenario.flat
    tick = ledger.contract(symbol).price_tick
    trigger = ledger.mark(symbol) * 3 / 2 // tick * tick + higher * tick
    return attrs.evolve(bid(stage), type=OrderType.STOP_MARKET, price=None, trigger_price=trigger)


async def waiting(stage: Stage, *, higher: int = 0) -> Any:
    """Place a conditional order and return what came back."""
    return await stage.account.place_order(stop(stage, higher=higher))


# -- orders


@case("OrderControl.place_order")
async def place_order(stage: Stage) -> None:
    """The order rests in the ledger, with the client id that was made up for it."""
    told = await placed(stage)
    order = ledger_of(stage).order(told.id)
    assert (order.symbol, order.quantity, order.price) == (told.symbol, told.quantity, told.price)
    assert order.client_id == told.client_id


@case("OrderReader.get_order")
async def get_order(stage: Stage) -> None:
    """An open order by its id, an ended one by its client id."""
    order = await placed(stage)
    told = await stage.account.get_order(order.symbol, order_id=order.id)
    assert (told.status, told.quantity, told.price) == ("open", order.quantity, order.price)
    ledger_of(stage).cancel_order(order.id)
    assert (await stage.account.get_order(order.symbol, client_id=order.client_id)).status == "canceled"


@case("OrderReader.get_open_order")
async def get_open_order(stage: Stage) -> None:
    """An order that waits."""
    order = await placed(stage)
    assert (await stage.account.get_open_order(order.symbol, client_id=order.client_id)).id == order.id


@case("OrderReader.get_open_orders")
async def get_open_orders(stage: Stage) -> None:
    """Everything that waits, of a symbol or of all."""
    orders = [await placed(stage), await placed(stage, lower=1)]
    for symbol in (orders[0].symbol, None):
        told = await stage.account.get_open_orders(symbol=symbol)
        assert {one.id for one in told} == {one.id for one in orders}


@case("OrderReader.iter_orders")
async def iter_orders(stage: Stage) -> None:
    """What waits and what has ended."""
    orders = [await placed(stage), await placed(stage, lower=1)]
    ledger_of(stage).cancel_order(orders[0].id)
    told = await stage.account.iter_orders(symbol=orders[0].symbol, **since_yesterday(stage)).all()
    assert {one.id: one.status.is_final for one in told} == {orders[0].id: True, orders[1].id: False}


@case("OrderControl.cancel_order")
async def cancel_order(stage: Stage) -> None:
    """The order has ended, and so it is told."""
    order = await placed(stage)
    assert (await stage.account.cancel_order(order.symbol, order_id=order.id)).status == "canceled"
    assert not ledger_of(stage).order(order.id).is_open


@case("OrderControl.cancel_all_orders")
async def cancel_all_orders(stage: Stage) -> None:
    """Nothing waits any more."""
    await placed(stage)
    await placed(stage, lower=1)
    assert await stage.account.cancel_all_orders() == ()
    assert ledger_of(stage).open_orders() == ()


@case("OrderAmendControl.amend_order")
async def amend_order(stage: Stage) -> None:
    """Quantity and price are new."""
    order, new = await placed(stage), bid(stage, lower=3)
    assert new.quantity is not None
    change = {"quantity": 2 * new.quantity, "price": new.price}
    await stage.account.amend_order(order.symbol, order.side, order_id=order.id, **change)
    held_now = ledger_of(stage).order(order.id)
    assert {"quantity": held_now.quantity, "price": held_now.price} == change


@case("OrderBatchControl.place_orders")
async def place_orders(stage: Stage) -> None:
    """Each order is there."""
    told = await stage.account.place_orders([bid(stage), bid(stage, lower=1)])
    assert [one.id for one in told if isinstance(one, Order)] == [one.id for one in ledger_of(stage).open_orders()]


@case("OrderAmendControl.amend_orders")
async def amend_orders(stage: Stage) -> None:
    """Each order has its new price."""
    order, new = await placed(stage), bid(stage, lower=3)
    change = Amendment(symbol=order.symbol, side=order.side, order_id=order.id, quantity=new.quantity, price=new.price)
    (told,) = await stage.account.amend_orders([change])
    assert isinstance(told, Order)
    assert ledger_of(stage).order(order.id).price == new.price


@case("OrderBatchControl.cancel_orders")
async def cancel_orders(stage: Stage) -> None:
    """Each order has ended."""
    orders = [await placed(stage), await placed(stage, lower=1)]
    told = await stage.account.cancel_orders(orders[0].symbol, order_ids=[one.id for one in orders])
    assert [one.status for one in told if isinstance(one, Order)] == ["canceled", "canceled"]
    assert ledger_of(stage).open_orders() == ()


@case("OrderTestControl.test_order")
async def test_order(stage: Stage) -> None:
    """A test that passes leaves nothing behind."""
    await stage.account.test_order(bid(stage))
    assert ledger_of(stage).orders(stage.scenario.flat) == ()


@case("ForcedOrderReader.iter_forced_orders")
async def iter_forced_orders(stage: Stage) -> None:
    """What the venue itself has closed."""
    forced = ledger_of(stage).deleverage(held(stage))
    (told,) = await stage.account.iter_forced_orders(symbol=held(stage), **since_yesterday(stage)).all()
    assert (told.id, told.quantity, told.filled_value) == (forced.id, forced.quantity, forced.filled_value)


# -- conditional orders: the same methods, whichever book the venue keeps them in


@case("OrderControl.place_order", book="conditional")
async def place_conditional_order(stage: Stage) -> None:
    """The order waits in the ledger for its trigger, and the caller is told in which book."""
    told = await waiting(stage)
    order = ledger_of(stage).order(told.id)
    assert (order.symbol, order.quantity, order.trigger_price) == (told.symbol, told.quantity, told.trigger_price)
    assert (order.client_id, told.kind, order.is_open) == (told.client_id, "conditional", True)


@case("OrderReader.get_order", book="conditional")
async def get_conditional_order(stage: Stage) -> None:
    """A waiting order, by either id."""
    order = await waiting(stage)
    for name in ({"order_id": order.id}, {"client_id": order.client_id}):
        told = await stage.account.get_order(order.symbol, **name)
        assert (told.id, told.status, told.trigger_price) == (order.id, "untriggered", order.trigger_price)


@case("OrderReader.get_open_order", book="conditional")
async def get_open_conditional_order(stage: Stage) -> None:
    """An order that waits for its trigger is open."""
    order = await waiting(stage)
    assert (await stage.account.get_open_order(order.symbol, client_id=order.client_id)).key == (
        order.symbol,
        "conditional",
        order.id,
    )


@case("OrderReader.get_open_orders", book="conditional")
async def get_open_orders_of_both_books(stage: Stage) -> None:
    """Both books are one list."""
    orders = [await placed(stage), await waiting(stage)]
    for symbol in (orders[0].symbol, None):
        told = await stage.account.get_open_orders(symbol=symbol)
        assert {(one.kind, one.id) for one in told} == {("plain", orders[0].id), ("conditional", orders[1].id)}


@case("OrderReader.iter_orders", book="conditional")
async def iter_orders_of_both_books(stage: Stage) -> None:
    """Both books are one history."""
    orders = [await placed(stage), await waiting(stage)]
    told = await stage.account.iter_orders(symbol=orders[0].symbol, **since_yesterday(stage)).all()
    assert {one.key for one in told} == {one.key for one in orders}


@case("OrderControl.cancel_order", book="conditional")
async def cancel_conditional_order(stage: Stage) -> None:
    """The order never triggers, and so it is told."""
    order = await waiting(stage)
    told = await stage.account.cancel_order(order.symbol, order_id=order.id)
    assert (told.id, told.status) == (order.id, "canceled")
    assert not ledger_of(stage).order(order.id).is_open


@case("OrderControl.cancel_all_orders", book="conditional")
async def cancel_both_books(stage: Stage) -> None:
    """Nothing waits any more in either book, of a symbol or of all."""
    for symbol in (stage.scenario.flat, None):
        await placed(stage)
        await waiting(stage)
        assert await stage.account.cancel_all_orders(symbol=symbol) == ()
        assert ledger_of(stage).open_orders() == ()


# -- forced orders, countdown, fills


@case("CountdownControl.countdown")
async def countdown(stage: Stage) -> None:
    """It is armed while the block runs, disarmed by a clean end, and left armed by an exception."""
    symbol, ledger = stage.scenario.flat, ledger_of(stage)
    async with stage.account.countdown(symbol, 60):
        assert ledger.deadline(symbol) is not None
    assert ledger.deadline(symbol) is None
    with pytest.raises(LookupError):
        async with stage.account.countdown(symbol, 60):
            raise LookupError(symbol)
    assert ledger.deadline(symbol) is not None


@case("CountdownControl.set_countdown")
async def set_countdown(stage: Stage) -> None:
    """It is armed, and disarmed."""
    symbol = stage.scenario.flat
    await stage.account.set_countdown(symbol, 60)
    assert ledger_of(stage).deadline(symbol) is not None
    await stage.account.set_countdown(symbol, None)
    assert ledger_of(stage).deadline(symbol) is None


@case("FillReader.iter_fills")
async def iter_fills(stage: Stage) -> None:
    """The ledger's fills, with what they cost."""
    ledger = ledger_of(stage)
    quantity = min(Decimal(10), ledger.position(held(stage)).quantity)
    order = await stage.account.place_order(
        OrderRequest(symbol=held(stage), side=OrderSide.SELL, type=OrderType.MARKET, quantity=quantity)
    )
    told = await stage.account.iter_fills(held(stage), **since_yesterday(stage)).all()
    fills = ledger.fills(held(stage))
    assert [(one.id, one.quantity, one.commission) for one in told] == [
        (one.trade_id, one.quantity, one.commission) for one in fills
    ]
    assert told[-1].order_id == order.id


# -- histories


@case("IncomeReader.iter_income")
async def iter_income(stage: Stage) -> None:
    """All movements of an asset are its wallet."""
    ledger = ledger_of(stage)
    ledger.fund(held(stage), Decimal("0.0001"))
    asset = ledger.contract(held(stage)).settle
    told = await stage.account.iter_income(asset=asset, **since_yesterday(stage)).all()
    assert sum(one.amount for one in told) == sum(one.amount for one in ledger.incomes() if one.asset == asset)
    assert {"funding", "commission", "transfer"} <= {one.kind.value for one in told}


@case("MarginChangeReader.iter_margin_changes")
async def iter_margin_changes(stage: Stage) -> None:
    """What was added and what was taken away."""
    ledger = ledger_of(stage)
    for amount in (Decimal(1), Decimal("-0.25")):
        ledger.adjust_margin(held(stage), amount)
    told = await stage.account.iter_margin_changes(held(stage), **since_yesterday(stage)).all()
    assert [(one.symbol, one.side, one.asset, one.amount, one.time) for one in told] == [
        (one.symbol, one.side, one.asset, one.amount, one.time) for one in ledger.margin_changes()
    ]


@case("ClosedPnlReader.iter_closed_pnl")
async def iter_closed_pnl(stage: Stage) -> None:
    """What closing a part of the position gained."""
    ledger = ledger_of(stage)
    ledger.fill(held(stage), Side.SELL, Decimal(10), ledger.mark(held(stage)))
    (told,) = await stage.account.iter_closed_pnl(**since_yesterday(stage)).all()
    (closed,) = ledger.closed_pnls()
    assert (told.order_id, told.quantity, told.pnl_net) == (closed.order_id, closed.quantity, closed.pnl)


@case("WithdrawalReader.iter_withdrawals")
async def iter_withdrawals(stage: Stage) -> None:
    """What left the account."""
    ledger = ledger_of(stage)
    asset = ledger.contract(held(stage)).settle
    sent = ledger.withdraw(asset, Decimal("0.1"), fee=Decimal("0.001"), chain="CHAIN", address="a", tx_id="t")
    (told,) = await stage.account.iter_withdrawals(asset=asset, **since_yesterday(stage)).all()
    assert (told.id, told.amount, told.fee, told.tx_id) == (sent.id, sent.amount, sent.fee, sent.tx_id)


@case("ConversionReader.iter_conversions")
async def iter_conversions(stage: Stage) -> None:
    """What was turned into something else."""
    ledger = ledger_of(stage)
    names = [balance.asset for balance in ledger.balances() if balance.wallet]
    made = ledger.convert(names[0], Decimal("0.1"), names[1], Decimal(2))
    (told,) = await stage.account.iter_conversions(**since_yesterday(stage)).all()
    assert (told.id, -told.from_amount, told.to_amount) == (made.id, made.from_amount, made.to_amount)
