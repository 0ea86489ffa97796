"""The third version of account and positions: open legs alone, in the ledger's figures, in every mode."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tests.plugins.binance.exchange import Exchange

from venuekit.capabilities import AssetMode, MarginType, PositionMode
from venuekit.simulator.ledger import Ledger, PositionFigures
from venuekit_binance_usdm.endpoints import USDM

D = Decimal


def open_legs(ledger: Ledger) -> Iterator[PositionFigures]:
    """Yield the legs with a position or an order."""
    waiting = {(order.symbol, order.position_side) for order in ledger.open_orders()}
    for leg in ledger.positions(include_flat=True):
        if leg.quantity or (leg.symbol, leg.side) in waiting:
            yield leg


def test_account_lists_open_legs_alone(traded: Exchange) -> None:
    """A leg has no settings in it, but its worth and margins; a short one is negative in size and notional."""
    rows, legs = traded.fetch(USDM.ACCOUNT)["positions"], list(open_legs(traded.ledger))

    assert [(row["symbol"], row["positionSide"]) for row in rows] == [(leg.symbol, leg.side.name) for leg in legs]
    for row, leg in zip(rows, legs, strict=True):
        assert D(row["positionAmt"]) == leg.quantity
        assert D(row["unrealizedProfit"]) == leg.unrealized_pnl
        assert D(row["notional"]) == (leg.notional or D(0)).copy_sign(leg.quantity)
        assert D(row["isolatedMargin"]) == (leg.isolated_margin or 0)
        assert D(row["isolatedWallet"]) == (leg.isolated_wallet or 0)
        assert D(row["initialMargin"]) == leg.initial_margin
        assert D(row["maintMargin"]) == leg.maintenance_margin


def test_account_has_the_totals_of_the_asset_mode(traded: Exchange) -> None:
    """They count one asset or all, and so does what is available."""
    account, totals = traded.fetch(USDM.ACCOUNT), traded.ledger.totals()
    assert totals is not None

    assert D(account["totalWalletBalance"]) == totals.wallet
    assert D(account["totalMarginBalance"]) == totals.equity
    assert D(account["totalInitialMargin"]) == totals.initial_margin
    assert D(account["totalMaintMargin"]) == totals.maintenance_margin
    assert D(account["availableBalance"]) == totals.available
    assert D(account["maxWithdrawAmount"]) == totals.withdrawable
    for row in account["assets"]:
        balance = traded.ledger.balance(row["asset"])
        assert D(row["marginBalance"]) == balance.equity
        assert D(row["availableBalance"]) == balance.available


def test_positions_have_prices_and_both_margins(traded: Exchange) -> None:
    """Each row has what its orders bind beside what the position does."""
    rows, legs = traded.fetch(USDM.POSITION_RISK), list(open_legs(traded.ledger))

    assert [(row["symbol"], row["positionSide"]) for row in rows] == [(leg.symbol, leg.side.name) for leg in legs]
    for row, leg in zip(rows, legs, strict=True):
        assert D(row["entryPrice"]) == (leg.entry_price or 0)
        assert D(row["breakEvenPrice"]) == (leg.break_even_price or 0)
        assert D(row["markPrice"]) == leg.mark_price
        assert D(row["positionInitialMargin"]) == leg.position_initial_margin
        assert D(row["openOrderInitialMargin"]) == leg.open_order_initial_margin
        assert (D(row["bidNotional"]), D(row["askNotional"])) == (leg.bid_value, leg.ask_value)
        assert row["marginAsset"] == leg.settle


def test_configurations_are_those_of_the_ledger(traded: Exchange) -> None:
    """Both modes, and the settings of every symbol, are read beside the account."""
    ledger, flags = traded.ledger, traded.fetch(USDM.ACCOUNT_CONFIG)

    assert flags["dualSidePosition"] is (ledger.position_mode is PositionMode.HEDGE)
    assert flags["multiAssetsMargin"] is (ledger.asset_mode is AssetMode.MULTI)
    rows = traded.fetch(USDM.SYMBOL_CONFIG)
    assert {row["symbol"] for row in rows} == ledger.contracts.keys()
    for row in rows:
        assert row["leverage"] == ledger.leverage(row["symbol"])
        assert row["marginType"] == (
            "ISOLATED" if ledger.margin_type(row["symbol"]) is MarginType.ISOLATED else "CROSSED"
        )
        assert D(row["maxNotionalValue"]) == ledger.max_position(row["symbol"])
