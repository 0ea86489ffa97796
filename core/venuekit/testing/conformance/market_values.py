"""Checks of market values: contracts, brackets, rates and prices are the ledger's; filters and unknown symbols."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from venuekit.capabilities import (
    BracketReader,
    CandleReader,
    CommissionReader,
    FundingRateReader,
    InstrumentReader,
    Price,
    PriceReader,
)
from venuekit.plugin import InvalidArgument, InvalidRequest, from_milliseconds
from venuekit.simulator import Market
from venuekit.simulator.ledger import Contract
from venuekit.testing.conformance import account_figures as figures
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.symbols import find_unlisted
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage, on_stage
from venuekit.venue import Venue

#: the time in which an answer comes, and the longest one between two fundings
_ANSWER, _LONGEST = timedelta(seconds=10), timedelta(days=1)


class MarketValueChecks(Checks):
    """Contracts, brackets, rates and prices are those of the ledger."""

    tier = Tier.GOLD

    async def test_instruments_agree(self, instrument_reader: type[InstrumentReader]) -> None:
        """Each contract is the ledger's, and all are there, also where no two of its terms are alike."""
        async with _on_changed_markets(self.inventory.venue) as stage:
            instruments = await instrument_reader.of(stage.account).get_instruments()
            assert {one.symbol for one in instruments} == set(stage.ledger.contracts)
            for one in instruments:
                figures.INSTRUMENT.check(one, stage.ledger.contract(one.symbol), one.symbol)

    async def test_brackets_agree(self, bracket_reader: type[BracketReader]) -> None:
        """The tiers of each contract are the ledger's, in their order."""
        async with on_stage(self.inventory.venue) as stage:
            brackets = await bracket_reader.of(stage.account).get_brackets()
            for contract in stage.ledger.contracts.values():
                rows = [
                    row
                    for row in brackets
                    if contract.symbol == row.symbol or (row.symbol is None and contract.pair == row.pair)
                ]
                assert len(rows) == len(contract.brackets), f"{contract.symbol} has {len(rows)} brackets"
                for row, tier in zip(rows, contract.brackets, strict=True):
                    figures.BRACKET.check(row, figures.TierFacts(tier, contract), f"{contract.symbol} tier {tier.tier}")

    async def test_commission_rates_agree(self, commission_reader: type[CommissionReader]) -> None:
        """The rates of each contract are the ledger's; they cost where they are above zero."""
        async with _on_changed_markets(self.inventory.venue) as stage:
            for symbol, contract in stage.ledger.contracts.items():
                rate = await commission_reader.of(stage.account).get_commission_rate(symbol)
                figures.COMMISSION_RATE.check(rate, contract, symbol)

    async def test_prices_agree(self, price_reader: type[PriceReader]) -> None:
        """
        The prices of each contract are the ledger's, after they moved as well, and of the present, alone and among all.

        The next funding is ahead, by an interval at most; a contract that expires has none.
        """
        async with on_stage(self.inventory.venue) as stage:
            reader, ledger = price_reader.of(stage.account), stage.ledger
            for symbol, contract in ledger.contracts.items():
                ledger.set_mark(symbol, ledger.mark(symbol) + 7 * contract.price_tick)
            prices = await reader.get_prices()
            assert set(prices) == set(ledger.contracts)
            assert await reader.get_prices([]) == {}
            for symbol, contract in ledger.contracts.items():
                alone = await reader.get_prices(symbol)
                assert list(alone) == [symbol]
                for price in (alone[symbol], prices[symbol]):
                    figures.PRICE.check(price, figures.SymbolFacts(ledger, symbol), symbol)
                    _check_book(price)
                    _check_times(stage, price, contract)
            last_first = list(ledger.contracts)[:1:-1]
            assert list(await reader.get_prices(last_first)) == last_first

    async def test_funding_rates_agree(self, funding_rate_reader: type[FundingRateReader]) -> None:
        """The past fundings of each contract are the ledger's, oldest first; one that expires has none."""
        async with on_stage(self.inventory.venue) as stage:
            ledger = stage.ledger
            for number, (symbol, contract) in enumerate(ledger.contracts.items(), 1):
                if contract.expires_at is None:
                    ledger.fund(symbol, number * Decimal("-0.00013"))
            for symbol in ledger.contracts:
                rates = await funding_rate_reader.of(stage.account).iter_funding_rates(symbol).all()
                facts = [(one.symbol, one.time, one.rate) for one in ledger.fundings(symbol)]
                assert [(one.symbol, one.time, one.rate) for one in rates] == facts, f"{symbol} has {rates}"

    async def test_candles_agree(self, candle_reader: type[CandleReader]) -> None:
        """A candle of a market that has stood still is the mark, it is over, and it begins on the minute."""
        async with on_stage(self.inventory.venue) as stage:
            minute = timedelta(minutes=1)
            now = from_milliseconds(stage.simulation.milliseconds())
            began = now - 5 * minute
            listed = (one for one in stage.ledger.contracts.values() if one.listed_at is None or one.listed_at < began)
            for symbol in (one.symbol for one in listed):
                walk = candle_reader.of(stage.account).iter_candles(symbol, minute, start=began)
                candles = await walk.all()
                assert candles, f"{symbol} has no candle"
                for candle in candles:
                    prices = {candle.open, candle.high, candle.low, candle.close}
                    assert prices == {stage.ledger.mark(symbol)}, f"{symbol}: {candle} is not the mark"
                    assert candle.symbol == symbol
                    assert candle.opens_at.second == candle.opens_at.microsecond == 0
                    assert candle.opens_at + minute <= from_milliseconds(stage.simulation.milliseconds())

    async def test_an_unlisted_symbol_among_others_has_no_price(self, price_reader: type[PriceReader]) -> None:
        """One of several symbols that the venue does not list is refused by its name: none is left out in silence."""
        async with on_stage(self.inventory.venue) as stage:
            unlisted = find_unlisted(stage)
            with pytest.raises((InvalidRequest, InvalidArgument), match=unlisted):
                await price_reader.of(stage.account).get_prices([*stage.ledger.contracts, unlisted])


def _check_book(price: Price) -> None:
    """Fail where a bid is not below the ask."""
    if price.bid is not None and price.ask is not None:
        assert price.bid < price.ask, f"{price.symbol}: {price.bid} is bid and {price.ask} asked"


def _check_times(stage: Stage, price: Price, contract: Contract) -> None:
    """Fail unless a price is of the present, and its next funding ahead of that."""
    now = from_milliseconds(stage.simulation.milliseconds())
    if price.time is not None:
        assert abs(price.time - now) < _ANSWER, f"{contract.symbol}: the price is of {price.time}; it is {now}"
    if contract.expires_at is not None:
        funding = (price.funding_rate, price.next_funding_at)
        assert funding == (None, None), f"{contract.symbol} expires, and has a funding: {funding}"
    elif price.next_funding_at is not None:
        latest = now + (contract.funding_interval or _LONGEST)
        fits = now < price.next_funding_at <= latest
        assert fits, f"{contract.symbol}: the next funding is at {price.next_funding_at}; it is {now}"


def _on_changed_markets(venue: Venue[Any]) -> AbstractAsyncContextManager[Stage]:
    """Simulate a venue whose contracts differ from each other in their quantities and fees."""
    contracts = () if venue.simulated is None else venue.simulated().contracts
    return on_stage(venue, "flat", markets=[_change(number, one) for number, one in enumerate(contracts)])


def _change(number: int, contract: Contract) -> Market:
    """Return a market with a contract's symbol, and with quantities and fees that no other one has."""
    step = (number + 2) * contract.quantity_step
    return Market(
        contract.symbol,
        step=step,
        # a venue may have one figure for both
        min_quantity=step if contract.min_quantity == contract.quantity_step else 3 * step,
        max_quantity=max(contract.max_quantity // 2 // step, Decimal(100)) * step,
        maker_fee=Decimal("0.00013") + Decimal("0.00001") * number,
        taker_fee=Decimal("0.00047") + Decimal("0.00001") * number,
    )
