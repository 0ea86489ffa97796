"""Orders and fills."""

from __future__ import annotations

from collections.abc import Mapping

from venuekit.simulator.ledger import Contract, LedgerOrder
from venuekit_binance_common.simulated.formatting import milliseconds, plain
from venuekit_binance_common.simulated.order_routes import OrderRoutes
from venuekit_binance_common.simulated.order_rows import matching_fields
from venuekit_binance_usdm.endpoints import USDM

__all__ = ["UsdmOrderRoutes"]


class UsdmOrderRoutes(OrderRoutes):
    """Plain orders tell what they are worth in the quote asset, and until when they are good."""

    ORDERS = USDM.ORDERS

    def own_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return the fields of a plain order that only this product has."""
        return {
            **matching_fields(order),
            "cumQuote": plain(order.filled_value),
            "goodTillDate": milliseconds(order.expires_at),
        }
