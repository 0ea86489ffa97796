"""The public figures of a simulated market follow from the path of its mark, and agree with each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.simulator.ledger import Contract, Ledger, PricePoint, Rules, tiers
from venuekit.simulator.quotes import (
    Interval,
    make_book,
    make_candle,
    make_candles,
    make_premiums,
    make_trades,
    price_at,
)

D = Decimal
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LINEAR = Contract(
    symbol="ONEUSDT",
    pair="ONEUSDT",
    base="ONE",
    quote="USDT",
    settle="USDT",
    is_inverse=False,
    contract_size=D(1),
    brackets=tiers((50_000, 100, "0.01")),
    mark=D(100),
    price_tick=D("0.5"),
    quantity_step=D("0.1"),
    min_quantity=D("0.2"),
    listed_at=NOON - 10 * DAY,
)
INVERSE = attrs.evolve(LINEAR, symbol="ONEUSD", quote="USD", settle="ONE", is_inverse=True, contract_size=D(10))


def path(*prices: tuple[timedelta, int | str]) -> tuple[PricePoint, ...]:
    """Return the points of a path that begins at noon."""
    return tuple(PricePoint(number, NOON + after, D(price)) for number, (after, price) in enumerate(prices, start=1))


MOVES = path((0 * MINUTE, 100), (MINUTE / 2, 110), (MINUTE, 90), (MINUTE * 3, 95))


@pytest.mark.parametrize(
    ("mark", "bid", "ask"), [("100", "99.5", "100.5"), ("100.2", "100", "100.5"), ("0.5", None, "1")]
)
def test_the_mark_is_between_the_best_bid_and_the_best_ask(mark: str, bid: str | None, ask: str) -> None:
    """Both are ticks next to it; no bid has a price of zero."""
    book = make_book(LINEAR, D(mark), 3)

    assert (book.bids[0].price if book.bids else None) == (None if bid is None else D(bid))
    assert [level.price for level in book.asks] == [D(ask), D(ask) + D("0.5"), D(ask) + 1]
    assert [level.quantity for level in book.asks] == [100, 200, 300]


def test_a_book_is_as_deep_as_the_market() -> None:
    """Each side holds the contracts that one match can take, and nothing where none fills by itself."""
    shallow = make_book(LINEAR, D(100), 5, depth=D(150))

    assert [level.quantity for level in shallow.bids] == [100, 50]
    assert make_book(LINEAR, D(100), 5, depth=D(0)).asks == ()


def test_every_mark_is_a_trade() -> None:
    """It has the number, time and price of the mark; where the price fell, its taker sold."""
    trades = make_trades(MOVES, LINEAR)

    assert [(trade.number, trade.price) for trade in trades] == [(1, 100), (2, 110), (3, 90), (4, 95)]
    assert [trade.is_buy for trade in trades] == [True, True, False, True]
    assert {trade.quantity for trade in trades} == {D("0.2")}


def test_a_candle_holds_the_trades_of_its_time() -> None:
    """From its opening to just before its end, with the volume that was bought apart."""
    candle = make_candle(MOVES, LINEAR, NOON, NOON + 2 * MINUTE)

    assert (candle.open, candle.high, candle.low, candle.close, candle.mean) == (100, 110, 90, 90, 100)
    assert (candle.volume, candle.value, candle.bought_volume, candle.bought_value) == (D("0.6"), 60, D("0.4"), 42)
    assert (candle.first, candle.last, candle.trades) == (1, 3, 3)


def test_a_candle_of_an_inverse_contract_is_worth_something_in_the_base() -> None:
    """Its mean is the harmonic one, by which volume and value agree."""
    candle = make_candle(MOVES, INVERSE, NOON, NOON + 2 * MINUTE)

    assert round(candle.value, 12) == round(D("0.02") + 2 / D(110) + 2 / D(90), 12)
    assert round(candle.mean * candle.value, 12) == candle.volume * 10 == 6


def test_a_candle_without_a_trade_repeats_the_price_before_it() -> None:
    """Also before the first mark, when the price stood still at it."""
    still = make_candle(MOVES, LINEAR, NOON + 2 * MINUTE, NOON + 3 * MINUTE)
    early = make_candle(MOVES, LINEAR, NOON - MINUTE, NOON)

    assert {still.open, still.high, still.low, still.close, still.mean} == {90}
    assert {early.open, early.high, early.low, early.close, early.mean} == {100}
    assert (still.trades, still.volume, still.first) == (0, 0, None)
    assert price_at(MOVES, NOON + 2 * MINUTE) == 90


@pytest.mark.parametrize(
    ("length", "opening"),
    [
        (timedelta(hours=4), datetime(2026, 3, 4, 12, tzinfo=UTC)),
        (timedelta(days=1), datetime(2026, 3, 4, tzinfo=UTC)),
        (timedelta(weeks=1), datetime(2026, 3, 2, tzinfo=UTC)),
        (None, datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_candles_open_where_the_calendar_has_it(length: timedelta | None, opening: datetime) -> None:
    """Days at midnight, weeks on Mondays, months on the first; the one before and the one after are next to them."""
    interval = Interval(length)

    assert interval.start_of(NOON) == opening
    assert interval.before(interval.after(opening)) == opening
    assert interval.after(interval.before(opening)) == opening


def test_the_newest_or_the_oldest_candles_are_left() -> None:
    """Between two openings, at most so many, oldest first; the last is the unfinished one."""
    until, minute = NOON + MINUTE * 3.5, Interval(MINUTE)

    newest = make_candles(MOVES, LINEAR, minute, since=NOON, until=until, limit=2, newest=True)
    oldest = make_candles(MOVES, LINEAR, minute, since=NOON, until=until, limit=2, newest=False)

    assert [candle.opens_at - NOON for candle in newest] == [2 * MINUTE, 3 * MINUTE]
    assert [candle.close for candle in newest] == [90, 95]
    assert [candle.opens_at - NOON for candle in oldest] == [0 * MINUTE, MINUTE]


def test_there_is_no_candle_before_the_listing() -> None:
    """The first one is that of the listing, and an opening between two candles begins with the second."""
    days = make_candles(MOVES, LINEAR, Interval(DAY), since=None, until=NOON, limit=99, newest=True)
    since = make_candles(MOVES, LINEAR, Interval(DAY), since=NOON - DAY, until=NOON, limit=99, newest=False)

    assert [days[0].opens_at, days[-1].opens_at] == [
        datetime(2026, 2, 22, tzinfo=UTC),
        datetime(2026, 3, 4, tzinfo=UTC),
    ]
    assert [day.opens_at.day for day in since] == [4]


@pytest.mark.parametrize("interval", [Interval(MINUTE), Interval(7 * DAY), Interval(None)])
@pytest.mark.parametrize("newest", [True, False])
def test_there_is_no_candle_after_the_present(interval: Interval, newest: bool) -> None:
    """A request from a time of the future on has none, even from the last time that a calendar has."""
    for since in (NOON + 60 * DAY, datetime.max.replace(tzinfo=UTC)):
        assert make_candles(MOVES, LINEAR, interval, since=since, until=NOON, limit=9, newest=newest) == ()


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(1, 10**6)), min_size=1), st.sampled_from([LINEAR, INVERSE]))
def test_candles_of_any_length_hold_the_same_trades(moves: Sequence[tuple[int, int]], contract: Contract) -> None:
    """Minutes and the hour they make up have the same extremes, volume and value."""
    points = path(*sorted((timedelta(seconds=second), price) for second, price in moves))

    minutes = make_candles(
        points, contract, Interval(MINUTE), since=NOON, until=NOON + 59 * MINUTE, limit=60, newest=False
    )
    hour = make_candle(points, contract, NOON, NOON + 60 * MINUTE)

    traded = [minute for minute in minutes if minute.trades]
    assert sum(minute.trades for minute in minutes) == hour.trades == len(points)
    assert (max(m.high for m in traded), min(m.low for m in traded)) == (hour.high, hour.low)
    assert (traded[0].open, minutes[-1].close) == (hour.open, hour.close)
    assert sum(minute.volume for minute in minutes) == hour.volume
    assert hour.low <= hour.mean.quantize(D("1e-9")) <= hour.high


def test_the_ledger_keeps_the_path_of_a_mark() -> None:
    """From its opening on, one point for each mark; a clock that was set back does not turn the path round."""
    now = NOON
    ledger = Ledger(Rules(asset_mode=False), [LINEAR], now=lambda: now)

    now += MINUTE
    ledger.set_mark("ONEUSDT", D(101))
    now -= DAY
    ledger.set_mark("ONEUSDT", D(102))

    assert ledger.marks("ONEUSDT") == path((0 * MINUTE, 100), (MINUTE, 101), (MINUTE, 102))
    assert ledger.mark("ONEUSDT") == 102


def test_the_ledger_keeps_the_path_of_an_index() -> None:
    """It begins with the given price, or else with the mark; the premium follows from both paths."""
    now = NOON
    ledger = Ledger(Rules(asset_mode=False), [LINEAR, INVERSE], now=lambda: now, indexes={"ONEUSDT": D(80)})

    now += MINUTE
    ledger.move_prices({"ONEUSDT": D(99)}, {"ONEUSDT": D(90)})
    ledger.move_prices({}, {"ONEUSDT": D(90)})

    assert ledger.indexes("ONEUSDT") == path((0 * MINUTE, 80), (MINUTE, 90))
    assert ledger.indexes("ONEUSD") == path((0 * MINUTE, 100))
    premiums = make_premiums(ledger.marks("ONEUSDT"), ledger.indexes("ONEUSDT"))
    assert premiums == path((0 * MINUTE, "0.25"), (MINUTE, "0.1"))


def test_a_candle_of_an_index_has_no_volume() -> None:
    """Its mean is its last price; the number of its points is told."""
    candle = make_candle(MOVES, LINEAR, NOON, NOON + 2 * MINUTE, is_traded=False)

    assert (candle.open, candle.high, candle.low, candle.close, candle.mean) == (100, 110, 90, 90, 90)
    assert (candle.volume, candle.value, candle.bought_volume, candle.bought_value, candle.trades) == (0, 0, 0, 0, 3)


def test_a_long_path_forgets_its_beginning() -> None:
    """The newest hundred thousand marks are kept, with the numbers they had."""
    ledger = Ledger(Rules(asset_mode=False), [LINEAR], now=lambda: NOON)
    symbol = ledger.snapshot().symbols["ONEUSDT"]

    grown = symbol.path
    for price in range(1, 103_000):
        grown = grown.with_price(NOON, D(price))

    points = grown.points
    assert 102_000 < len(points) <= 102_800
    assert [point.number for point in points] == list(range(points[0].number, 103_001))
    assert points[-1].price == 102_999
    assert symbol.path.points == path((0 * MINUTE, 100))


def test_the_ledger_keeps_every_funding() -> None:
    """Also one that found no position, with the mark by which it was counted."""
    ledger = Ledger(Rules(asset_mode=False), [LINEAR, INVERSE], now=lambda: NOON)

    assert ledger.fund("ONEUSDT", D("0.0003")) == ()
    ledger.fund("ONEUSD", D("-0.0001"))

    assert [(row.time, row.rate, row.mark) for row in ledger.fundings("ONEUSDT")] == [(NOON, D("0.0003"), 100)]
    assert [row.symbol for row in ledger.fundings()] == ["ONEUSDT", "ONEUSD"]
