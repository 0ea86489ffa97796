"""The simulated venue: what is listed, what is refused in which words, and what answers."""

from __future__ import annotations

from venuekit.simulator.ledger import Reason
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.simulated.account_routes import AccountRoutes
from venuekit_binance_coinm.simulated.contracts import CONTRACTS
from venuekit_binance_coinm.simulated.market_routes import CoinmMarketRoutes
from venuekit_binance_coinm.simulated.money_routes import CoinmIncomeRoutes, CoinmMarginRoutes, CoinmRiskRoutes
from venuekit_binance_coinm.simulated.order_routes import CoinmOrderRoutes
from venuekit_binance_coinm.simulated.scenarios import SCENARIOS
from venuekit_binance_coinm.simulated.settings_routes import CoinmSettingsRoutes
from venuekit_binance_common.simulated.binance_venue import Routes, SimulatedBinance
from venuekit_binance_common.simulated.errors import Errors
from venuekit_binance_common.simulated.listing import Listing
from venuekit_binance_common.simulated.stream_routes import StreamRoutes

__all__ = ["SimulatedCoinm"]


class SimulatedCoinm(SimulatedBinance):
    """COIN-M futures."""

    contracts = CONTRACTS
    scenarios = SCENARIOS
    errors = Errors(
        too_late=-4188,
        lower_leverage=-4150,
        words={-4087: "Invalid pair."},
        by_order_reason={
            Reason.ORDER_UNCHANGED: -4197,
            Reason.NOT_AMENDABLE: -4196,
            Reason.NOTIONAL_TOO_SMALL: -4178,
        },
    )

    def routes(self, listing: Listing) -> tuple[Routes, ...]:
        """Return everything that answers."""
        return (
            CoinmMarketRoutes(listing),
            AccountRoutes(listing),
            CoinmSettingsRoutes(listing),
            CoinmOrderRoutes(listing),
            CoinmMarginRoutes(listing),
            CoinmIncomeRoutes(listing),
            CoinmRiskRoutes(listing),
            StreamRoutes(COINM.STREAM, self.errors),
        )
