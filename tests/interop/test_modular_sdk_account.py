"""Binance's modular SDKs, unchanged: the account-side reads whose answers their models check field by field."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, closing
from decimal import Decimal
from typing import Any

import pytest
from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_derivatives_trading_coin_futures.derivatives_trading_coin_futures import DerivativesTradingCoinFutures
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import DerivativesTradingUsdsFutures
from tests.interop.desk import Desk

import venuekit
from venuekit.capabilities import PositionMode
from venuekit.simulator.ledger import Side

D = Decimal

USDS, COIN = "binance-sdk-derivatives-trading-usds-futures", "binance-sdk-derivatives-trading-coin-futures"
pytestmark = pytest.mark.interop(client=USDS, venue="binance_usdm", subject="account")


def desk_of(product: type[Any], sim: Any, venue: str, clients: ExitStack) -> Desk:
    """Return the desk of one of the clients."""

    def make(key: str, secret: str) -> Any:
        configuration = ConfigurationRestAPI(api_key=key, api_secret=secret, base_path=sim.rest(venue))
        client = product(config_rest_api=configuration).rest_api
        clients.enter_context(closing(client._session))
        return client

    return Desk(sim, venue, make)


@pytest.fixture
async def usds(clients: ExitStack) -> AsyncIterator[Desk]:
    """The client of USD-M, and an account that holds a position."""
    async with venuekit.simulate("binance_usdm", scenario="holding") as sim:
        yield desk_of(DerivativesTradingUsdsFutures, sim, "binance_usdm", clients)


@pytest.fixture
async def coin(clients: ExitStack) -> AsyncIterator[Desk]:
    """The client of COIN-M, and an account that holds a position."""
    async with venuekit.simulate("binance_coinm", scenario="holding") as sim:
        yield desk_of(DerivativesTradingCoinFutures, sim, "binance_coinm", clients)


async def read(desk: Desk, method: str, **arguments: Any) -> Any:
    """Return the model that the client makes of an answer."""
    return (await desk.call(method, **arguments)).data()


async def test_second_version_of_the_account(usds: Desk) -> None:
    """Totals, assets and every leg are those of the account, with leverage and margin type."""
    account = await read(usds, "account_information_v2")
    totals = usds.ledger.totals()
    assert totals is not None
    assert D(account.total_wallet_balance) == totals.wallet
    assert {asset.asset for asset in account.assets} == {figures.asset for figures in usds.ledger.balances()}
    held = next(leg for leg in account.positions if leg.symbol == "BTCUSDT")
    assert (D(held.position_amt), held.isolated, held.leverage) == (D("1.5"), True, "20")
    assert len(account.positions) == len(usds.ledger.contracts)


@pytest.mark.interop(subject="balances")
async def test_second_version_of_the_balances(usds: Desk) -> None:
    """Each asset has its wallet and what is free of it."""
    rows = {row.asset: row for row in await read(usds, "futures_account_balance_v2")}
    for figures in usds.ledger.balances():
        assert D(rows[figures.asset].balance) == figures.wallet
        assert D(rows[figures.asset].available_balance) == figures.available


@pytest.mark.interop(subject="positions")
@pytest.mark.parametrize("mode", list(PositionMode), ids=str)
async def test_second_version_of_the_positions(usds: Desk, mode: PositionMode) -> None:
    """One-way mode has one row for each symbol, hedge mode two, flat or not."""
    ledger = usds.ledger
    if mode is PositionMode.HEDGE:
        ledger.fill("BTCUSDT", Side.SELL, D("1.5"), D(88_000))
        ledger.set_position_mode(mode)
    rows = await read(usds, "position_information_v2")
    figures = {(each.symbol, each.side.name): each for each in ledger.positions(include_flat=True)}
    assert {(row.symbol, row.position_side) for row in rows} == figures.keys()
    for row in rows:
        leg = figures[row.symbol, row.position_side]
        assert (D(row.position_amt), D(row.leverage)) == (leg.quantity, leg.leverage)
        assert D(row.un_realized_profit) == leg.unrealized_pnl


async def test_choice_of_bnb_for_fees(usds: Desk) -> None:
    """It is read, changed and read again."""
    before = await read(usds, "get_bnb_burn_status")
    await read(usds, "toggle_bnb_burn_on_futures_trade", fee_burn="true")
    after = await read(usds, "get_bnb_burn_status")
    assert (before.fee_burn, after.fee_burn, usds.ledger.pays_fee_asset) == (False, True, True)


async def test_limits_of_the_account(usds: Desk) -> None:
    """Orders per period, no exceeded rule, and the risk of deleveraging of a symbol."""
    limits = {(limit.interval, limit.limit) for limit in await read(usds, "query_user_rate_limit")}
    rules = await read(usds, "futures_trading_quantitative_rules_indicators")
    risk = (await read(usds, "adl_risk", symbol="BTCUSDT")).actual_instance
    assert limits == {("MINUTE", 1200), ("SECOND", 300)}
    assert rules.indicators.btcusdt is None
    assert (risk.symbol, risk.adl_risk) == ("BTCUSDT", "LOW")


@pytest.mark.interop(subject="histories")
async def test_amendments_of_an_order(usds: Desk) -> None:
    """An amended order has a row with the price before and after, and the caller's own number."""
    order_id = int(usds.ledger.rest_order("ETHUSDT", Side.BUY, D(1), D(2900)))
    symbol: dict[str, Any] = {"symbol": "ETHUSDT", "order_id": order_id}
    await read(usds, "modify_order", **symbol, side="BUY", quantity=1, price=2850, modify_id=7)
    (row,) = await read(usds, "get_order_modify_history", **symbol)
    assert (row.amendment.price.before, row.amendment.price.after) == ("2900", "2850")
    assert (row.amendment.count, row.amendment.modify_id) == (1, 7)


@pytest.mark.interop(client=COIN, venue="binance_coinm")
async def test_account_of_coins(coin: Desk) -> None:
    """Each coin has its wallet, each leg its contracts and its worth in the coin."""
    account = await read(coin, "account_information")
    wallets = {asset.asset: D(asset.wallet_balance) for asset in account.assets}
    assert wallets == {each.asset: each.wallet for each in coin.ledger.balances(purse="binance_coinm")}
    held = next(leg for leg in account.positions if leg.symbol == "BTCUSD_PERP")
    figures = coin.ledger.position("BTCUSD_PERP")
    assert (D(held.position_amt), D(held.notional_value)) == (figures.quantity, figures.value)


@pytest.mark.interop(client=COIN, venue="binance_coinm", subject="positions")
async def test_positions_of_coins(coin: Desk) -> None:
    """Every symbol has a row, with leverage and margin type."""
    rows = {row.symbol: row for row in await read(coin, "position_information")}
    assert rows.keys() == coin.ledger.contracts.keys()
    held = rows["BTCUSD_PERP"]
    assert (D(held.position_amt), held.margin_type, held.leverage) == (D(5000), "isolated", "20")


@pytest.mark.interop(client=COIN, venue="binance_coinm", subject="histories")
async def test_amendments_of_contracts(coin: Desk) -> None:
    """An amended order has a row with the contracts before and after."""
    order_id = int(coin.ledger.rest_order("ETHUSD_PERP", Side.BUY, D(10), D(2900)))
    symbol: dict[str, Any] = {"symbol": "ETHUSD_PERP", "order_id": order_id}
    await read(coin, "modify_order", **symbol, side="BUY", quantity=12, price=2900)
    (row,) = await read(coin, "get_order_modify_history", **symbol)
    assert (row.pair, row.amendment.orig_qty.before, row.amendment.orig_qty.after) == ("ETHUSD", "10", "12")
