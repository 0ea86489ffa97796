"""All simulated venues have one price of a base asset, on which their contracts have premiums of their own."""

from __future__ import annotations

from decimal import Decimal

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
