"""The front: the product's own routes where they are the same, and those that are this venue's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from venuekit.endpoint import Endpoint
from venuekit.simulator import Handler, Route, SimRequest, Visit
from venuekit.simulator.ledger import Contract
from venuekit_binance_common.front.binance_front import BinanceFront, Routes
from venuekit_binance_common.front.formatting import milliseconds, plain
from venuekit_binance_common.front.listing import Listing
from venuekit_binance_common.front.order_rows import order_row
from venuekit_binance_common.front.risk_routes import RiskRoutes
from venuekit_binance_usdm import endpoints as usdm
from venuekit_binance_usdm.aster import endpoints
from venuekit_binance_usdm.aster.front.account_routes import AsterAccountRoutes
from venuekit_binance_usdm.front.contracts import CONTRACTS
from venuekit_binance_usdm.front.market_routes import UsdmMarketRoutes
from venuekit_binance_usdm.front.money_routes import UsdmIncomeRoutes, UsdmMarginRoutes
from venuekit_binance_usdm.front.refusals import ERRORS
from venuekit_binance_usdm.front.scenarios import SCENARIOS
from venuekit_binance_usdm.front.settings_routes import UsdmSettingsRoutes

__all__ = ["AsterFront"]

_LISTED = frozenset({"BTCUSDT", "ETHUSDT", "BNBUSDT"})


class AsterMarketRoutes(UsdmMarketRoutes):
    """The same, with this venue's limits: orders are counted by the minute alone."""

    def exchange_info(self, request: SimRequest, visit: Visit) -> object:
        """Tell limits and contracts."""
        told: dict[str, Any] = dict(super().exchange_info(request, visit))  # type: ignore[call-overload]
        told["rateLimits"] = [limit for limit in told["rateLimits"] if limit["interval"] != "SECOND"]
        return told


class AsterRiskRoutes(RiskRoutes):
    """Two commission rates."""

    MARK_PRICE = usdm.MARK_PRICE
    COMMISSION = usdm.COMMISSION
    ADL = usdm.ADL


class AsterOrderRoutes:
    """One book: what waits for its trigger stands among the plain orders."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return what answers which endpoint."""
        return {endpoints.OPEN_ORDERS: self.open_orders}

    def extra_routes(self) -> Iterable[Route]:
        """Return what the client does not ask for."""
        return ()

    def open_orders(self, request: SimRequest, visit: Visit) -> object:
        """Tell the open orders, of what is asked for or of all."""
        contracts: dict[str, Contract] = {contract.symbol: contract for contract in self._listing.asked(request)}
        return [
            order_row(
                order,
                contracts[order.symbol],
                {"cumQuote": plain(order.filled_value), "goodTillDate": milliseconds(order.expires_at)},
            )
            for order in visit.ledger.orders(is_open=True)
            if order.symbol in contracts
        ]


class AsterFront(BinanceFront):
    """Aster futures."""

    contracts = tuple(attrs.evolve(each, venue="aster_usdm") for each in CONTRACTS if each.symbol in _LISTED)
    scenarios = SCENARIOS
    errors = ERRORS

    def routes(self, listing: Listing) -> tuple[Routes, ...]:
        """Return everything that answers."""
        return (
            AsterMarketRoutes(listing),
            AsterAccountRoutes(listing),
            UsdmSettingsRoutes(listing),
            AsterOrderRoutes(listing),
            UsdmMarginRoutes(listing),
            UsdmIncomeRoutes(listing),
            AsterRiskRoutes(listing),
        )
