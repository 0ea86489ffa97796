"""Public routes: time, limits, instruments and tiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, SimRequest, Visit
from venuekit.simulator.ledger import Contract
from venuekit_binance_common.simulated.binance_venue import MARGIN_ASSETS
from venuekit_binance_common.simulated.formatting import plain
from venuekit_binance_common.simulated.market_routes import MarketRoutes, filters_of, symbol_of, tier_rows
from venuekit_binance_usdm.endpoints import USDM

_ORDER_TYPES = ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"]


class UsdmMarketRoutes(MarketRoutes):
    """Tiers are counted in the quote asset."""

    endpoints = USDM
    PING = "/fapi/v1/ping"

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {**super().handlers(), USDM.BRACKETS: self.brackets}

    def more_info(self) -> Mapping[str, object]:
        """Return the margin assets."""
        return {
            "assets": [
                {
                    "asset": asset.name,
                    "marginAvailable": asset.is_collateral,
                    "autoAssetExchange": plain(-asset.haircut) if asset.is_collateral else None,
                }
                for asset in MARGIN_ASSETS
            ]
        }

    def symbol(self, contract: Contract) -> Mapping[str, object]:
        """Return a contract as this product lists it."""
        return {
            **symbol_of(contract),
            "status": "TRADING",
            "underlyingSubType": ["TOP"],
            "settlePlan": 0,
            "filters": filters_of(contract, {"filterType": "MIN_NOTIONAL", "notional": plain(contract.min_notional)}),
            "liquidationFee": "0.012500",
            "marketTakeBound": "0.05",
            "orderTypes": _ORDER_TYPES,
        }

    def brackets(self, request: SimRequest, _visit: Visit) -> object:
        """Return the tiers: a list of symbols, or one object when a symbol is named."""
        rows = [
            {
                "symbol": contract.symbol,
                "notionalCoef": 1,
                "brackets": tier_rows(contract.brackets, cap="notionalCap", floor="notionalFloor"),
            }
            for contract in self._listing.contracts_of(request)
        ]
        return rows if request.text("symbol") is None else rows[0]
