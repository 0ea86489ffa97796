"""Public routes: time, limits, instruments and tiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, SimRequest, Visit
from venuekit.simulator.ledger import Contract
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.simulated.contracts import of_pair
from venuekit_binance_common.simulated.formatting import number
from venuekit_binance_common.simulated.market_routes import MarketRoutes, filters_of, symbol_of, tier_rows


class CoinmMarketRoutes(MarketRoutes):
    """Tiers are counted in the base asset; the floor is spelt as the documentation spells it."""

    endpoints = COINM
    PING = "/dapi/v1/ping"

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            **super().handlers(),
            COINM.BRACKETS: self.brackets,
            COINM.PAIR_BRACKETS: self.pair_brackets,
        }

    def symbol(self, contract: Contract) -> Mapping[str, object]:
        """Return a contract as this product lists it."""
        return {
            **symbol_of(contract),
            "contractStatus": "TRADING",
            "contractSize": number(contract.contract_size),
            "underlyingSubType": [],
            "equalQtyPrecision": 4,
            "filters": filters_of(contract),
            "liquidationFee": "0.010000",
            "marketTakeBound": "0.30",
            "orderTypes": ["LIMIT", "MARKET", "STOP", "TAKE_PROFIT", "TRAILING_STOP_MARKET"],
        }

    def brackets(self, request: SimRequest, _visit: Visit) -> object:
        """Return the tiers by symbol."""
        return [
            {"symbol": contract.symbol, "notionalCoef": 1, "brackets": _tiers(contract)}
            for contract in self._listing.contracts_of(request)
        ]

    def pair_brackets(self, request: SimRequest, _visit: Visit) -> object:
        """Return the tiers by pair: those of an expiring symbol if the pair has one, possibly not of the one meant."""
        contracts = of_pair(self._listing, request)
        listed = {
            contract.pair: contract for contract in sorted(contracts, key=lambda each: each.expires_at is not None)
        }
        return [{"pair": pair, "brackets": _tiers(contract)} for pair, contract in listed.items()]


def _tiers(contract: Contract) -> list[Mapping[str, object]]:
    return tier_rows(contract.brackets, cap="qtyCap", floor="qtylFloor")
