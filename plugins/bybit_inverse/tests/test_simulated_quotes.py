"""The public routes of the simulated market: everything they tell follows from the marks, and agrees."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import aiohttp
import pytest
from plugins.bybit_inverse.tests.bybit_asking import INVERSE, Ask

import venuekit
from venuekit.endpoint import Security
from venuekit.errors import VenueError
from venuekit.simulator import Market, Simulation
from venuekit_bybit_inverse.simulated.venue import SimulatedBybit

D = Decimal
BTC = {**INVERSE, "symbol": "BTCUSD"}
HOUR = 3_600_000


async def result(ask: Ask, path: str, parameters: dict[str, Any]) -> Any:
    """Return the result of a public read."""
    return (await ask("GET", f"/v5/market/{path}", parameters))["result"]


@pytest.fixture
def moved(sim: Simulation) -> tuple[Decimal, ...]:
    """Three marks of BTCUSD, the first and last of them the same."""
    start = sim.ledger.mark("BTCUSD")
    marks = (start, start + 500, start - 300, start)
    for mark in marks[1:]:
        sim.ledger.set_mark("BTCUSD", mark)
    return marks


async def test_ticker_tells_the_day(ask: Ask, sim: Simulation, moved: tuple[Decimal, ...]) -> None:
    """Last price and mark are one, the book is around them, and the day has the extremes of the path."""
    (row,) = (await result(ask, "tickers", BTC))["list"]
    told = {name: D(row[name]) for name in ("lastPrice", "markPrice", "highPrice24h", "lowPrice24h", "prevPrice24h")}
    assert told == {
        "lastPrice": moved[-1],
        "markPrice": moved[-1],
        "highPrice24h": max(moved),
        "lowPrice24h": min(moved),
        "prevPrice24h": moved[0],
    }
    assert D(row["bid1Price"]) < moved[-1] < D(row["ask1Price"])
    assert (row["price24hPcnt"], row["openInterest"], row["deliveryTime"]) == ("0.000000", "16000000", "0")
    assert int(row["nextFundingTime"]) % (8 * HOUR) == 0
    assert 0 < int(row["nextFundingTime"]) - sim.milliseconds() <= 8 * HOUR


async def test_tickers_of_all_contracts(ask: Ask, sim: Simulation) -> None:
    """A dated contract tells its delivery and its basis, and no funding."""
    rows = {row["symbol"]: row for row in (await result(ask, "tickers", INVERSE))["list"]}
    assert rows.keys() == sim.ledger.contracts.keys()
    dated = rows["BTCUSDZ26"]
    assert (dated["fundingRate"], dated["nextFundingTime"]) == ("", "0")
    index = D(dated["indexPrice"])
    assert D(dated["basisRate"]) == round((D(dated["markPrice"]) - index) / index, 6)
    assert int(dated["deliveryTime"]) > sim.milliseconds()
    assert (await result(ask, "tickers", {"category": "linear"}))["list"] == []


async def test_candles_hold_the_path(ask: Ask, sim: Simulation, moved: tuple[Decimal, ...]) -> None:
    """The newest comes first; the present hour has every price, the hour before stands still."""
    answer = await result(ask, "kline", {**BTC, "interval": "60", "limit": 2})
    newest, before = answer["list"]
    assert (answer["symbol"], answer["category"]) == ("BTCUSD", "inverse")
    assert int(newest[0]) - int(before[0]) == HOUR
    assert [D(price) for price in newest[1:5]] == [moved[0], max(moved), min(moved), moved[-1]]
    assert {D(price) for price in before[1:5]} == {moved[0]}
    size = sim.ledger.contract("BTCUSD").min_quantity
    assert (D(newest[5]), before[5], before[6]) == (len(moved) * size, "0", "0")
    marks = (await result(ask, "mark-price-kline", {**BTC, "interval": "60", "limit": 2}))["list"]
    assert marks == [newest[:5], before[:5]]


@pytest.mark.parametrize("symbol", ["BTCUSD", "BTCUSDZ26"])
async def test_index_candles_have_no_premium(ask: Ask, sim: Simulation, symbol: str) -> None:
    """Contracts of one coin have one index."""
    which = {**INVERSE, "symbol": symbol, "interval": "D", "limit": 1}
    (candle,) = (await result(ask, "index-price-kline", which))["list"]
    index = sim.ledger.balance("BTC").index_price
    assert index is not None
    assert abs(D(candle[4]) - index) <= sim.ledger.contract(symbol).price_tick


@pytest.mark.parametrize("interval", ["1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M"])
async def test_every_interval(ask: Ask, sim: Simulation, interval: str) -> None:
    """Candles are as many as are asked for, none opens in the future, and an end is a last opening."""
    rows = (await result(ask, "kline", {**BTC, "interval": interval, "limit": 3}))["list"]
    assert len(rows) == 3
    assert int(rows[0][0]) <= sim.milliseconds()
    earlier = (await result(ask, "kline", {**BTC, "interval": interval, "end": int(rows[1][0]), "limit": 1}))["list"]
    assert earlier == [rows[1]]
    later = (await result(ask, "kline", {**BTC, "interval": interval, "start": int(rows[1][0])}))["list"]
    assert later == rows[:2]


async def test_book_is_around_the_mark(ask: Ask, sim: Simulation) -> None:
    """Both sides are sorted from the mark outwards, and as deep as the market is."""
    mark, tick = sim.ledger.mark("BTCUSD"), sim.ledger.contract("BTCUSD").price_tick
    sim.ledger.set_depth("BTCUSD", D(1500))
    book = await result(ask, "orderbook", {**BTC, "limit": 3})
    assert [D(price) for price, _ in book["b"]] == [mark - tick, mark - 2 * tick]
    assert [D(price) for price, _ in book["a"]] == [mark + tick, mark + 2 * tick]
    assert [D(size) for _, size in book["a"]] == [1000, 500]
    assert {type(book[name]) for name in ("ts", "u", "seq", "cts")} == {int}


async def test_trades_are_the_moves(ask: Ask, moved: tuple[Decimal, ...]) -> None:
    """One for each price, newest first, bought where the price rose."""
    rows = (await result(ask, "recent-trade", BTC))["list"]
    assert [D(row["price"]) for row in rows] == list(reversed(moved))
    assert [row["side"] for row in rows] == ["Buy", "Sell", "Buy", "Buy"]
    assert len({row["execId"] for row in rows}) == len(rows)
    assert (await result(ask, "recent-trade", {**BTC, "limit": 2}))["list"] == rows[:2]


async def test_fundings(ask: Ask, sim: Simulation) -> None:
    """Each funding of the symbol, newest first; the ticker shows the last rate."""
    for rate in ("0.0002", "-0.0003"):
        sim.ledger.fund("ETHUSD", D(rate))
    sim.ledger.fund("BTCUSD", D("0.0009"))
    which = {**INVERSE, "symbol": "ETHUSD"}
    rows = (await result(ask, "funding/history", which))["list"]
    assert [(row["symbol"], row["fundingRate"]) for row in rows] == [("ETHUSD", "-0.0003"), ("ETHUSD", "0.0002")]
    assert (await result(ask, "funding/history", {**which, "endTime": 1}))["list"] == []
    (ticker,) = (await result(ask, "tickers", which))["list"]
    assert ticker["fundingRate"] == "-0.0003"


async def test_open_interest_pages(ask: Ask) -> None:
    """The position is the only one, at every step; a cursor goes on."""
    which = {**BTC, "intervalTime": "1h", "limit": 2}
    first = await result(ask, "open-interest", which)
    second = await result(ask, "open-interest", {**which, "cursor": first["nextPageCursor"]})
    times = [int(row["timestamp"]) for row in (*first["list"], *second["list"])]
    assert [late - early for late, early in pairwise(times)] == [HOUR] * 3
    assert {row["openInterest"] for row in first["list"]} == {"16000000.00000000"}


async def test_price_limit_is_the_contracts(ask: Ask, sim: Simulation) -> None:
    """Every price that an order may have."""
    limits, contract = await result(ask, "price-limit", BTC), sim.ledger.contract("BTCUSD")
    assert (D(limits["buyLmt"]), D(limits["sellLmt"])) == (contract.max_price, contract.min_price)


REFUSALS: list[tuple[str, dict[str, Any]]] = [
    ("kline", {**BTC, "interval": "2"}),
    ("kline", BTC),
    ("kline", {**INVERSE, "interval": "1"}),
    ("kline", {**BTC, "interval": "1", "limit": 1001}),
    ("kline", {**BTC, "interval": "1", "start": "x"}),
    ("premium-index-price-kline", {**BTC, "interval": "1"}),
    ("orderbook", {**BTC, "limit": 501}),
    ("orderbook", {**INVERSE, "symbol": "NOPE"}),
    ("recent-trade", {**BTC, "limit": 0}),
    ("funding/history", {**BTC, "startTime": 1}),
    ("open-interest", {**BTC, "intervalTime": "2h"}),
    ("tickers", {**INVERSE, "symbol": "NOPE"}),
    ("tickers", {}),
]


@pytest.mark.parametrize(("path", "parameters"), REFUSALS)
async def test_refused(ask: Ask, path: str, parameters: dict[str, Any]) -> None:
    """What the venue does not take is a parameter error."""
    with pytest.raises(VenueError) as caught:
        await result(ask, path, parameters)
    assert caught.value.code == 10001


def test_market_is_public() -> None:
    """Whoever asks about the market needs no key, and everything else is signed."""
    security = {route.path: route.security for route in SimulatedBybit().extra_routes()}
    public = {path for path, needs in security.items() if needs is Security.NONE}
    assert {path for path in security if path.startswith(("/v5/market/", "/v5/system/"))} == public


async def test_market_of_small_prices() -> None:
    """Prices have as many places as the tick of their contract, in all answers."""
    market = Market("ADAUSD", tick="0.0001", mark="0.4123")
    async with (
        venuekit.simulate("bybit_inverse", markets=[market]) as sim,
        aiohttp.ClientSession() as session,
    ):
        told: dict[str, Any] = {}
        for path in ("instruments-info", "tickers", "orderbook"):
            url = f"{sim.rest('bybit_inverse')}/v5/market/{path}"
            async with session.get(url, params={**INVERSE, "symbol": "ADAUSD"}) as response:
                told[path] = (await response.json())["result"]
    (instrument,), (ticker,) = told["instruments-info"]["list"], told["tickers"]["list"]
    assert (instrument["priceScale"], instrument["priceFilter"]["tickSize"]) == ("4", "0.0001")
    assert {ticker[name] for name in ("lastPrice", "markPrice", "highPrice24h")} == {"0.4123"}
    assert (ticker["bid1Price"], ticker["ask1Price"]) == ("0.4122", "0.4124")
    assert (told["orderbook"]["b"][0][0], told["orderbook"]["a"][0][0]) == ("0.4122", "0.4124")
