"""The simulated venue: the product's own routes where they are the same, and those that are this venue's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from venuekit.simulator import SimRequest, Visit
from venuekit.simulator.ledger import LedgerMarginChange, Triggered
from venuekit_binance_common.simulated.binance_venue import Routes, SimulatedBinance
from venuekit_binance_common.simulated.listing import Listing
from venuekit_binance_common.simulated.realm import RULES
from venuekit_binance_common.simulated.risk_routes import RiskRoutes
from venuekit_binance_usdm.aster.endpoints import ASTER
from venuekit_binance_usdm.aster.simulated.account_routes import AsterAccountRoutes
from venuekit_binance_usdm.aster.simulated.order_routes import AsterOrderRoutes
from venuekit_binance_usdm.simulated.contracts import CONTRACTS
from venuekit_binance_usdm.simulated.market_routes import UsdmMarketRoutes
from venuekit_binance_usdm.simulated.money_routes import UsdmIncomeRoutes, UsdmMarginRoutes
from venuekit_binance_usdm.simulated.refusals import ERRORS
from venuekit_binance_usdm.simulated.scenarios import SCENARIOS
from venuekit_binance_usdm.simulated.settings_routes import UsdmSettingsRoutes

__all__ = ["SimulatedAster"]

_LISTED = frozenset({"BTCUSDT", "ETHUSDT", "BNBUSDT"})


class AsterMarketRoutes(UsdmMarketRoutes):
    """The same, with this venue's limits: orders are counted by the minute alone."""

    def exchange_info(self, request: SimRequest, visit: Visit) -> object:
        """Tell limits and contracts."""
        told: dict[str, Any] = dict(super().exchange_info(request, visit))  # type: ignore[call-overload]
        told["rateLimits"] = [limit for limit in told["rateLimits"] if limit["interval"] != "SECOND"]
        return told


class AsterMarginRoutes(UsdmMarginRoutes):
    """The same, without a reason why margin moved."""

    def own_fields(self, change: LedgerMarginChange) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return nothing."""
        return {}


class AsterRiskRoutes(RiskRoutes):
    """Two commission rates."""

    endpoints = ASTER


class SimulatedAster(SimulatedBinance):
    """Aster futures."""

    contracts = tuple(attrs.evolve(each, venue="aster_usdm") for each in CONTRACTS if each.symbol in _LISTED)
    scenarios = SCENARIOS
    errors = attrs.evolve(ERRORS, names={"triggerPrice": "stopPrice"})
    rules = attrs.evolve(
        RULES, triggered=Triggered.SAME_ORDER, countdown_spares_conditional=False, max_conditional_orders=None
    )

    def routes(self, listing: Listing) -> tuple[Routes, ...]:
        """Return everything that answers."""
        return (
            AsterMarketRoutes(listing),
            AsterAccountRoutes(listing),
            UsdmSettingsRoutes(listing),
            AsterOrderRoutes(listing),
            AsterMarginRoutes(listing),
            UsdmIncomeRoutes(listing),
            AsterRiskRoutes(listing),
        )
