"""Candles and funding rates of every venue that has them, over many pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from venuekit.capabilities import CandleReader, FundingRateReader
from venuekit.errors import InvalidArgument
from venuekit.plugin import from_milliseconds
from venuekit.plugins import make_plugins
from venuekit.testing import InstantClock, Stage, on_stage
from venuekit.testing.staged import fake_stage
from venuekit.venue import Venue

PLUGINS = make_plugins()
VENUES = [venue for venue in map(PLUGINS.venue, PLUGINS.venue_ids()) if issubclass(venue.account, CandleReader)]
MINUTE = timedelta(minutes=1)
#: money is written with eight decimals
EIGHT = Decimal("1e-8")
every_venue = pytest.mark.parametrize("venue", VENUES, ids=[venue.id for venue in VENUES])


def _now(stage: Stage) -> datetime:
    return from_milliseconds(stage.simulation.milliseconds())


@every_venue
async def test_candles_of_days_have_no_gap_and_no_duplicate(venue: Venue[Any]) -> None:
    """Each begins where the one before it ended, over all pages, and a walk goes on behind any of them."""
    async with on_stage(venue) as stage:
        reader, symbol, now = CandleReader.of(stage.account), stage.scenario.flat, _now(stage)
        stage.simulation.requests.clear()

        candles = await reader.iter_candles(symbol, MINUTE, start=now - timedelta(days=2), end=now).all()
        pages = [one for one in stage.simulation.requests if "kline" in one.path]
        rest = await reader.iter_candles(symbol, MINUTE, end=now, after=candles[1000]).all()

        assert len(candles) in {2 * 24 * 60 - 1, 2 * 24 * 60}
        assert {later.opens_at - one.opens_at for one, later in pairwise(candles)} == {MINUTE}
        assert candles[0].opens_at >= now - timedelta(days=2)
        assert candles[-1].opens_at + MINUTE <= _now(stage)
        assert len(pages) > 2
        assert rest == candles[1001:]


@every_venue
async def test_a_candle_has_the_prices_and_trades_of_its_time(venue: Venue[Any]) -> None:
    """The marks that the market went through are within it; its turnover is the worth of its volume."""
    clock = InstantClock()
    async with fake_stage(venue, clock=clock) as stage:
        ledger, hour = stage.simulation.ledger_of(venue.id), timedelta(hours=1)
        symbol = stage.simulation.scenario(venue.id).flat
        tick, mark = ledger.contract(symbol).price_tick, ledger.mark(symbol)
        for ticks in (20, -10, 5):
            ledger.set_mark(symbol, mark + ticks * tick)
        opened = from_milliseconds(clock.milliseconds())
        await clock.sleep(3600)

        reader = CandleReader.of(stage.account)
        (candle,) = await reader.iter_candles(symbol, hour, start=opened - hour, end=opened).all()

        assert (candle.high, candle.low, candle.close) == (mark + 20 * tick, mark - 10 * tick, mark + 5 * tick)
        assert candle.volume > 0
        worths = [ledger.contract(symbol).value(candle.volume, price) for price in (candle.low, candle.high)]
        assert candle.turnover is not None
        assert min(worths) - EIGHT <= candle.turnover <= max(worths) + EIGHT


@every_venue
async def test_only_lengths_that_the_venue_has_are_taken(venue: Venue[Any]) -> None:
    """Another one is refused at once, with those that there are; nothing is sent for it."""
    async with on_stage(venue) as stage:
        stage.simulation.requests.clear()
        with pytest.raises(InvalidArgument, match=r"no candles of 7m, but of 1m, .* 1d, .*1w$"):
            CandleReader.of(stage.account).iter_candles(stage.scenario.flat, 7 * MINUTE)
        assert stage.simulation.requests == []


@every_venue
async def test_fundings_of_months_are_walked_in_their_order(venue: Venue[Any]) -> None:
    """More of them than a page has, with their rates, and none before the start."""
    clock = InstantClock()
    async with fake_stage(venue, clock=clock) as stage:
        ledger = stage.simulation.ledger_of(venue.id)
        symbol, began = stage.simulation.scenario(venue.id).flat, from_milliseconds(clock.milliseconds())
        for number in range(250):
            ledger.fund(symbol, (number - 100) * Decimal("0.00001"))
            await clock.sleep(3600)
        reader = FundingRateReader.of(stage.account)

        rates = await reader.iter_funding_rates(symbol, start=began).all()
        rest = await reader.iter_funding_rates(symbol, after=rates[120]).all()
        later = await reader.iter_funding_rates(symbol, start=rates[200].time, end=rates[210].time).all()

        assert [(one.time, one.rate) for one in rates] == [(one.time, one.rate) for one in ledger.fundings(symbol)]
        assert len(rates) == 250
        assert rest == rates[121:]
        assert later == rates[200:211]
