"""All simulated venues have one price of a base asset, on which their contracts have premiums of their own."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from decimal import Decimal
from typing import Any

import pytest

import venuekit
from venuekit.simulator import INDEX_PRICES

D = Decimal
VENUES = ("aster_usdm", "binance_coinm", "binance_usdm", "bybit_inverse")


@pytest.mark.parametrize("venue_id", VENUES)
async def test_the_perpetuals_of_a_base_stand_at_its_index_price(venue_id: str) -> None:
    """A perpetual contract is within a thousandth of the index price, an expiring one stands apart from it."""
    async with venuekit.simulate(venue_id) as sim:
        ledger = sim.ledger
        for contract in ledger.contracts.values():
            premium = ledger.mark(contract.symbol) / INDEX_PRICES[contract.base] - 1
            assert premium > D("0.01") if contract.expires_at else abs(premium) < D("0.001")


async def test_a_coin_is_worth_the_same_everywhere() -> None:
    """The worth of collateral is the index price, too."""
    async with venuekit.simulate("binance_usdm", "bybit_inverse") as sim:
        first, second = sim.ledger_of("binance_usdm"), sim.ledger_of("bybit_inverse")
        assert first.balance("BTC").index_price == second.balance("BTC").index_price == INDEX_PRICES["BTC"]
        assert second.balance("ETH").index_price == INDEX_PRICES["ETH"]


async def test_the_public_market_shows_both_prices() -> None:
    """A mark that moves alone leaves the index price where it is, in the public answers of every venue."""

    async def ask(url: str) -> Any:
        def fetch() -> Any:
            with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - of this machine
                return json.load(answer)

        return await asyncio.to_thread(fetch)

    async with venuekit.simulate("binance_usdm", "binance_coinm", "bybit_inverse") as sim:
        usdm, coinm, bybit = (sim.rest(venue) for venue in sim.venue_ids)
        for venue, symbol in zip(sim.venue_ids, ("BTCUSDT", "BTCUSD_PERP", "BTCUSD"), strict=True):
            sim.set_mark(venue, symbol, 88_500)
        linear = await ask(f"{usdm}/fapi/v1/premiumIndex?symbol=BTCUSDT")
        (inverse,) = await ask(f"{coinm}/dapi/v1/premiumIndex?symbol=BTCUSD_PERP")
        (ticker,) = (await ask(f"{bybit}/v5/market/tickers?category=inverse&symbol=BTCUSD"))["result"]["list"]
        candles = await ask(f"{bybit}/v5/market/index-price-kline?category=inverse&symbol=BTCUSD&interval=1")

    for row in (linear, inverse, ticker):
        assert (D(row["markPrice"]), D(row["indexPrice"])) == (88_500, 88_000)
    assert D(candles["result"]["list"][0][4]) == 88_000
