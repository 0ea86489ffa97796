"""Views of accounts at our own venues, over their simulated streams."""

from __future__ import annotations

from decimal import Decimal

import pytest

import venuekit
from venuekit.capabilities import FillUpdate, OrderControl, OrderRequest, OrderSide, OrderType
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
