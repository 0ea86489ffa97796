"""Markets of one's own at every venue: the client lists them and trades them over a real socket."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import pytest

import venuekit
from venuekit.capabilities import (
    InstrumentReader,
    LeverageControl,
    OrderControl,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionReader,
    PriceReader,
)
from venuekit.errors import ConfigurationError, VenuekitError
from venuekit.simulator import FieldError, Market, simulate

D = Decimal


class Case(NamedTuple):
    """A venue, a symbol that it does not list, its settle asset, and the year in which it expires."""

    venue: str
    symbol: str
    settle: str
    expires: int | None = None


CASES = (
    Case("binance_usdm", "SOLUSDT", "USDT"),
    Case("binance_usdm", "SOLUSDC", "USDC"),
    Case("binance_usdm", "1000PEPEUSDT_270326", "USDT", 2027),
    Case("binance_coinm", "SOLUSD_PERP", "SOL"),
    Case("binance_coinm", "SOLUSD_270625", "SOL", 2027),
    Case("bybit_inverse", "SOLUSD", "SOL"),
    Case("bybit_inverse", "SOLUSDH27", "SOL", 2027),
    Case("aster_usdm", "SOLUSDT", "USDT"),
    Case("aster_usdm_v1", "SOLUSDT", "USDT"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.venue}-{case.symbol}")
async def test_the_client_trades_a_further_market(case: Case) -> None:
    """It is listed with its steps, has its mark, takes orders on its tick, and a position is held in it."""
    markets = [Market(case.symbol, tick="0.005", step="2", mark="150.005", leverage=5)]
    async with simulate(case.venue, scenario="flat", markets=markets, accounts={"a": {case.settle: 100_000}}) as sim:
        keys = sim.credentials(case.venue, account="a")
        async with venuekit.connect(case.venue, keys) as account:
            listed = {one.symbol: one for one in await InstrumentReader.of(account).get_instruments()}
            instrument = listed[case.symbol]
            assert (instrument.price_tick, instrument.quantity_step, instrument.settle) == (D("0.005"), 2, case.settle)
            assert (instrument.expires_at.year if instrument.expires_at else None) == case.expires
            prices = await PriceReader.of(account).get_prices(case.symbol)
            assert prices[case.symbol].mark == D("150.005")

            orders = OrderControl.of(account)
            terms: dict[str, Any] = {"symbol": case.symbol, "side": OrderSide.BUY}
            limit = OrderRequest(**terms, type=OrderType.LIMIT, quantity=D(20), price=D("140.005"))
            resting = await orders.place_order(limit)
            assert (await orders.get_order(case.symbol, order_id=resting.id)).price == D("140.005")
            await orders.place_order(OrderRequest(**terms, type=OrderType.MARKET, quantity=D(8)))
            position = await PositionReader.of(account).get_position(case.symbol)
            assert (position.quantity, position.entry_price) == (8, D("150.005"))
            assert (await LeverageControl.of(account).set_leverage(case.symbol, 7)).long == 7

            sim.set_mark(case.venue, case.symbol, "140.005")
            filled = await orders.get_order(case.symbol, order_id=resting.id)
            assert (filled.status, filled.average_price) == (OrderStatus.FILLED, D("140.005"))


def test_the_settle_asset_of_a_further_market_is_collateral_as_those_of_the_others_are() -> None:
    """Where assets back the positions of the whole account, it has a worth, which follows its index price."""
    sim = simulate("bybit_inverse", scenario="flat", markets=[Market("SOLUSD", mark=150)], accounts={"a": {"SOL": 10}})
    ledger = sim.ledger_of("bybit_inverse", account="a")
    others = {asset.haircut for asset in ledger.balances() if asset.asset in {"BTC", "ETH"}}

    before = ledger.balance("SOL")
    sim.set_index("SOL", 165)

    assert (before.index_price, before.usd_value, {before.haircut}) == (150, 1500, others)
    assert ledger.balance("SOL").usd_value == 1650


async def test_a_changed_market_is_traded_by_its_own_steps() -> None:
    """A listed symbol has the given tick and step, and an order off them is refused by the venue."""
    markets = [Market("ETHUSDT", tick=5, step="0.5")]
    odd: dict[str, Any] = {"symbol": "ETHUSDT", "side": OrderSide.BUY}
    async with (
        simulate("binance_usdm", scenario="flat", markets=markets) as sim,
        venuekit.connect("binance_usdm", sim.credentials("binance_usdm")) as account,
    ):
        (eth,) = [one for one in await InstrumentReader.of(account).get_instruments() if one.symbol == "ETHUSDT"]
        assert (eth.price_tick, eth.quantity_step, eth.min_quantity) == (5, D("0.5"), D("0.5"))
        limit = OrderRequest(**odd, type=OrderType.LIMIT, quantity=D(1), price=D(2902))
        with pytest.raises(VenuekitError):
            await OrderControl.of(account).place_order(limit)
        assert sim.ledger.orders() == ()


@pytest.mark.parametrize(
    ("venue", "symbol", "forms"),
    [
        ("binance_usdm", "SOLEUR", "SOLUSDT, SOLUSDC or SOLUSDT_270326"),
        ("binance_usdm", "SOLUSDT_PERP", "SOLUSDT, SOLUSDC or SOLUSDT_270326"),
        ("binance_usdm", "SOLUSDT_271326", "a date as YYMMDD at its end"),
        ("binance_coinm", "SOLUSDT", "SOLUSD_PERP or SOLUSD_270326"),
        ("binance_coinm", "SOLUSD_2703", "a date as YYMMDD at its end"),
        ("bybit_inverse", "SOLUSDT", "SOLUSD or SOLUSDH27"),
        ("bybit_inverse", "SOLUSDA27", "SOLUSD or SOLUSDH27"),
        ("aster_usdm", "SOLUSDT_270326", "SOLUSDT"),
        ("aster_usdm", "solusdt", "SOLUSDT"),
    ],
)
def test_a_symbol_that_no_contract_of_the_venue_has(venue: str, symbol: str, forms: str) -> None:
    """The venue's own forms are named."""
    with pytest.raises(FieldError) as refused:
        simulate(venue, markets=[Market(symbol, mark=1)])
    assert refused.value.field == f"markets.{venue}.{symbol}.symbol"
    assert forms in refused.value.problem


async def test_both_versions_of_a_venue_list_a_market() -> None:
    """Aster for wallets and for API keys are one venue: a market of one is a market of the other."""
    async with simulate("aster_usdm", "aster_usdm_v1", markets={"aster_usdm": [Market("SOLUSDT", mark=150)]}) as sim:
        assert "SOLUSDT" in sim.symbols("aster_usdm_v1")


def test_a_market_without_a_price() -> None:
    """A base asset without an index price needs a mark."""
    with pytest.raises(ConfigurationError, match=r"SOLUSDT.mark: it is missing; expected a price"):
        simulate("binance_usdm", markets=[Market("SOLUSDT")])
