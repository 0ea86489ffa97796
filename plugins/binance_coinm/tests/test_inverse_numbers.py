"""Worked numbers of inverse contracts, through ledger, simulated venue and client alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import ROUND_DOWN, Decimal
from typing import Any

import pytest

from venuekit.capabilities import MarginType, PositionMode, PositionSide
from venuekit.simulator.ledger import Ledger, Side
from venuekit.testing.staged import on_stage
from venuekit_binance_coinm.simulated.contracts import PURSE
from venuekit_binance_coinm.venue import VENUE

D = Decimal
PERP, ETH = "BTCUSD_PERP", "ETHUSD_PERP"


def cut(value: Decimal | None) -> Decimal:
    """Return an amount as the venue keeps it: eight decimals, cut toward zero."""
    assert value is not None
    return value.quantize(D("1e-8"), rounding=ROUND_DOWN)


@pytest.fixture
async def stage() -> AsyncIterator[Any]:
    """An account without positions over a real socket, with plenty of both coins."""
    async with on_stage(VENUE, "flat") as opened:
        ledger: Ledger = opened.simulation.ledger
        ledger.deposit("BTC", D(1000), purse=PURSE)
        ledger.deposit("ETH", D(1000), purse=PURSE)
        yield opened


async def test_value_margin_and_maintenance_of_one_contract(stage: Any) -> None:
    """10 USD of ETH at 2424.97: worth 0.00412376, at 100x bound 0.00004123, maintained by 0.00002061."""
    ledger = stage.simulation.ledger
    ledger.set_leverage(ETH, D(100))
    ledger.set_mark(ETH, D("2424.97"))
    ledger.fill(ETH, Side.BUY, D(1), D("2424.97"))

    (position,) = await stage.account.get_positions()
    (of_account,) = (await stage.account.get_account()).positions

    assert (position.notional, cut(position.value)) == (D(10), D("0.00412376"))
    assert of_account.position_initial_margin == D("0.00004123")
    assert of_account.maintenance_margin == D("0.00002061")


async def test_unrealized_profit_of_the_documented_row(stage: Any) -> None:
    """1 x 100 x (1 / 11707.70000003 - 1 / 11788.66626667) = 0.00005866."""
    ledger = stage.simulation.ledger
    ledger.set_mark(PERP, D("11788.66626667"))
    ledger.fill(PERP, Side.BUY, D(1), D("11707.70000003"))

    (position,) = await stage.account.get_positions()

    assert position.unrealized_pnl == D("0.00005866")
    assert position.entry_price == D("11707.70000003")


async def test_fee_of_the_documented_trade(stage: Any) -> None:
    """100 / 8800 x the rate, cut and not rounded: at 4 basis points 0.00000454, here at 5 it is 0.00000568."""
    ledger = stage.simulation.ledger

    trade = ledger.fill(PERP, Side.SELL, D(1), D(8800))

    assert ledger.contract(PERP).taker_fee == D("0.0005")
    assert trade.commission == -cut(D(100) / D(8800) * D("0.0005")) == D("-0.00000568")


async def test_entry_price_is_the_harmonic_mean(stage: Any) -> None:
    """As many contracts at 50,000 as at 40,000 were entered at 44,444.44, not at 45,000."""
    ledger = stage.simulation.ledger
    for price in (50_000, 40_000):
        ledger.fill(PERP, Side.BUY, D(100), D(price))

    (position,) = await stage.account.get_positions()

    assert position.entry_price == D("44444.44444444")
    assert position.quantity == 200


async def test_short_gains_when_the_price_falls(stage: Any) -> None:
    """Profit is in the coin: -100 x 100 x (1 / 50,000 - 1 / 40,000) = 0.05."""
    ledger = stage.simulation.ledger
    ledger.set_mark(PERP, D(40_000))
    ledger.fill(PERP, Side.SELL, D(100), D(50_000))

    (position,) = await stage.account.get_positions()

    assert (position.quantity, position.unrealized_pnl) == (D(-100), D("0.05"))
    assert cut(position.value) == D("0.25")


async def test_isolated_wallet_is_the_margin_less_the_profit(stage: Any) -> None:
    """What the client derives from the row is what the ledger keeps; equity is the wallet plus the profit."""
    ledger = stage.simulation.ledger
    ledger.set_margin_type(MarginType.ISOLATED, PERP)
    ledger.fill(PERP, Side.BUY, D(100), D(80_000))

    (position,) = await stage.account.get_positions()
    (balance,) = await stage.account.get_balances(asset="BTC")
    account = await stage.account.get_account()
    (asset,) = [held for held in account.balances if held.asset == "BTC"]

    assert position.isolated_wallet == ledger.position(PERP).isolated_wallet == D("0.00625")
    assert position.isolated_margin == position.isolated_wallet + position.unrealized_pnl
    assert balance.wallet == balance.cross_wallet + position.isolated_wallet
    assert asset.equity == asset.wallet + position.unrealized_pnl


async def test_liquidation_price_of_a_long(stage: Any) -> None:
    """LP = Q (mmr + 1) / ((WB + cum) / C + Q / EP), with the tier that holds at that price."""
    ledger = stage.simulation.ledger
    ledger.set_margin_type(MarginType.ISOLATED, PERP)
    ledger.fill(PERP, Side.BUY, D(1000), D(50_000))

    (position,) = await stage.account.get_positions()

    wallet, quantity, size, entry = D("0.1"), D(1000), D(100), D(50_000)
    expected = quantity * (D("0.004") + 1) / (wallet / size + quantity / entry)
    assert position.isolated_wallet == wallet
    assert position.liquidation_price == expected.quantize(D("1e-8"))


async def test_legs_of_hedge_mode_have_their_own_sign(stage: Any) -> None:
    """LONG is positive and SHORT negative; the flat BOTH rows beside them are dropped."""
    ledger = stage.simulation.ledger
    ledger.set_position_mode(PositionMode.HEDGE)
    ledger.fill(PERP, Side.BUY, D(3), D(80_000), PositionSide.LONG)
    ledger.fill(PERP, Side.SELL, D(2), D(90_000), PositionSide.SHORT)

    positions = await stage.account.get_positions(symbol=PERP)
    info = await stage.account.get_account(include_flat=True)

    assert [(one.side, one.quantity) for one in positions] == [(PositionSide.LONG, D(3)), (PositionSide.SHORT, D(-2))]
    assert info.position_mode is PositionMode.HEDGE
    assert [one.side for one in info.positions if one.symbol == PERP] == [
        PositionSide.BOTH,
        PositionSide.LONG,
        PositionSide.SHORT,
    ]
    assert (await stage.account.get_position(PERP, side=PositionSide.SHORT)).quantity == -2
