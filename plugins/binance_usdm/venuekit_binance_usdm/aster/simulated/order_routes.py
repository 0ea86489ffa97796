"""Orders and fills: one book, in which what waits for its trigger stands beside what waits for its price."""

from __future__ import annotations

from collections.abc import Mapping

from venuekit.simulator.ledger import Contract, Execution, LedgerOrder
from venuekit_binance_common.simulated.formatting import plain
from venuekit_binance_common.simulated.order_routes import OrderRoutes
from venuekit_binance_common.simulated.order_rows import Acknowledging, trailing_fields
from venuekit_binance_usdm.aster.endpoints import ASTER

__all__ = ["AsterOrderRoutes"]


class AsterOrderRoutes(OrderRoutes):
    """Acknowledgements tell what was filled in the quote asset, and histories no more than queries do."""

    ORDERS = ASTER.ORDERS
    ACKNOWLEDGING = Acknowledging(placed=frozenset({"time"}), changed=frozenset({"time", "avgPrice"}), done="200")

    def own_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return what an order is worth, and how it trails."""
        return {"cumQuote": plain(order.filled_value), **trailing_fields(order)}

    def history_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return nothing: histories are like queries."""
        return {}

    def trade_fields(self, fill: Execution, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return nothing: a fill is counted in the quote asset alone."""
        return {}
