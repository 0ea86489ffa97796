"""The portfolio of every venue at once, against the ledgers behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import pytest

import venuekit
from venuekit.account_worth import AccountState
from venuekit.capabilities import (
    AssetMode,
    AssetModeControl,
    Balance,
    OrderControl,
    OrderRequest,
    OrderSide,
    OrderType,
    PriceReader,
)
from venuekit.plugins import make_plugins
from venuekit.simulator import CannedAnswer, Rewrite
from venuekit.testing.staged import Stage, on_stage

D = Decimal
PLUGINS = make_plugins()
RATES = {("USDT", "USD"): D(1), ("USDC", "USD"): D(1), ("XBT", "USD"): D(90_000)}


@pytest.fixture
async def stages() -> AsyncIterator[dict[str, Stage]]:
    """An account with a position at every installed venue."""
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(on_stage(PLUGINS.venue(name))) for name in PLUGINS.venue_ids()}


async def test_equity_exposure_and_distance_are_those_of_the_ledgers(stages: dict[str, Stage]) -> None:
    """Each account's equity by asset is wallet and profit; exposures are the contracts that are held."""
    found = await venuekit.portfolio({name: stage.account for name, stage in stages.items()}, rates=RATES)

    assert found.errors == {}
    for name, stage in stages.items():
        account = found.accounts[name]
        assert account.equities is not None, name
        assert account.equity is not None, name
        equities: dict[str, Decimal] = {}
        for one in stage.ledger.balances():
            equities[one.asset] = equities.get(one.asset, D(0)) + one.equity
        for asset, amount in account.equities.items():
            assert abs(amount - equities[asset]) < D("1e-7"), f"{name}: {asset}"
        for risk in account.positions:
            contract = stage.ledger.contract(risk.position.symbol)
            held = stage.ledger.position(risk.position.symbol, risk.position.side)
            size = contract.value(abs(held.quantity), held.mark_price) if contract.is_inverse else None
            if size is not None and risk.exposure is not None:
                assert abs(abs(risk.exposure) - size) < D("1e-7")
            if risk.position.liquidation_price is not None:
                assert risk.mark == held.mark_price
                assert risk.distance is not None
                assert 0 < risk.distance < 1
    assert found.equity is not None
    assert found.equity.amount == sum(one.equity.amount for one in found.accounts.values() if one.equity)
    assert found.exposure["BTC"] > 0


async def test_an_account_that_cannot_be_read_is_an_error_and_the_others_are_there(stages: dict[str, Stage]) -> None:
    """The sum is unknown then, and says how much of it is known."""
    broken, refusal = "binance_usdm", {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
    stages[broken].simulation.disturb(broken, ("GET", "/fapi/v3/positionRisk"), CannedAnswer.json(401, refusal))
    accounts = {name: stage.account for name, stage in stages.items()}

    found = await venuekit.portfolio(accounts, rates=RATES)

    assert list(found.errors) == [broken]
    assert set(found.accounts) == set(stages) - {broken}
    assert found.equity is None
    assert found.known_equity.amount > 0
    assert [one.account for one in found.unknown if one.figure == "account"] == [broken]


#: of each venue a read of positions and one of balances, each with the way to its rows and a field that is a number
READS = {
    "aster_usdm_v1": (("/fapi/v2/positionRisk", (), "entryPrice"), ("/fapi/v4/account", ("assets",), "walletBalance")),
    "binance_coinm": (("/dapi/v1/positionRisk", (), "entryPrice"), ("/dapi/v1/account", ("assets",), "walletBalance")),
    "binance_usdm": (("/fapi/v3/positionRisk", (), "entryPrice"), ("/fapi/v3/account", ("assets",), "walletBalance")),
    "bybit_inverse": (
        ("/v5/position/list", ("result", "list"), "avgPrice"),
        ("/v5/account/wallet-balance", ("result", "list", 0, "coin"), "walletBalance"),
    ),
}


def spoil_first(within: tuple[str | int, ...], field: str) -> Rewrite:
    """Return an answer with one more row before the others, one number of which is none."""

    def spoil(document: Any) -> Any:
        rows = document
        for step in within:
            rows = rows[step]
        rows.insert(0, {**rows[0], field: "1_000"})
        return document

    return Rewrite.json(spoil)


@pytest.mark.parametrize("venue", READS)
@pytest.mark.filterwarnings("ignore::venuekit.errors.OddRow")
async def test_a_position_that_cannot_be_read_is_unknown_and_not_nothing(venue: str) -> None:
    """Margin ratio, exposure and distance lack it, and the reason has the venue's own words."""
    path, within, field = READS[venue][0]
    async with on_stage(PLUGINS.venue(venue)) as stage:
        stage.simulation.disturb(venue, ("GET", path), spoil_first(within, field), times=2)
        found = await venuekit.portfolio({"main": stage.account}, rates=RATES)

    assert found.errors == {}
    assert found.accounts["main"].margin_ratio is None
    told = [one for one in found.unknown if path in one.reason]
    assert {one.figure for one in told} >= {"exposure", "distance", "margin_ratio"}
    assert all(f"{field}: expected a decimal number, got '1_000'" in one.reason for one in told)
    assert {one.subject for one in told} == {risk.position.symbol for risk in found.accounts["main"].positions[:1]}


@pytest.mark.parametrize("venue", READS)
@pytest.mark.filterwarnings("ignore::venuekit.errors.OddRow")
async def test_an_equity_that_lacks_a_balance_is_no_whole_one(venue: str) -> None:
    """It is None in the account and in the sum; a venue's own total in USD stays."""
    path, within, field = READS[venue][1]
    async with on_stage(PLUGINS.venue(venue)) as stage:
        stage.simulation.disturb(venue, ("GET", path), spoil_first(within, field), times=2)
        found = await venuekit.portfolio({"main": stage.account}, rates=RATES)

    assert found.errors == {}
    account = found.accounts["main"]
    assert (account.equities, account.equity, found.equity) == (None, None, None)
    assert found.known_equity.amount == 0
    assert any(one.figure == "equity" and field in one.reason for one in found.unknown)


@pytest.mark.parametrize("mode", [None, AssetMode.MULTI])
async def test_a_refused_read_of_an_account_leaves_no_ratio_by_asset(mode: AssetMode | None) -> None:
    """Its assets may share their margin, as they do in Multi-Assets mode; the reason is the venue's."""
    venue = "binance_usdm"
    order = OrderRequest(symbol="ETHUSDT", side=OrderSide.BUY, type=OrderType.MARKET, quantity=D(3))
    wallets = {"main": {"BTC": D(1), "USDT": D(1000)}}
    async with (
        venuekit.simulate(venue, scenario="flat", accounts=wallets) as sim,
        venuekit.connect(venue, sim.credentials(venue, account="main")) as account,
    ):
        if mode is not None:
            await AssetModeControl.of(account).set_asset_mode(mode)
        await OrderControl.of(account).place_order(order)
        known = await venuekit.portfolio({"main": account}, rates=RATES)
        refusal = CannedAnswer.json(400, {"code": -4109, "msg": "This account is inactive."})
        sim.disturb(venue, ("GET", "/fapi/v3/account"), refusal)
        found = await venuekit.portfolio({"main": account}, rates=RATES)

    assert known.accounts["main"].margin_ratio is not None
    assert found.accounts["main"].margin_ratio is None
    (reason,) = [one.reason for one in found.unknown if one.figure == "margin_ratio"]
    assert "This account is inactive." in reason


@pytest.mark.parametrize("venue", ["binance_usdm", "aster_usdm", "aster_usdm_v1"])
async def test_a_coin_without_a_contract_in_usd_is_worth_its_price_and_the_rate(venue: str) -> None:
    """By the price of one contract, read with one request; without the rate no price is read for it."""
    wallets, rates = {"main": {"BTC": D(1)}}, {("USDT", "USD"): D("0.5")}
    async with (
        venuekit.simulate(venue, scenario="flat", accounts=wallets) as sim,
        venuekit.connect(venue, sim.credentials(venue, account="main")) as account,
    ):
        mark = (await PriceReader.of(account).get_prices("BTCUSDT"))["BTCUSDT"].mark
        assert mark is not None
        sim.requests.clear()
        found = await venuekit.portfolio({"main": account}, rates=rates)
        asked = [one.path for one in sim.requests if one.path.endswith(("premiumIndex", "bookTicker", "ticker/24hr"))]
        sim.requests.clear()
        without = await venuekit.portfolio({"main": account})
        paths = {one.path for one in sim.requests}

    assert found.equity is not None
    assert found.equity.path == ("BTC/USDT:USDT", "USDT/USD")
    assert found.equity.amount == mark / 2
    assert len(asked) == len(set(asked)) > 0
    assert without.equity is None
    assert not paths.intersection(asked)


@pytest.mark.parametrize("venue", PLUGINS.venue_ids())
async def test_an_account_under_two_names_is_counted_once(venue: str) -> None:
    """Each name has its line; equity and exposure are those of one account."""
    async with on_stage(PLUGINS.venue(venue)) as stage:
        alone = await venuekit.portfolio({"main": stage.account}, rates=RATES)
        both = await venuekit.portfolio({"main": stage.account, "again": stage.account}, rates=RATES)

    assert alone.equity is not None
    assert (both.equity, both.exposure) == (alone.equity, alone.exposure)
    assert [one.same_as for one in both.accounts.values()] == [None, "main"]
    assert both.accounts["again"].equity == alone.accounts["main"].equity


async def test_prices_and_instruments_are_read_once_for_the_accounts_of_a_venue() -> None:
    """Of three accounts of one venue each reads its own state alone."""
    async with venuekit.simulate("binance_usdm", scenario="holding") as sim:
        runtime = venuekit.Runtime(journal=False)
        async with runtime, AsyncExitStack() as stack:
            accounts = {
                str(number): await stack.enter_async_context(
                    venuekit.connect("binance_usdm", sim.credentials("binance_usdm"), runtime=runtime)
                )
                for number in range(3)
            }
            sim.requests.clear()
            found = await venuekit.portfolio(accounts)
            paths = [one.path for one in sim.requests]

    assert len(found.accounts) == 3
    assert paths.count("/fapi/v1/exchangeInfo") == 1
    assert paths.count("/fapi/v1/premiumIndex") == 1
    assert paths.count("/fapi/v3/balance") == 3


async def test_a_symbol_without_a_price_takes_no_price_from_the_others(stages: dict[str, Stage]) -> None:
    """Where the read of several symbols is refused for one of them, all that have prices are taken."""
    stage, refusal = stages["bybit_inverse"], {"retCode": 10001, "retMsg": "params error: symbol invalid"}
    stage.simulation.disturb("bybit_inverse", ("GET", "/v5/market/tickers"), CannedAnswer.json(200, refusal))

    found = await venuekit.portfolio({"main": stage.account})

    assert found.accounts["main"].positions[0].mark == stage.ledger.mark("BTCUSD")


async def test_a_wrong_rate_is_refused_before_anything_is_read(stages: dict[str, Stage]) -> None:
    """A rate of 0 would make every worth 0."""
    stage = stages["binance_usdm"]
    stage.simulation.requests.clear()
    with pytest.raises(ValueError, match="USDT/USD must be above 0"):
        await venuekit.portfolio({"main": stage.account}, rates={("USDT", "USD"): D(0)})
    assert stage.simulation.requests == []


async def test_no_account_is_valued_by_the_figures_of_another_one(
    stages: dict[str, Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A venue that says the worth of a stablecoin in USD says it of its own account alone."""
    balances = {
        "bybit_inverse": Balance("USDT", wallet=D(8), equity=D(8), usd_value=D(4)),
        "binance_usdm": Balance("USDT", wallet=D(8), equity=D(8)),
    }

    async def read(account: Any) -> AccountState:
        return AccountState((balances[account.venue.id],), (), None, None)

    monkeypatch.setattr("venuekit.portfolios._read_state", read)
    found = await venuekit.portfolio({name: stages[name].account for name in balances})

    assert [one.equity and one.equity.amount for one in found.accounts.values()] == [4, None]
    (unknown,) = found.unknown
    assert (unknown.account, unknown.needs_rate) == ("binance_usdm", "USDT")
    assert unknown.reason == "no price and no rate leads from 8 USDT to USD"
