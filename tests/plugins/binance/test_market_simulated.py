"""The simulated market in public: prices, books, trades and funding, which all follow from the mark."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.binance.exchange import START, Exchange, open_exchange

from venuekit.simulator import SimRequest
from venuekit_binance_coinm.venue import VENUE as COINM
from venuekit_binance_usdm.aster.venue import VENUE as ASTER
from venuekit_binance_usdm.aster.venue import VENUE_V1 as ASTER_V1
from venuekit_binance_usdm.venue import VENUE as USDM

D = Decimal
#: by venue: root, a perpetual symbol, an expiring one, a pair
MARKETS = {
    USDM: ("/fapi/v1", "BTCUSDT", "BTCUSDT_270326", "BTCUSDT"),
    COINM: ("/dapi/v1", "BTCUSD_PERP", "BTCUSD_270326", "BTCUSD"),
    ASTER_V1: ("/fapi/v1", "BTCUSDT", None, "BTCUSDT"),
}
BINANCE = [USDM, COINM]


class Public:
    """Somebody who reads the market without a key."""

    def __init__(self, venue: Any, scenario: str = "flat") -> None:
        self.root, self.symbol, self.expiring, self.pair = MARKETS[venue]
        self.exchange: Exchange = open_exchange(venue, scenario)

    def ask(self, path: str, **parameters: Any) -> Any:
        """Return the answer to a public request, below the root unless its path begins with a slash."""
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        path = path if path.startswith("/") else f"{self.root}/{path}"
        return json.loads(self.exchange.service.answer(SimRequest.of("GET", path, query=query)).body)

    def one(self, path: str, **parameters: Any) -> Any:
        """Return the one row of a symbol, which a product wraps in a list or not."""
        said = self.ask(path, symbol=self.symbol, **parameters)
        return said[0] if isinstance(said, list) else said

    def move(self, *prices: str, seconds: int = 1) -> None:
        """Move the mark, so many seconds apart."""
        for price in prices:
            self.exchange.clock[0] += seconds * 1000
            self.exchange.ledger.set_mark(self.symbol, D(price))


@pytest.fixture(params=MARKETS, ids=lambda venue: venue.id)
def public(request: pytest.FixtureRequest) -> Public:
    """A reader of any of the markets."""
    return Public(request.param)


@pytest.fixture(params=BINANCE, ids=lambda venue: venue.id)
def binance(request: pytest.FixtureRequest) -> Public:
    """A reader of either product of Binance."""
    return Public(request.param)


def test_the_last_price_is_the_mark(public: Public) -> None:
    """Under its time, in every figure that tells it."""
    public.move("87990.5", "88100.3")

    row, day = public.one("ticker/price"), public.one("ticker/24hr")
    trades = public.ask("trades", symbol=public.symbol)

    assert (row["price"], row["time"]) == ("88100.3", START + 2000)
    assert day["lastPrice"] == trades[-1]["price"] == row["price"]
    assert D(public.one("premiumIndex")["markPrice"]) == D(row["price"])


def test_the_mark_is_between_bid_and_ask(public: Public) -> None:
    """A tick below and a tick above, in the ticker and in the book alike."""
    public.move("88100.3")

    ticker, book = public.one("ticker/bookTicker"), public.one("depth", limit=5)

    assert (ticker["bidPrice"], ticker["askPrice"]) == ("88100.2", "88100.4")
    assert book["bids"][0] == [ticker["bidPrice"], ticker["bidQty"]]
    assert book["asks"][0] == [ticker["askPrice"], ticker["askQty"]]
    assert [D(price) for price, _ in book["asks"]] == [D("88100.4") + D(tick) / 10 for tick in range(5)]


@pytest.mark.parametrize("limit", [5, 10, 20, 50, 100, 500, 1000])
def test_a_book_has_each_documented_number_of_levels(public: Public, limit: int) -> None:
    """On both sides."""
    book = public.one("depth", limit=limit)

    assert [len(book["bids"]), len(book["asks"])] == [limit, limit]


@pytest.mark.parametrize("limit", [0, 6, 1001])
def test_no_other_number_of_levels_is_answered(public: Public, limit: int) -> None:
    """It is refused in the venue's words; without a number there are 500."""
    assert public.ask("depth", symbol=public.symbol, limit=limit) == {
        "code": -4021,
        "msg": f"{limit} is not valid depth limit.",
    }
    assert len(public.one("depth")["bids"]) == 500


def test_a_market_that_fills_nothing_has_an_empty_book(public: Public) -> None:
    """The depth that a scenario sets is that of the book."""
    public.exchange.ledger.set_depth(public.symbol, D(0))

    assert public.one("depth")["asks"] == []
    assert {D(public.one("ticker/bookTicker")[name]) for name in ("bidPrice", "bidQty", "askPrice", "askQty")} == {0}


def test_a_day_has_the_extremes_of_the_path(public: Public) -> None:
    """Change, mean, volume and number of trades are those of the marks within 24 hours."""
    public.move("89000", "86000", "88440")

    day = public.one("ticker/24hr")

    assert [D(day[name]) for name in ("openPrice", "highPrice", "lowPrice", "lastPrice")] == [
        88000,
        89000,
        86000,
        88440,
    ]
    assert (D(day["priceChange"]), day["priceChangePercent"]) == (440, "0.500")
    assert 86000 < D(day["weightedAvgPrice"]) < 89000
    assert (day["firstId"], day["lastId"], day["count"]) == (1, 4, 4)
    assert day["closeTime"] - day["openTime"] == 24 * 3600 * 1000
    public.exchange.clock[0] += 25 * 3600 * 1000
    later = public.one("ticker/24hr")
    assert [D(later[name]) for name in ("openPrice", "highPrice", "lowPrice", "volume")] == [88440, 88440, 88440, 0]
    assert (later["firstId"], later["lastId"], later["count"]) == (-1, -1, 0)


def test_trades_are_listed_from_old_to_new(public: Public) -> None:
    """The newest without an id; from an id on, the oldest. A fall has a seller for its taker."""
    public.move("88100", "88050", "88070")
    key = public.exchange.key.key

    recent = public.ask("trades", symbol=public.symbol, limit=2)
    query, headers = f"symbol={public.symbol}&fromId=2&limit=2", {"X-MBX-APIKEY": key}
    asked = SimRequest.of("GET", f"{public.root}/historicalTrades", query=query, headers=headers)
    old = json.loads(public.exchange.service.answer(asked).body)

    assert [trade["id"] for trade in recent] == [3, 4]
    assert [trade["isBuyerMaker"] for trade in recent] == [True, False]
    assert [trade["id"] for trade in old] == [2, 3]
    assert public.ask("historicalTrades", symbol=public.symbol)["code"] == -2014


def test_wallets_read_old_trades_without_a_signature() -> None:
    """The version for wallets wants no key there."""
    exchange = open_exchange(ASTER, "flat")

    said = exchange.service.answer(SimRequest.of("GET", "/fapi/v3/historicalTrades", query="symbol=BTCUSDT"))

    assert [trade["id"] for trade in json.loads(said.body)] == [1]


def test_aggregates_are_read_by_time_and_by_id(public: Public) -> None:
    """Each trade is an aggregate of its own; both ends of a time are at most an hour apart."""
    public.move("88100", "88050", "88070", seconds=60)

    by_time = public.ask("aggTrades", symbol=public.symbol, startTime=START + 60_000, endTime=START + 120_000)
    by_id = public.ask("aggTrades", symbol=public.symbol, fromId=3)
    wide = public.ask("aggTrades", symbol=public.symbol, startTime=START - 3_600_001, endTime=START)

    assert [(row["a"], row["f"], row["l"], row["p"]) for row in by_time] == [(2, 2, 2, "88100.0"), (3, 3, 3, "88050.0")]
    assert [row["m"] for row in by_id] == [True, False]
    assert wide["code"] == -1127


def test_fundings_are_those_that_were_commanded(public: Public) -> None:
    """From old to new, also without a position; the last rate is that of the present."""
    rates = ("0.0003", "-0.0001", "0.0002")
    for rate in rates:
        public.exchange.clock[0] += 8 * 3600 * 1000
        public.exchange.ledger.fund(public.symbol, D(rate))

    rows = public.ask("fundingRate", symbol=public.symbol)
    first = public.ask("fundingRate", symbol=public.symbol, startTime=START, limit=1)

    assert [D(row["fundingRate"]) for row in rows] == [D(rate) for rate in rates]
    assert [row["fundingTime"] for row in first] == [START + 8 * 3600 * 1000]
    assert D(public.one("premiumIndex")["lastFundingRate"]) == D("0.0002")


def test_an_expiring_contract_has_no_funding(binance: Public) -> None:
    """Neither in the history, whatever was commanded, nor among the terms."""
    assert binance.expiring is not None
    binance.exchange.ledger.fund(binance.expiring, D("0.0001"))

    assert binance.ask("fundingRate", symbol=binance.expiring) == []
    terms = {row["symbol"]: row["fundingIntervalHours"] for row in binance.ask("fundingInfo")}
    assert terms[binance.symbol] == 8
    assert binance.expiring not in terms


def test_open_interest_is_what_the_account_holds(binance: Public) -> None:
    """It is the only trader of the market."""
    holding = Public(next(venue for venue in BINANCE if MARKETS[venue][0] == binance.root), "holding")
    held = holding.exchange.ledger.position(holding.symbol).quantity

    assert D(holding.ask("openInterest", symbol=holding.symbol)["openInterest"]) == held > 0
    assert D(binance.ask("openInterest", symbol=binance.symbol)["openInterest"]) == 0


def test_an_index_has_one_source(binance: Public) -> None:
    """It weighs everything, and its price is the index price."""
    said = binance.ask("constituents", symbol=binance.pair)

    assert [source["weight"] for source in said["constituents"]] == ["1.00000000"]
    assert said["constituents"][0]["price"] == binance.one("premiumIndex")["indexPrice"]
    assert binance.ask("constituents", symbol="NONE")["code"] == -1121


@pytest.mark.parametrize("path", ["ticker/price", "ticker/bookTicker", "ticker/24hr"])
def test_tickers_of_all_symbols(public: Public, path: str) -> None:
    """Without a symbol each contract has its row."""
    listed = [contract["symbol"] for contract in public.ask("exchangeInfo")["symbols"]]

    assert [row["symbol"] for row in public.ask(path)] == listed
    assert public.ask(path, symbol="NONE") == {"code": -1121, "msg": "Invalid symbol."}


@pytest.mark.parametrize("path", ["ticker/price", "ticker/bookTicker", "ticker/24hr"])
def test_tickers_of_a_pair(path: str) -> None:
    """One product lists whatever is asked, and takes a pair instead of a symbol."""
    coinm = Public(COINM)

    assert [row["symbol"] for row in coinm.ask(path, pair="BTCUSD")] == ["BTCUSD_PERP", "BTCUSD_270326"]
    assert [row["symbol"] for row in coinm.ask(path, symbol="BTCUSD_PERP")] == ["BTCUSD_PERP"]
    assert coinm.ask(path, symbol="BTCUSD_PERP", pair="BTCUSD")["code"] == -1128
    assert coinm.ask(path, pair="NONE") == {"code": -4087, "msg": "Invalid pair."}


#: a path, its parameters without the symbol, its documented weight
WEIGHTS = [
    *[
        (path, {}, weight)
        for path, weight in (("ticker/price", 1), ("ticker/24hr", 1), ("aggTrades", 20), ("depth", 10))
    ],
    *[("depth", {"limit": limit}, weight) for limit, weight in ((5, 2), (50, 2), (100, 5), (1000, 20))],
    *[("klines", {"interval": "1m", "limit": n}, weight) for n, weight in ((99, 1), (100, 2), (500, 5), (1001, 10))],
]


@pytest.mark.parametrize(("path", "parameters", "weight"), WEIGHTS)
def test_requests_have_their_documented_weight(public: Public, path: str, parameters: Any, weight: int) -> None:
    """By levels or rows where the documentation says so."""
    text = "&".join(f"{name}={value}" for name, value in {"symbol": public.symbol, **parameters}.items())

    response = public.exchange.service.answer(SimRequest.of("GET", f"{public.root}/{path}", query=text))

    assert response.status == 200
    assert response.headers["X-MBX-USED-WEIGHT-1M"] == str(weight)


def test_indexes_of_collateral_follow_its_worth() -> None:
    """Bid and ask are the index less and more the haircut; a symbol selects one."""
    usdm = Public(USDM)
    usdm.exchange.ledger.set_index_price("BTC", D(90_000))

    row = usdm.ask("assetIndex", symbol="BTCUSD")

    assert (D(row["index"]), D(row["bidRate"]), D(row["askRate"])) == (90_000, 85_500, 94_500)
    assert [each["symbol"] for each in usdm.ask("assetIndex")] == ["USDTUSD", "USDCUSD", "BTCUSD"]
    assert usdm.ask("assetIndex", symbol="NONEUSD")["code"] == -1121
    assert usdm.ask("indexInfo") == []


def test_there_are_no_orders_of_price_improvement() -> None:
    """The book with them is the book without them, and the second version of prices is the first."""
    usdm = Public(USDM)

    assert usdm.ask("rpiDepth", symbol="BTCUSDT")["asks"] == usdm.ask("depth", symbol="BTCUSDT", limit=1000)["asks"]
    assert usdm.ask("rpiDepth", symbol="BTCUSDT", limit=500)["code"] == -4021
    assert usdm.ask("/fapi/v2/ticker/price") == usdm.ask("ticker/price")


@pytest.mark.parametrize("venue", BINANCE, ids=lambda venue: venue.id)
def test_a_documented_route_that_is_not_simulated_says_so(venue: Any, caplog: pytest.LogCaptureFixture) -> None:
    """With status 501, in the venue's envelope, and in a line of the log that names it."""
    exchange = open_exchange(venue, "flat")
    path = "/futures/data/openInterestHist"

    response = exchange.service.answer(SimRequest.of("GET", path, query="symbol=BTCUSDT&period=5m"))

    assert (response.status, json.loads(response.body)) == (501, {"code": -1020, "msg": "not served by the simulator"})
    assert [one.getMessage() for one in caplog.records] == [f"{venue.id}: GET {path} is not served by the simulator"]


def test_a_market_of_aster_has_its_own_notation() -> None:
    """A day has the close before it, and terms of funding have numbers."""
    aster = Public(ASTER_V1)
    aster.move("88200")

    assert aster.one("ticker/24hr")["prevClosePrice"] == "88000.0"
    terms = aster.ask("fundingInfo", symbol="BTCUSDT")
    assert [(row["fundingFeeCap"], row["fundingIntervalHours"]) for row in terms] == [(0.025, 8)]
