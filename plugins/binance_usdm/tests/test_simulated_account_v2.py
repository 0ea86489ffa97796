"""The second version of balances, account and positions: documented shapes, and the ledger's figures in every mode."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.binance.exchange import Exchange, shape

from venuekit.capabilities import AssetMode, MarginType
from venuekit.simulator.ledger import Ledger, PositionFigures
from venuekit_binance_usdm.venue import VENUE

D = Decimal

BALANCE, ACCOUNT, POSITIONS = "/fapi/v2/balance", "/fapi/v2/account", "/fapi/v2/positionRisk"

#: the types of the documented fields, s for text, b for a flag, n for a number
BALANCE_ROW = {
    "s": "accountAlias asset balance crossWalletBalance crossUnPnl availableBalance maxWithdrawAmount",
    "b": "marginAvailable",
    "n": "updateTime",
}
ACCOUNT_BODY = {
    "n": "feeTier updateTime tradeGroupId",
    "b": "feeBurn canTrade canDeposit canWithdraw multiAssetsMargin",
    "s": "totalInitialMargin totalMaintMargin totalWalletBalance totalUnrealizedProfit totalMarginBalance"
    " totalPositionInitialMargin totalOpenOrderInitialMargin totalCrossWalletBalance totalCrossUnPnl"
    " availableBalance maxWithdrawAmount",
}
ASSET_ROW = {
    "s": "asset walletBalance unrealizedProfit marginBalance maintMargin initialMargin positionInitialMargin"
    " openOrderInitialMargin crossWalletBalance crossUnPnl availableBalance maxWithdrawAmount",
    "b": "marginAvailable",
    "n": "updateTime",
}
LEG_ROW = {
    "s": "symbol initialMargin maintMargin unrealizedProfit positionInitialMargin openOrderInitialMargin leverage"
    " entryPrice maxNotional bidNotional askNotional positionSide positionAmt"
    " breakEvenPrice notional isolatedWallet",  # the last three are in recordings alone
    "b": "isolated",
    "n": "updateTime",
}
POSITION_ROW = {
    "s": "entryPrice breakEvenPrice marginType isAutoAddMargin isolatedMargin leverage liquidationPrice markPrice"
    " maxNotionalValue positionAmt notional isolatedWallet symbol unRealizedProfit positionSide",
    "n": "updateTime",
}
_TYPES = {"s": "str", "b": "bool", "n": "number"}


def documented(fields: dict[str, str]) -> dict[str, object]:
    """Return the shape that some documented fields have."""
    return {name: _TYPES[kind] for kind, names in fields.items() for name in names.split()}


def read(exchange: Exchange, path: str, **parameters: Any) -> Any:
    """Return the answer to a signed read, which must be a success."""
    response = exchange.ask("GET", path, **parameters)
    assert response.status == 200, response.body
    return json.loads(response.body)


def legs(ledger: Ledger) -> Iterator[PositionFigures]:
    """Yield every leg of the present mode, in the order of the venue's rows."""
    yield from ledger.positions(include_flat=True, venue=VENUE.id)


def test_shapes_are_the_documented_ones(traded: Exchange) -> None:
    """Every documented field of the three reads is there in its type, and no other one is."""
    account = read(traded, ACCOUNT)
    assets, positions = account.pop("assets"), account.pop("positions")
    rows_and_fields: list[tuple[list[Any], dict[str, str]]] = [
        (read(traded, BALANCE), BALANCE_ROW),
        ([account], ACCOUNT_BODY),
        (assets, ASSET_ROW),
        (positions, LEG_ROW),
        (read(traded, POSITIONS), POSITION_ROW),
    ]

    for rows, fields in rows_and_fields:
        assert rows
        assert [shape(row) for row in rows] == [documented(fields)] * len(rows)


def test_balances_are_those_of_the_ledger(traded: Exchange) -> None:
    """Each asset has its wallet, and what is free of it."""
    rows = {row["asset"]: row for row in read(traded, BALANCE)}

    for balance in traded.ledger.balances(purse=""):
        row = rows.pop(balance.asset)
        assert D(row["balance"]) == balance.wallet
        assert D(row["crossWalletBalance"]) == balance.cross_wallet
        assert D(row["crossUnPnl"]) == balance.cross_unrealized_pnl
        assert D(row["availableBalance"]) == balance.available
        assert D(row["maxWithdrawAmount"]) == balance.withdrawable
        assert row["marginAvailable"] is balance.is_collateral
    assert rows == {}


def test_account_has_the_modes_and_totals_of_the_ledger(traded: Exchange) -> None:
    """The totals are those of the present asset mode, and each asset stands with its own margins."""
    ledger, account = traded.ledger, read(traded, ACCOUNT)
    totals = ledger.totals()
    assert totals is not None

    assert account["multiAssetsMargin"] is (ledger.asset_mode is AssetMode.MULTI)
    assert D(account["totalWalletBalance"]) == totals.wallet
    assert D(account["totalMarginBalance"]) == totals.equity
    assert D(account["totalUnrealizedProfit"]) == totals.unrealized_pnl
    assert D(account["totalInitialMargin"]) == totals.initial_margin
    assert D(account["totalMaintMargin"]) == totals.maintenance_margin
    assert D(account["totalPositionInitialMargin"]) == totals.position_initial_margin
    assert D(account["totalOpenOrderInitialMargin"]) == totals.open_order_initial_margin
    assert D(account["totalCrossWalletBalance"]) == totals.cross_wallet
    assert D(account["totalCrossUnPnl"]) == totals.cross_unrealized_pnl
    assert D(account["availableBalance"]) == totals.available
    assert D(account["maxWithdrawAmount"]) == totals.withdrawable
    for row in account["assets"]:
        balance = ledger.balance(row["asset"])
        assert D(row["walletBalance"]) == balance.wallet
        assert D(row["marginBalance"]) == balance.equity
        assert D(row["initialMargin"]) == balance.initial_margin
        assert D(row["maintMargin"]) == balance.maintenance_margin


def test_account_lists_every_leg_of_the_mode(traded: Exchange) -> None:
    """One-way mode has BOTH alone, hedge mode LONG and SHORT, each flat or not, with leverage and margins."""
    rows, figures = read(traded, ACCOUNT)["positions"], list(legs(traded.ledger))

    assert [(row["symbol"], row["positionSide"]) for row in rows] == [(leg.symbol, leg.side.name) for leg in figures]
    for row, leg in zip(rows, figures, strict=True):
        assert D(row["positionAmt"]) == leg.quantity
        assert D(row["entryPrice"]) == (leg.entry_price or 0)
        assert D(row["breakEvenPrice"]) == (leg.break_even_price or 0)
        assert D(row["notional"]) == (leg.notional or D(0)).copy_sign(leg.quantity)
        assert D(row["isolatedWallet"]) == (leg.isolated_wallet or 0)
        assert D(row["leverage"]) == leg.leverage
        assert row["isolated"] is (leg.margin_type is MarginType.ISOLATED)
        assert D(row["unrealizedProfit"]) == leg.unrealized_pnl
        assert D(row["initialMargin"]) == leg.initial_margin
        assert D(row["maintMargin"]) == leg.maintenance_margin
        assert D(row["positionInitialMargin"]) == leg.position_initial_margin
        assert D(row["openOrderInitialMargin"]) == leg.open_order_initial_margin
        assert D(row["maxNotional"]) == leg.max_position
        assert (D(row["bidNotional"]), D(row["askNotional"])) == (leg.bid_value, leg.ask_value)


def test_positions_list_every_leg_of_the_mode(traded: Exchange) -> None:
    """A flat leg has its mark price and settings, too; a short one is negative in size and notional."""
    rows, figures = read(traded, POSITIONS), list(legs(traded.ledger))

    assert [(row["symbol"], row["positionSide"]) for row in rows] == [(leg.symbol, leg.side.name) for leg in figures]
    for row, leg in zip(rows, figures, strict=True):
        assert D(row["positionAmt"]) == leg.quantity
        assert D(row["entryPrice"]) == (leg.entry_price or 0)
        assert D(row["breakEvenPrice"]) == (leg.break_even_price or 0)
        assert D(row["markPrice"]) == leg.mark_price
        assert D(row["unRealizedProfit"]) == leg.unrealized_pnl
        assert abs(D(row["liquidationPrice"]) - (leg.liquidation_price or 0)) < D("0.00000001")
        assert row["marginType"] == ("isolated" if leg.margin_type is MarginType.ISOLATED else "cross")
        assert D(row["leverage"]) == leg.leverage
        assert D(row["maxNotionalValue"]) == leg.max_position
        assert D(row["isolatedMargin"]) == (leg.isolated_margin or 0)
        assert D(row["isolatedWallet"]) == (leg.isolated_wallet or 0)
        assert D(row["notional"]) == (leg.notional or D(0)).copy_sign(leg.quantity)


def test_positions_of_one_symbol(flat: Exchange) -> None:
    """A symbol is a filter here, and an unknown one is refused."""
    assert [row["symbol"] for row in read(flat, POSITIONS, symbol="ETHUSDT")] == ["ETHUSDT"]
    assert flat.refusal("GET", POSITIONS, symbol="NOPE") == (400, -1121, "Invalid symbol.")


@pytest.mark.parametrize("path", [BALANCE, ACCOUNT, POSITIONS])
def test_second_version_is_signed_and_weighs_five(flat: Exchange, path: str) -> None:
    """A request without a key is refused; a signed one weighs as much as that of the third version."""
    assert flat.refusal("GET", path, key="")[:2] == (401, -2014)

    assert flat.ask("GET", path).headers["X-MBX-USED-WEIGHT-1M"] == "10"
