"""Balances, account and positions: documented shapes, and the ledger's figures in both position modes."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.binance.exchange import Exchange, open_exchange, shape

from venuekit.capabilities import MarginType, PositionMode, PositionSide
from venuekit.simulator.ledger import Ledger, Side
from venuekit.testing.recorded import Recorded
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.venue import VENUE

D = Decimal

PERP, ETH = "BTCUSD_PERP", "ETHUSD_PERP"
PURSE = VENUE.id
#: documented on the WebSocket API, whose answers are those of the same reads
ALSO = {"notionalValue": "str", "isolatedWallet": "str"}


def _in_one_way(ledger: Ledger) -> None:
    ledger.set_margin_type(MarginType.ISOLATED, PERP)
    ledger.fill(PERP, Side.BUY, D(500), D(86_500))
    ledger.fill(ETH, Side.SELL, D(700), D(3100))


def _in_hedge(ledger: Ledger) -> None:
    ledger.set_position_mode(PositionMode.HEDGE)
    ledger.fill(PERP, Side.BUY, D(500), D(86_500), PositionSide.LONG)
    ledger.fill(PERP, Side.SELL, D(200), D(88_500), PositionSide.SHORT)
    ledger.rest_order(ETH, Side.SELL, D(10), D(3300), position_side=PositionSide.SHORT)


STAGES: dict[str, Callable[[Ledger], None]] = {"one-way": _in_one_way, "hedge": _in_hedge}


@pytest.fixture(params=STAGES)
def traded(request: pytest.FixtureRequest) -> Exchange:
    """An account with positions, in either position mode."""
    exchange = open_exchange(VENUE, "flat")
    STAGES[request.param](exchange.ledger)
    return exchange


def test_shapes_are_the_documented_ones(traded: Exchange, recorded: Recorded) -> None:
    """Every documented field is there in its type, and no other one is."""
    documented = json.loads(recorded.case("get_dapi_v1_account_hedge").body)
    (leg, *_), (risk, *_) = (
        documented.pop("positions"),
        json.loads(recorded.case("get_dapi_v1_positionRisk_hedge").body),
    )
    account = traded.fetch(COINM.ACCOUNT)
    legs, risks = account.pop("positions"), traded.fetch(COINM.POSITION_RISK)

    assert shape(account) == shape(documented)
    assert [shape(row) for row in legs] == [_with_worth(leg)] * len(legs)
    assert [shape(row) for row in risks] == [_with_worth(risk)] * len(risks)


def _with_worth(row: dict[str, Any]) -> dict[str, object]:
    return {**{name: shape(value) for name, value in row.items()}, **ALSO}


def test_worth_is_in_the_coin_and_has_the_sign_of_the_position(traded: Exchange) -> None:
    """Both reads have it at the mark price; the wallet is that of an isolated position, else zero."""
    ledger = traded.ledger

    for rows in (traded.fetch(COINM.POSITION_RISK), traded.fetch(COINM.ACCOUNT)["positions"]):
        assert rows
        for row in rows:
            figures = ledger.position(row["symbol"], PositionSide[row["positionSide"]])
            worth = ledger.contract(row["symbol"]).value(figures.quantity, figures.mark_price)
            assert abs(D(row["notionalValue"]) - worth) < D("1e-8")
            assert D(row["isolatedWallet"]) == (figures.isolated_wallet or 0)
    signs = {(row["symbol"], D(row["notionalValue"]) > 0) for row in rows if D(row["positionAmt"])}
    assert (PERP, True) in signs
    assert any(not positive for _, positive in signs)


def test_account_has_the_figures_of_the_ledger(traded: Exchange) -> None:
    """Each coin has its wallet and margins, each leg its own."""
    ledger, account = traded.ledger, traded.fetch(COINM.ACCOUNT)

    for row in account["assets"]:
        balance = ledger.balance(row["asset"], purse=PURSE)
        assert D(row["walletBalance"]) == balance.wallet
        assert D(row["crossWalletBalance"]) == balance.cross_wallet
        assert D(row["marginBalance"]) == balance.equity
        assert D(row["initialMargin"]) == balance.initial_margin
        assert D(row["maintMargin"]) == balance.maintenance_margin
        assert D(row["availableBalance"]) == balance.available
        assert D(row["maxWithdrawAmount"]) == balance.withdrawable
    for row in account["positions"]:
        figures = ledger.position(row["symbol"], PositionSide[row["positionSide"]])
        assert D(row["positionAmt"]) == figures.quantity
        assert D(row["unrealizedProfit"]) == figures.unrealized_pnl
        assert D(row["initialMargin"]) == figures.initial_margin
        assert D(row["maintMargin"]) == figures.maintenance_margin
        assert D(row["leverage"]) == figures.leverage
        assert D(row["maxQty"]) == figures.max_position
        assert row["isolated"] is (figures.margin_type is MarginType.ISOLATED)


def test_balances_have_the_figures_of_the_ledger(traded: Exchange) -> None:
    """A row for each coin of the product, empty or not."""
    rows = {row["asset"]: row for row in traded.fetch(COINM.BALANCE)}
    balances = traded.ledger.balances(purse=PURSE)

    assert list(rows) == [balance.asset for balance in balances]
    for balance in balances:
        row = rows[balance.asset]
        assert D(row["balance"]) == balance.wallet
        assert D(row["withdrawAvailable"]) == balance.withdrawable
        assert D(row["crossUnPnl"]) == balance.cross_unrealized_pnl
        assert D(row["availableBalance"]) == balance.available
