"""The simulated venue: its contracts, scenarios and refusals, and the routes that answer."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from venuekit.capabilities import MarginType
from venuekit.simulator import Scenario, SimRequest
from venuekit.simulator.ledger import Contract, Ledger, LedgerOrder, Reason, Side
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.simulated.account_routes import AccountRoutes
from venuekit_binance_coinm.simulated.contracts import CONTRACTS, PURSE, of_pair
from venuekit_binance_coinm.simulated.market_routes import CoinmMarketRoutes
from venuekit_binance_coinm.simulated.money_routes import CoinmIncomeRoutes, CoinmMarginRoutes, CoinmRiskRoutes
from venuekit_binance_common.simulated.binance_venue import Routes, SimulatedBinance
from venuekit_binance_common.simulated.errors import Errors
from venuekit_binance_common.simulated.formatting import plain
from venuekit_binance_common.simulated.listing import Listing
from venuekit_binance_common.simulated.order_routes import OrderRoutes
from venuekit_binance_common.simulated.order_rows import matching_fields
from venuekit_binance_common.simulated.settings_routes import SettingsRoutes
from venuekit_binance_common.simulated.stream_routes import StreamRoutes

_ETH_TARGET = {"margin_type": "isolated", "leverage": Decimal(10)}


def _deposit(ledger: Ledger) -> None:
    ledger.deposit("BTC", Decimal(2), purse=PURSE)
    ledger.deposit("ETH", Decimal(40), purse=PURSE)


def _hold(ledger: Ledger) -> None:
    _deposit(ledger)
    ledger.set_margin_type(MarginType.ISOLATED, "BTCUSD_PERP")
    ledger.fill("BTCUSD_PERP", Side.BUY, Decimal(5_000), Decimal(86_500))


SCENARIOS = (
    Scenario(
        name="holding",
        title="one-way; long 5,000 contracts of BTCUSD_PERP, isolated at 20x: too large for 125x",
        stage=_hold,
        held="BTCUSD_PERP",
        flat="ETHUSD_PERP",
        target={
            "position_mode": "one_way",
            "symbols": {"BTCUSD_PERP": {"leverage": Decimal(25)}, "ETHUSD_PERP": _ETH_TARGET},
        },
    ),
    Scenario(
        name="flat",
        title="one-way; some balance, no position anywhere",
        stage=_deposit,
        held=None,
        flat="ETHUSD_PERP",
        target={"position_mode": "hedge", "symbols": {"ETHUSD_PERP": _ETH_TARGET}},
    ),
)


class CoinmSettingsRoutes(SettingsRoutes):
    """The largest position is a quantity of the base asset."""

    endpoints = COINM
    LARGEST = "maxQty"


class CoinmOrderRoutes(OrderRoutes):
    """Plain orders have their pair and their worth in the base asset; they can be requested by pair."""

    ORDERS = COINM.ORDERS

    def own_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:
        """Return the fields of a plain order that only this product has."""
        return {**matching_fields(order), "cumBase": plain(order.filled_value), "pair": contract.pair}

    def contracts_of(self, request: SimRequest) -> tuple[Contract, ...]:
        """Return the contracts whose orders are requested; a symbol and a pair must both match."""
        of_the_pair = of_pair(self._listing, request)
        return tuple(contract for contract in super().contracts_of(request) if contract in of_the_pair)


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
        """Return all groups of routes."""
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
