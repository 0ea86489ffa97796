"""Margin, income and risk, in the shapes of this product."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from venuekit.simulator.ledger import Contract, LedgerIncome, LedgerMarginChange
from venuekit_binance_common.simulated.formatting import plain
from venuekit_binance_common.simulated.income_routes import IncomeRoutes
from venuekit_binance_common.simulated.margin_routes import MarginRoutes
from venuekit_binance_common.simulated.risk_routes import RiskRoutes
from venuekit_binance_usdm.endpoints import USDM

#: the rate of retail price improvement orders, as a share of the maker's rate
_RPI_SHARE = Decimal("0.25")


class UsdmMarginRoutes(MarginRoutes):
    """The last 30 days, with the reason of each change."""

    endpoints = USDM
    KEEPS = timedelta(days=30)
    ROWS = 500

    def own_fields(self, change: LedgerMarginChange) -> Mapping[str, object]:  # noqa: ARG002  (all are moved by hand)
        """Return the reason of the change."""
        return {"deltaType": "USER_ADJUST"}


class UsdmIncomeRoutes(IncomeRoutes):
    """The last three months; numbers as transaction ids."""

    endpoints = USDM
    PURSE = ""
    USUAL = timedelta(days=7)
    KEEPS = timedelta(days=90)

    def own_fields(self, income: LedgerIncome, income_type: str) -> Mapping[str, object]:
        """Return the transaction id as a number."""
        return {"info": income_type, "tranId": int(income.id)}


class UsdmRiskRoutes(RiskRoutes):
    """Commission has a third rate."""

    endpoints = USDM

    def commission_row(self, contract: Contract) -> dict[str, object]:
        """Return the rates of a contract."""
        rpi = plain(contract.maker_fee * _RPI_SHARE)
        return {**super().commission_row(contract), "rpiCommissionRate": rpi}
