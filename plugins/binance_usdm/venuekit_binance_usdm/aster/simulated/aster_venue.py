"""The server's side of the venue: the routes of USD-margined products where they are the same, and its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from venuekit.simulator import SimRequest, Visit
from venuekit.simulator.ledger import (
    BalanceFigures,
    Contract,
    Execution,
    Ledger,
    LedgerOrder,
    PositionFigures,
    Triggered,
)
from venuekit_binance_common.simulated.account_routes import ACCOUNT_FLAGS
from venuekit_binance_common.simulated.binance_venue import RULES
from venuekit_binance_common.simulated.formatting import plain
from venuekit_binance_common.simulated.order_rows import trailing_fields
from venuekit_binance_usdm.aster.endpoints import ASTER_V1
from venuekit_binance_usdm.simulated.contracts import CONTRACTS
from venuekit_binance_usdm.simulated.usd_margined import (
    ERRORS,
    UsdMarginedVenue,
    leg_fields_with_settings,
    risk_fields_with_settings,
)

_LISTED = frozenset({"BTCUSDT", "ETHUSDT", "BNBUSDT"})


class SimulatedAster(UsdMarginedVenue):
    """
    Aster futures, of whichever version.

    Acknowledgements report the fills in the quote asset, histories have the fields of queries.
    """

    contracts = tuple(attrs.evolve(each, venue="aster") for each in CONTRACTS if each.symbol in _LISTED)
    errors = attrs.evolve(ERRORS, names={"triggerPrice": "stopPrice"})
    rules = attrs.evolve(
        RULES,
        triggered=Triggered.SAME_ORDER,
        countdown_spares_conditional=False,
        max_conditional_orders=None,
        fee_asset=None,
    )
    placing_lacks = frozenset({"time"})
    changing_lacks = frozenset({"time", "avgPrice"})
    emptied = "200"

    def order_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return an order's worth, and its trailing fields."""
        return {"cumQuote": plain(order.filled_value), **trailing_fields(order)}

    def history_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return nothing: histories are like queries."""
        return {}

    def trade_fields(self, fill: Execution, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return nothing: a fill is counted in the quote asset alone."""
        return {}

    def exchange_info(self, request: SimRequest, visit: Visit) -> object:
        """Return limits and contracts; orders are counted per minute only."""
        info: dict[str, Any] = dict(super().exchange_info(request, visit))  # type: ignore[call-overload]
        info["rateLimits"] = [limit for limit in info["rateLimits"] if limit["interval"] != "SECOND"]
        return info

    def account_fields(self, ledger: Ledger) -> Mapping[str, object]:
        """Return flags and totals."""
        return {**ACCOUNT_FLAGS, **super().account_fields(ledger)}

    def asset_row(self, balance: BalanceFigures) -> dict[str, object]:
        """Return an asset of the account read."""
        return {**super().asset_row(balance), "marginAvailable": balance.is_collateral}

    def risk_row(self, figures: PositionFigures, contract: Contract) -> dict[str, object]:
        """Return a leg with its settings."""
        return {**super().risk_row(figures, contract), **risk_fields_with_settings(figures)}

    def account_position(self, figures: PositionFigures, contract: Contract) -> dict[str, object]:
        """Return a leg with margins, leverage and entry price."""
        return {**super().account_position(figures, contract), **leg_fields_with_settings(figures)}


class SimulatedAsterV1(SimulatedAster):
    """The venue for API keys."""

    endpoints = ASTER_V1
