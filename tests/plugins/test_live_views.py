"""Views of accounts at our own venues, over their simulated streams."""

from __future__ import annotations

from decimal import Decimal

import pytest

import venuekit
from venuekit.capabilities import (
    FillUpdate,
    OrderControl,
    OrderKind,
    OrderReader,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    OrderUpdate,
)
from venuekit.live import AccountView, ViewPart

D = Decimal


@pytest.mark.parametrize(
    ("venue", "symbol", "quantity"),
    [
        ("binance_usdm", "BTCUSDT", D("0.01")),
        ("binance_coinm", "BTCUSD_PERP", D(1)),
        ("bybit_inverse", "BTCUSD", D(10)),
    ],
)
async def test_a_view_follows_an_own_order(venue: str, symbol: str, quantity: Decimal) -> None:
    """Its position, wallet and fill come by events, once; and it agrees with a read of everything."""
    async with (
        venuekit.simulate() as simulation,
        venuekit.connect(venue, simulation.credentials(venue)) as account,
        AccountView(account) as view,
    ):
        fills: list[FillUpdate] = []
        view.subscribe(lambda change: fills.append(change.event) if isinstance(change.event, FillUpdate) else None)
        held = {live.position.symbol: live.position.quantity for live in view.positions()}
        order = OrderRequest(symbol=symbol, side=OrderSide.BUY, type=OrderType.MARKET, quantity=quantity)
        await OrderControl.of(account).place_order(order)

        def has_moved(view: AccountView) -> bool:
            position = view.position(symbol)
            moved = position is not None and position.position.quantity == held.get(symbol, D(0)) + quantity
            return moved and not view.open_orders(symbol=symbol) and bool(fills)

        await view.wait_for(has_moved, 10)
        position = view.position(symbol)
        assert position is not None
        assert position.held.source == "stream"
        await view.wait_fresh(10)
        shown = {live.balance.asset: live.balance.wallet for live in view.balances()}
        await view.refresh()
        view.fresh(30, parts=list(ViewPart))
        assert {live.balance.asset: live.balance.wallet for live in view.balances()} == shown
        assert [event.fill.quantity for event in fills if not event.is_preliminary] == [quantity]


async def test_a_view_keeps_a_triggered_order_that_goes_on_under_its_id() -> None:
    """Where there is one book, its trigger is reported as its end, and then as a new order of the same id."""
    venue, symbol = "aster_usdm_v1", "ETHUSDT"
    async with (
        venuekit.simulate(venue) as simulation,
        venuekit.connect(venue, simulation.credentials(venue)) as account,
        AccountView(account) as view,
    ):
        stop = OrderRequest(
            symbol=symbol, side=OrderSide.BUY, type=OrderType.STOP, quantity=D(1), price=D(2000), trigger_price=D(4000)
        )
        order = await OrderControl.of(account).place_order(stop)
        seen: list[OrderStatus] = []
        view.subscribe(
            lambda change: seen.append(change.event.order.status) if isinstance(change.event, OrderUpdate) else None
        )
        simulation.set_mark(venue, symbol, D(4100))
        await view.wait_for(lambda _: seen[-1:] == [OrderStatus.OPEN], 10)
        live = view.open_order(symbol, order.id, kind=OrderKind.CONDITIONAL)
        assert live is not None
        assert live.order.status is OrderStatus.OPEN
        assert [one.id for one in await OrderReader.of(account).get_open_orders()] == [order.id]
