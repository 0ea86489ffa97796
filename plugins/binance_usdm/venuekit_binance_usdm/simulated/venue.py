"""The simulated venue: what is listed, what is refused in which words, and what answers."""

from __future__ import annotations

from types import MappingProxyType

from venuekit.simulator import json_response
from venuekit_binance_common.simulated.binance_venue import Routes, SimulatedBinance
from venuekit_binance_common.simulated.listing import Listing
from venuekit_binance_common.simulated.stream_routes import StreamRoutes
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.simulated.account_routes import AccountRoutes
from venuekit_binance_usdm.simulated.contracts import CONTRACTS
from venuekit_binance_usdm.simulated.market_routes import UsdmMarketRoutes
from venuekit_binance_usdm.simulated.money_routes import UsdmIncomeRoutes, UsdmMarginRoutes, UsdmRiskRoutes
from venuekit_binance_usdm.simulated.order_routes import UsdmOrderRoutes
from venuekit_binance_usdm.simulated.refusals import ERRORS
from venuekit_binance_usdm.simulated.scenarios import SCENARIOS
from venuekit_binance_usdm.simulated.settings_routes import UsdmSettingsRoutes

__all__ = ["SimulatedUsdm"]

_RETIRED = "GET /fapi/v1/positionRisk is retired, please use GET /fapi/v2/positionRisk"


class SimulatedUsdm(SimulatedBinance):
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
            StreamRoutes(USDM.STREAM, self.errors),
        )
