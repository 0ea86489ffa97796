"""Candles of the simulated market: their bounds in time, their figures, and the words of what is refused."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from tests.plugins.binance.exchange import START
from tests.plugins.binance.test_market_simulated import BINANCE, MARKETS, Public

from venuekit_binance_coinm.venue import VENUE as COINM
from venuekit_binance_usdm.venue import VENUE as USDM

D = Decimal
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
#: the opening of the minute in which the clock starts
FIRST = START // MINUTE * MINUTE
INTERVALS = ["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"]


@pytest.fixture(params=MARKETS, ids=lambda venue: venue.id)
def public(request: pytest.FixtureRequest) -> Public:
    """A reader of any of the markets."""
    return Public(request.param)


@pytest.fixture(params=BINANCE, ids=lambda venue: venue.id)
def binance(request: pytest.FixtureRequest) -> Public:
    """A reader of either product of Binance."""
    return Public(request.param)


def test_candles_are_those_of_the_path_of_the_mark(public: Public) -> None:
    """The newest, from old to new: opening, highest, lowest, closing price, and a trade for each mark."""
    public.move("88200", "87900", "88050", seconds=5)
    public.move("88060", seconds=120)

    *_, first, between, last = public.ask("klines", symbol=public.symbol, interval="1m")

    assert [D(price) for price in first[1:5]] == [88000, 88200, 87900, 88050]
    assert [D(price) for price in between[1:5]] == [88050] * 4
    assert [D(price) for price in last[1:5]] == [88060] * 4
    assert [row[8] for row in (first, between, last)] == [4, 0, 1]
    assert [row[0] for row in (first, between, last)] == [FIRST, FIRST + MINUTE, FIRST + 2 * MINUTE]
    assert [row[6] - row[0] for row in (first, between, last)] == [MINUTE - 1] * 3


def test_volumes_of_candles_agree_with_the_trades(public: Public) -> None:
    """In both assets, the part that was bought apart."""
    public.move("88200", "87900", seconds=5)

    row = public.ask("klines", symbol=public.symbol, interval="1m", limit=1)[0]
    trades = public.ask("trades", symbol=public.symbol)

    other = "quoteQty" if "quoteQty" in trades[0] else "baseQty"
    assert D(row[5]) == sum(D(trade["qty"]) for trade in trades)
    assert abs(D(row[7]) - sum(D(trade[other]) for trade in trades)) < D("1e-7")
    bought = [trade for trade in trades if not trade["isBuyerMaker"]]
    assert D(row[9]) == sum(D(trade["qty"]) for trade in bought)
    assert abs(D(row[10]) - sum(D(trade[other]) for trade in bought)) < D("1e-7")


@pytest.mark.parametrize("interval", INTERVALS)
def test_each_documented_interval_is_answered(public: Public, interval: str) -> None:
    """Candles follow each other without a gap, and the last one holds the present."""
    rows = public.ask("klines", symbol=public.symbol, interval=interval, limit=3)

    assert [after[0] - before[6] for before, after in pairwise(rows)] == [1, 1]
    assert rows[-1][0] <= public.exchange.clock[0] <= rows[-1][6]


def test_candles_of_marks_tell_no_volume(public: Public) -> None:
    """Their prices have eight decimals, and they count the marks."""
    public.move("88200")

    row = public.ask("markPriceKlines", symbol=public.symbol, interval="1h", limit=1)[0]

    assert row[1:6] == ["88000.00000000", "88200.00000000", "88000.00000000", "88200.00000000", "0"]
    assert row[7:] == ["0", 2, "0", "0", "0"]


def test_candles_of_an_index_are_those_of_its_path(public: Public) -> None:
    """Of the index of a pair, wherever the mark is."""
    public.exchange.ledger.move_prices({public.symbol: D(88_300)}, {public.symbol: D(87_500)})

    row = public.ask("indexPriceKlines", pair=public.pair, interval="1h", limit=1)[0]

    assert row[1:5] == ["88000.00000000", "88000.00000000", "87500.00000000", "87500.00000000"]
    assert public.one("premiumIndex")["indexPrice"] == row[4]
    unknown = public.ask("indexPriceKlines", pair="NONE", interval="1h")
    assert unknown["msg"] == "Invalid pair."


def test_candles_of_the_premium_are_the_mark_by_the_index(binance: Public) -> None:
    """Less one; a move of both at once leaves it as it is."""
    ledger, symbol = binance.exchange.ledger, binance.symbol
    binance.move("88880")
    ledger.move_prices({symbol: D(44_440)}, {symbol: D(44_000)})
    binance.move("43560")

    row = binance.ask("premiumIndexKlines", symbol=symbol, interval="1h", limit=1)[0]

    assert row[1:5] == ["0.00000000", "0.01000000", "-0.01000000", "-0.01000000"]


def test_candles_have_500_rows_unless_1500_are_asked_for(public: Public) -> None:
    """More are refused."""
    asked = {"symbol": public.symbol, "interval": "1h"}

    assert len(public.ask("klines", **asked)) == 500
    assert len(public.ask("klines", **asked, limit=1500)) == 1500
    assert public.ask("klines", **asked, limit=1501)["code"] == -1130


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"interval": "2m"}, {"code": -1120, "msg": "Invalid interval."}),
        ({}, {"code": -1102, "msg": "Mandatory parameter 'interval' was not sent, was empty/null, or malformed."}),
        ({"interval": "1m", "startTime": START, "endTime": START - 1}, {"code": -1023}),
        ({"interval": "1m", "startTime": "then"}, {"code": -1130}),
        ({"interval": "1m", "endTime": ""}, {"code": -1105}),
    ],
    ids=["interval", "no interval", "reversed", "no number", "empty"],
)
def test_what_cannot_be_answered_is_refused(public: Public, parameters: Any, said: Any) -> None:
    """In the venue's words."""
    answered = public.ask("klines", symbol=public.symbol, **parameters)

    assert said.items() <= answered.items()


def test_one_product_returns_the_oldest_from_a_beginning_on() -> None:
    """Without a beginning the newest until the end."""
    usdm = Public(USDM)
    asked = {"symbol": "BTCUSDT", "interval": "1m", "limit": 2}

    since = usdm.ask("klines", **asked, startTime=FIRST - 10 * MINUTE, endTime=FIRST)
    until = usdm.ask("klines", **asked, endTime=FIRST - 5 * MINUTE)

    assert [row[0] for row in since] == [FIRST - 10 * MINUTE, FIRST - 9 * MINUTE]
    assert [row[0] for row in until] == [FIRST - 6 * MINUTE, FIRST - 5 * MINUTE]


def test_the_other_product_returns_the_newest_of_a_span() -> None:
    """Of at most 200 days, which is the span where one of its ends is left out."""
    coinm = Public(COINM)
    asked = {"symbol": "BTCUSD_PERP", "interval": "1m", "limit": 2}
    days = {**asked, "interval": "1d", "limit": 500}

    both = coinm.ask("klines", **asked, startTime=FIRST - 10 * MINUTE, endTime=FIRST - 5 * MINUTE)
    since = coinm.ask("klines", **days, startTime=FIRST - 300 * DAY)
    until = coinm.ask("klines", **days, endTime=FIRST - 100 * DAY)
    wide = coinm.ask("klines", **asked, startTime=FIRST - 201 * DAY, endTime=FIRST)

    assert [row[0] for row in both] == [FIRST - 6 * MINUTE, FIRST - 5 * MINUTE]
    assert FIRST - 101 * DAY < since[-1][0] <= FIRST - 100 * DAY
    assert FIRST - 300 * DAY <= until[0][0] < FIRST - 299 * DAY
    assert wide == {"code": -4088, "msg": "Maximum time interval is 200 days."}


def test_candles_of_a_pair_are_those_of_the_contract_of_a_type(binance: Public) -> None:
    """Of the perpetual contract or of the one that expires; other types and pairs are refused."""
    assert binance.expiring is not None
    binance.move("88200")
    binance.exchange.ledger.set_mark(binance.expiring, D(89_500))

    for kind, symbol in (("PERPETUAL", binance.symbol), ("CURRENT_QUARTER", binance.expiring)):
        rows = binance.ask("continuousKlines", pair=binance.pair, contractType=kind, interval="1h")
        assert rows == binance.ask("klines", symbol=symbol, interval="1h")
    asked = {"interval": "1h"}
    unlisted = binance.ask("continuousKlines", pair=binance.pair, contractType="NEXT_QUARTER", **asked)
    unknown = binance.ask("continuousKlines", pair="NONE", contractType="PERPETUAL", **asked)
    assert unlisted == {"code": -4104, "msg": "Invalid contract type."}
    assert (unknown["code"], unknown["msg"]) == (-4144 if binance.root == "/fapi/v1" else -4087, "Invalid pair.")
    assert binance.ask("continuousKlines", pair=binance.pair, **asked)["code"] == -1102


@pytest.mark.parametrize("interval", ["1m", "1w", "1M"])
@pytest.mark.parametrize("moment", ["0", "1", "253402300798999", "9999999999999999999"])
def test_times_at_the_ends_of_the_calendar_have_no_candles(public: Public, moment: str, interval: str) -> None:
    """Neither before the listing nor in the future, however far."""
    assert public.ask("klines", symbol=public.symbol, interval=interval, startTime=moment, endTime=moment) == []


@pytest.mark.parametrize("name", ["limit", "startTime", "endTime"])
@pytest.mark.parametrize("text", ["9" * 5000, "-1", "1.5", "١"])
def test_a_number_has_at_most_19_digits(public: Public, name: str, text: str) -> None:
    """Plain ones, without a sign or a fraction."""
    said = public.ask("klines", symbol=public.symbol, interval="1m", **{name: text})

    assert said == {"code": -1130, "msg": f"Data sent for parameter '{name}' is not valid."}


def test_there_are_no_candles_before_the_listing() -> None:
    """The first month is that of the listing."""
    usdm = Public(USDM)

    rows = usdm.ask("klines", symbol="BTCUSDT", interval="1M", limit=1500)

    listed = usdm.ask("exchangeInfo")["symbols"][0]["onboardDate"]
    assert rows[0][0] <= listed <= rows[0][6]
