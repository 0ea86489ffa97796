"""The simulated venue: its contracts, scenarios and refusals, and the routes that answer."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from venuekit.capabilities import AssetMode, MarginType, Setting
from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, Scenario, SimRequest, Visit, json_response
from venuekit.simulator.ledger import Contract, Ledger, LedgerOrder, Reason, Side
from venuekit_binance_common.simulated.binance_venue import Routes, SimulatedBinance
from venuekit_binance_common.simulated.errors import Errors
from venuekit_binance_common.simulated.formatting import milliseconds, plain
from venuekit_binance_common.simulated.listing import Listing
from venuekit_binance_common.simulated.order_routes import OrderRoutes
from venuekit_binance_common.simulated.order_rows import matching_fields
from venuekit_binance_common.simulated.settings_routes import DONE, SettingsRoutes
from venuekit_binance_common.simulated.stream_routes import StreamRoutes
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.simulated.account_routes import AccountRoutes
from venuekit_binance_usdm.simulated.contracts import CONTRACTS
from venuekit_binance_usdm.simulated.market_routes import UsdmMarketRoutes
from venuekit_binance_usdm.simulated.money_routes import UsdmIncomeRoutes, UsdmMarginRoutes, UsdmRiskRoutes

_ETH_TARGET = {"margin_type": "isolated", "leverage": Decimal(10)}


def _deposit(ledger: Ledger) -> None:
    ledger.deposit("USDT", Decimal(25_000))
    ledger.deposit("USDC", Decimal(5_000))


def _hold(ledger: Ledger) -> None:
    _deposit(ledger)
    ledger.set_margin_type(MarginType.ISOLATED, "BTCUSDT")
    ledger.fill("BTCUSDT", Side.BUY, Decimal("1.5"), Decimal(86_500))


SCENARIOS = (
    Scenario(
        name="holding",
        title="one-way, single asset; long 1.5 BTCUSDT, isolated at 20x: too large for 125x",
        stage=_hold,
        held="BTCUSDT",
        flat="ETHUSDT",
        target={
            "position_mode": "one_way",
            "asset_mode": "single",
            "symbols": {"BTCUSDT": {"leverage": Decimal(25)}, "ETHUSDT": _ETH_TARGET},
        },
    ),
    Scenario(
        name="flat",
        title="one-way, single asset; some balance, no position anywhere",
        stage=_deposit,
        held=None,
        flat="ETHUSDT",
        target={"position_mode": "hedge", "asset_mode": "single", "symbols": {"ETHUSDT": _ETH_TARGET}},
    ),
)


ERRORS = Errors(
    too_late=-5028,
    lower_leverage=-4161,
    words={
        -4167: "Unable to adjust to Multi-Assets mode with symbols of USDⓈ-M Futures under isolated-margin mode.",
        -4168: "Unable to adjust to isolated-margin mode under the Multi-Assets mode.",
        -4169: "Unable to adjust Multi-Assets Mode with insufficient margin balance in USDⓈ-M Futures.",
        -4170: "Unable to adjust Multi-Assets Mode with open orders in USDⓈ-M Futures.",
        -4171: "Adjusted asset mode is currently set and does not need to be adjusted repeatedly.",
        -4172: (
            "Unable to adjust Multi-Assets Mode with a negative wallet balance of margin available asset "
            "in USDⓈ-M Futures account."
        ),
    },
    by_reason={
        Reason.ISOLATED_WHILE_MULTI_ASSET: -4168,
        Reason.MULTI_ASSET_WHILE_ISOLATED: -4167,
        Reason.NEGATIVE_BALANCE: -4172,
    },
    by_reason_and_setting={
        (Reason.NO_CHANGE, Setting.ASSET_MODE): -4171,
        (Reason.OPEN_ORDERS, Setting.ASSET_MODE): -4170,
    },
    insufficient={"multiAssetsMargin": -4169},
    by_order_reason={
        Reason.ORDER_UNCHANGED: -5027,
        Reason.NOT_AMENDABLE: -5025,
        Reason.NOTIONAL_TOO_SMALL: -4164,
    },
)


class UsdmSettingsRoutes(SettingsRoutes):
    """Also reads and changes the asset mode."""

    endpoints = USDM
    LARGEST = "maxNotionalValue"

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            **super().handlers(),
            USDM.SET_ASSET_MODE: self.set_asset_mode,
            USDM.ASSET_MODE: self.asset_mode,
        }

    def set_asset_mode(self, request: SimRequest, visit: Visit) -> object:
        """Change the asset mode of the account."""
        is_multi = self.flag(request, "multiAssetsMargin")
        visit.ledger.set_asset_mode(AssetMode.MULTI if is_multi else AssetMode.SINGLE)
        return DONE

    def asset_mode(self, _request: SimRequest, visit: Visit) -> object:
        """Return the asset mode."""
        return {"multiAssetsMargin": visit.ledger.asset_mode is AssetMode.MULTI}


class UsdmOrderRoutes(OrderRoutes):
    """Plain orders have their worth in the quote asset and their expiry."""

    ORDERS = USDM.ORDERS

    def own_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return the fields of a plain order that only this product has."""
        return {
            **matching_fields(order),
            "cumQuote": plain(order.filled_value),
            "goodTillDate": milliseconds(order.expires_at),
        }


_RETIRED = "GET /fapi/v1/positionRisk is retired, please use GET /fapi/v2/positionRisk"


class SimulatedUsdm(SimulatedBinance):
    """USDⓈ-M futures."""

    contracts = CONTRACTS
    scenarios = SCENARIOS
    errors = ERRORS
    refusals = MappingProxyType(
        {("GET", "/fapi/v1/positionRisk"): json_response({"code": -5000, "msg": _RETIRED}, status=400)}
    )

    def routes(self, listing: Listing) -> tuple[Routes, ...]:
        """Return all groups of routes."""
        return (
            UsdmMarketRoutes(listing),
            AccountRoutes(listing),
            UsdmSettingsRoutes(listing),
            UsdmOrderRoutes(listing),
            UsdmMarginRoutes(listing),
            UsdmIncomeRoutes(listing),
            UsdmRiskRoutes(listing),
            StreamRoutes(USDM.STREAM, self.errors),
        )
