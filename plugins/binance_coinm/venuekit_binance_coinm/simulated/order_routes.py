"""Orders and fills."""

from __future__ import annotations

from collections.abc import Mapping

from venuekit.simulator import SimRequest
from venuekit.simulator.ledger import Contract, LedgerOrder
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.simulated.contracts import of_pair
from venuekit_binance_common.simulated.formatting import plain
from venuekit_binance_common.simulated.order_routes import OrderRoutes
from venuekit_binance_common.simulated.order_rows import matching_fields

__all__ = ["CoinmOrderRoutes"]


class CoinmOrderRoutes(OrderRoutes):
    """Plain orders tell their pair and what they are worth in the base asset; they can be asked for by pair."""

    ORDERS = COINM.ORDERS

    def own_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:
        """Return the fields of a plain order that only this product has."""
        return {**matching_fields(order), "cumBase": plain(order.filled_value), "pair": contract.pair}

    def contracts_of(self, request: SimRequest) -> tuple[Contract, ...]:
        """Return the contracts whose orders are asked for; a symbol and a pair must both fit."""
        of_the_pair = of_pair(self._listing, request)
        return tuple(contract for contract in super().contracts_of(request) if contract in of_the_pair)
