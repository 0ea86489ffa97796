"""Margin, income and risk, in the shapes of this product."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from venuekit.capabilities import IncomeKind
from venuekit.simulator import SimRequest, Visit
from venuekit.simulator.ledger import LedgerIncome, LedgerMarginChange
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.simulated.contracts import PURSE as COINS
from venuekit_binance_coinm.simulated.contracts import of_pair
from venuekit_binance_common.simulated.income_routes import IncomeRoutes
from venuekit_binance_common.simulated.margin_routes import MarginRoutes
from venuekit_binance_common.simulated.risk_routes import RiskRoutes, mark_price_row

_YEAR = timedelta(days=365)


class CoinmMarginRoutes(MarginRoutes):
    """A history without time limit, and rows without a reason."""

    endpoints = COINM
    ROWS = 50

    def own_fields(self, change: LedgerMarginChange) -> Mapping[str, object]:  # noqa: ARG002  (there are none)
        """Return no further fields."""
        return {}


class CoinmIncomeRoutes(IncomeRoutes):
    """At most a year at a time; text as transaction ids."""

    endpoints = COINM
    PURSE = COINS
    USUAL = _YEAR
    WIDEST = _YEAR

    def own_fields(self, income: LedgerIncome, income_type: str) -> Mapping[str, object]:  # noqa: ARG002  (not repeated)
        """Return the transaction id as text, and the direction of a transfer."""
        direction = "DEPOSIT" if income.amount > 0 else "WITHDRAW"
        return {"info": direction if income.kind is IncomeKind.TRANSFER else "", "tranId": income.id}


class CoinmRiskRoutes(RiskRoutes):
    """Mark prices are always a list, and can be requested by pair."""

    endpoints = COINM

    def mark_price(self, request: SimRequest, visit: Visit) -> object:
        """Return the mark prices of the requested symbol and pair."""
        contracts = set(of_pair(self._listing, request))
        listed = [contract for contract in self._listing.contracts_of(request) if contract in contracts]
        return [{**mark_price_row(contract, visit), "pair": contract.pair} for contract in listed]
