"""The simulated venue: routes of the product where they are the same, and this venue's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from venuekit.simulator import SimRequest, Visit
from venuekit.simulator.ledger import Contract, Execution, LedgerMarginChange, LedgerOrder, Triggered
from venuekit_binance_common.simulated.binance_venue import RULES, Routes, SimulatedBinance
from venuekit_binance_common.simulated.formatting import plain
from venuekit_binance_common.simulated.listing import Listing
from venuekit_binance_common.simulated.order_routes import OrderRoutes
from venuekit_binance_common.simulated.order_rows import Acknowledging, trailing_fields
from venuekit_binance_common.simulated.risk_routes import RiskRoutes
from venuekit_binance_usdm.aster.endpoints import ASTER
from venuekit_binance_usdm.aster.simulated.account_routes import AsterAccountRoutes
from venuekit_binance_usdm.simulated.contracts import CONTRACTS
from venuekit_binance_usdm.simulated.market_routes import UsdmMarketRoutes
from venuekit_binance_usdm.simulated.money_routes import UsdmIncomeRoutes, UsdmMarginRoutes
from venuekit_binance_usdm.simulated.venue import ERRORS, SCENARIOS, UsdmSettingsRoutes


class AsterOrderRoutes(OrderRoutes):
    """Acknowledgements report the fills in the quote asset, and histories have the same fields as queries."""

    ORDERS = ASTER.ORDERS
    ACKNOWLEDGING = Acknowledging(placed=frozenset({"time"}), changed=frozenset({"time", "avgPrice"}), done="200")

    def own_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return an order's worth, and its trailing fields."""
        return {"cumQuote": plain(order.filled_value), **trailing_fields(order)}

    def history_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return nothing: histories are like queries."""
        return {}

    def trade_fields(self, fill: Execution, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return nothing: a fill is counted in the quote asset alone."""
        return {}


_LISTED = frozenset({"BTCUSDT", "ETHUSDT", "BNBUSDT"})


class AsterMarketRoutes(UsdmMarketRoutes):
    """The product's, with this venue's limits: orders are counted per minute only."""

    def exchange_info(self, request: SimRequest, visit: Visit) -> object:
        """Return limits and contracts."""
        info: dict[str, Any] = dict(super().exchange_info(request, visit))  # type: ignore[call-overload]
        info["rateLimits"] = [limit for limit in info["rateLimits"] if limit["interval"] != "SECOND"]
        return info


class AsterMarginRoutes(UsdmMarginRoutes):
    """The product's, without a reason for margin changes."""

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
        """Return all groups of routes."""
        return (
            AsterMarketRoutes(listing),
            AsterAccountRoutes(listing),
            UsdmSettingsRoutes(listing),
            AsterOrderRoutes(listing),
            AsterMarginRoutes(listing),
            UsdmIncomeRoutes(listing),
            AsterRiskRoutes(listing),
        )
