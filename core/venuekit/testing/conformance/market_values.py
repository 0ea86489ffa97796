"""Checks of market values: contracts, brackets, rates and marks are the ledger's; filters and unknown symbols."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from venuekit.capabilities import BracketReader, CommissionReader, InstrumentReader, MarkPrice, MarkPriceReader
from venuekit.plugin import from_milliseconds
from venuekit.simulator import Market
from venuekit.simulator.ledger import Contract
from venuekit.testing.conformance import account_figures as figures
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage, on_stage
from venuekit.venue import Venue

#: the time in which an answer comes, and the longest one between two fundings
_ANSWER, _LONGEST = timedelta(seconds=10), timedelta(days=1)


class MarketValueChecks(Checks):
    """Contracts, brackets, rates and marks are those of the ledger."""

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

    async def test_mark_prices_agree(self, mark_price_reader: type[MarkPriceReader]) -> None:
        """
        The mark of each contract is the ledger's, after it moved as well, and is of the present.

        The next funding is ahead, by an interval at most; a contract that expires has none.
        """
        async with on_stage(self.inventory.venue) as stage:
            for symbol, contract in stage.ledger.contracts.items():
                stage.ledger.set_mark(symbol, stage.ledger.mark(symbol) + 7 * contract.price_tick)
                price = await mark_price_reader.of(stage.account).get_mark_price(symbol)
                figures.MARK_PRICE.check(price, figures.SymbolFacts(stage.ledger, symbol), symbol)
                _check_times(stage, price, contract)


def _check_times(stage: Stage, price: MarkPrice, contract: Contract) -> None:
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
