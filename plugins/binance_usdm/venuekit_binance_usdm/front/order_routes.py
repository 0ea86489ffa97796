"""What waits in the two books."""

from __future__ import annotations

from collections.abc import Mapping

from venuekit.simulator.ledger import Contract
from venuekit_binance_common.front.order_routes import OrderRoutes
from venuekit_binance_usdm import endpoints

__all__ = ["UsdmOrderRoutes"]


class UsdmOrderRoutes(OrderRoutes):
    """Plain orders tell what they cost in the quote asset."""

    OPEN_ORDERS = endpoints.OPEN_ORDERS
    OPEN_ALGO_ORDERS = endpoints.OPEN_ALGO_ORDERS

    def own_fields(self, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for every contract)
        """Return the fields of a plain order that only this product has."""
        return {"cumQuote": "0", "goodTillDate": 0}
