"""The front: what is listed, what is refused in which words, and what answers."""

from __future__ import annotations

from types import MappingProxyType

from venuekit.simulator import json_response
from venuekit_binance_common.front.binance_front import BinanceFront, Routes
from venuekit_binance_common.front.listing import Listing
from venuekit_binance_common.front.stream_routes import StreamRoutes
from venuekit_binance_usdm.endpoints import STREAM
from venuekit_binance_usdm.front.account_routes import AccountRoutes
from venuekit_binance_usdm.front.contracts import CONTRACTS
from venuekit_binance_usdm.front.market_routes import UsdmMarketRoutes
from venuekit_binance_usdm.front.money_routes import UsdmIncomeRoutes, UsdmMarginRoutes, UsdmRiskRoutes
from venuekit_binance_usdm.front.order_routes import UsdmOrderRoutes
from venuekit_binance_usdm.front.refusals import ERRORS
from venuekit_binance_usdm.front.scenarios import SCENARIOS
from venuekit_binance_usdm.front.settings_routes import UsdmSettingsRoutes

__all__ = ["BinanceUsdmFront"]

_RETIRED = "GET /fapi/v1/positionRisk is retired, please use GET /fapi/v2/positionRisk"


class BinanceUsdmFront(BinanceFront):
    """USDⓈ-M futures."""

    contracts = CONTRACTS
    scenarios = SCENARIOS
    errors = ERRORS
    refusals = MappingProxyType(
        {("GET", "/fapi/v1/positionRisk"): json_response({"code": -5000, "msg": _RETIRED}, status=400)}
    )

    def routes(self, listing: Listing) -> tuple[Routes, ...]:
        """Return everything that answers."""
        return (
            UsdmMarketRoutes(listing),
            AccountRoutes(listing),
            UsdmSettingsRoutes(listing),
            UsdmOrderRoutes(listing),
            UsdmMarginRoutes(listing),
            UsdmIncomeRoutes(listing),
            UsdmRiskRoutes(listing),
            StreamRoutes(STREAM, self.errors),
        )
