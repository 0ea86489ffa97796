"""The half of a simulated venue that all USD-margined products share: scenarios, refusals and most of the routes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from venuekit.capabilities import AssetMode, MarginType, Setting
from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, Scenario, SimRequest, Visit, find_price
from venuekit.simulator.ledger import (
    BalanceFigures,
    Contract,
    Ledger,
    LedgerIncome,
    PositionFigures,
    Reason,
    Side,
    Totals,
)
from venuekit_binance_common.simulated.account_routes import (
    AccountRoutes,
    leg_margins,
    setting_fields,
    worth_fields,
)
from venuekit_binance_common.simulated.binance_venue import HistoryLimits
from venuekit_binance_common.simulated.candle_routes import CandleRoutes
from venuekit_binance_common.simulated.errors import Errors
from venuekit_binance_common.simulated.formatting import amount, plain
from venuekit_binance_common.simulated.market_routes import ORDER_TYPES, MarketRoutes, filters_of
from venuekit_binance_common.simulated.order_routes import OrderRoutes
from venuekit_binance_common.simulated.quote_routes import QuoteRoutes
from venuekit_binance_common.simulated.settings_routes import DONE, SettingsRoutes
from venuekit_binance_usdm.aster.endpoints import AsterEndpoints
from venuekit_binance_usdm.endpoints import UsdmEndpoints

_MONTH = timedelta(days=30)
#: the entry price of the position, as a share of the mark
_ENTRY = Decimal(865) / 880
_ETH_TARGET = {"margin_type": "isolated", "leverage": Decimal(10)}


def _deposit(ledger: Ledger) -> None:
    ledger.deposit("USDT", Decimal(25_000))
    ledger.deposit("USDC", Decimal(5_000))


def _hold(ledger: Ledger) -> None:
    _deposit(ledger)
    ledger.set_margin_type(MarginType.ISOLATED, "BTCUSDT")
    ledger.fill("BTCUSDT", Side.BUY, Decimal("1.5"), find_price(ledger, "BTCUSDT", _ENTRY))


SCENARIOS: tuple[Scenario, ...] = (
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
    unknown_pair=-4144,
    codes={
        Reason.LEVERAGE_REDUCTION_WHILE_ISOLATED: -4161,
        Reason.ISOLATED_WHILE_MULTI_ASSET: -4168,
        Reason.MULTI_ASSET_WHILE_ISOLATED: -4167,
        Reason.NEGATIVE_BALANCE: -4172,
        (Reason.NO_CHANGE, Setting.ASSET_MODE): -4171,
        (Reason.OPEN_ORDERS, Setting.ASSET_MODE): -4170,
        (Reason.INSUFFICIENT_MARGIN, "multiAssetsMargin"): -4169,
        Reason.ORDER_UNCHANGED: -5027,
        Reason.NOT_AMENDABLE: -5025,
        Reason.NOTIONAL_TOO_SMALL: -4164,
    },
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
)


class UsdMarginedVenue(QuoteRoutes, CandleRoutes, MarketRoutes, SettingsRoutes, OrderRoutes, AccountRoutes):
    """Tiers are counted in the quote asset, transaction ids are numbers, and the account has an asset mode."""

    endpoints: ClassVar[UsdmEndpoints | AsterEndpoints]
    scenarios = SCENARIOS
    errors = ERRORS
    tier_names = ("notionalCap", "notionalFloor")
    largest = "maxNotionalValue"
    margin_limits = HistoryLimits(usual=_MONTH, widest=_MONTH, keeps=_MONTH, rows=500, most_rows=500)
    forced_lacks = OrderRoutes.forced_lacks | {"priceProtect", "goodTillDate"}
    income_limits = HistoryLimits(usual=timedelta(days=7), keeps=timedelta(days=90), rows=100, most_rows=1000)

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            **super().handlers(),
            self.endpoints.ACCOUNT: self.account,
            self.endpoints.POSITION_RISK: self.position_risk,
            self.endpoints.SET_ASSET_MODE: self.set_asset_mode,
            self.endpoints.ASSET_MODE: self.get_asset_mode,
        }

    def set_asset_mode(self, request: SimRequest, visit: Visit) -> object:
        """Change the asset mode of the account."""
        is_multi = self.flag(request, "multiAssetsMargin")
        visit.ledger.set_asset_mode(AssetMode.MULTI if is_multi else AssetMode.SINGLE)
        return DONE

    def get_asset_mode(self, _request: SimRequest, visit: Visit) -> object:
        """Return the asset mode."""
        return {"multiAssetsMargin": visit.ledger.asset_mode is AssetMode.MULTI}

    def more_info(self) -> Mapping[str, object]:
        """Return the margin assets."""
        return {
            "assets": [
                {
                    "asset": asset.name,
                    "marginAvailable": asset.is_collateral,
                    "autoAssetExchange": plain(-asset.haircut) if asset.is_collateral else "0",
                }
                for asset in self.assets
            ]
        }

    def symbol(self, contract: Contract) -> dict[str, object]:
        """Return a contract as these products list it."""
        return {
            **super().symbol(contract),
            "status": "TRADING",
            "underlyingSubType": ["TOP"],
            "settlePlan": 0,
            "filters": filters_of(contract, {"filterType": "MIN_NOTIONAL", "notional": plain(contract.min_notional)}),
            "liquidationFee": "0.012500",
            "marketTakeBound": "0.05",
            "orderTypes": ORDER_TYPES,
        }

    def balance_row(self, balance: BalanceFigures) -> dict[str, object]:
        """Return a row of the balance read."""
        withdrawable = amount(balance.withdrawable)
        return {
            **super().balance_row(balance),
            "maxWithdrawAmount": withdrawable,
            "marginAvailable": balance.is_collateral,
        }

    def income_fields(self, income: LedgerIncome, income_type: str) -> Mapping[str, object]:
        """Return the transaction id as a number."""
        return {"info": income_type, "tranId": int(income.id)}

    def account_fields(self, ledger: Ledger) -> Mapping[str, object]:
        """Return the totals."""
        totals = ledger.totals(purse=self.purse)
        return {} if totals is None else _totals_row(totals)


def risk_fields_with_settings(figures: PositionFigures) -> dict[str, object]:
    """Return the fields that rows of the positions have where there is no read of settings beside them."""
    return {
        **setting_fields(figures),
        **worth_fields(figures),
        "maxNotionalValue": plain(figures.max_position),
    }


def leg_fields_with_settings(figures: PositionFigures) -> dict[str, object]:
    """Return the fields that legs of the account read have where there is no read of settings beside it."""
    return {
        **leg_margins(figures),
        "leverage": plain(figures.leverage),
        "isolated": figures.margin_type is MarginType.ISOLATED,
        "entryPrice": plain(figures.entry_price),
        "maxNotional": plain(figures.max_position),
    }


def _totals_row(totals: Totals) -> Mapping[str, object]:
    """Return the totals of the account read."""
    return {
        "totalInitialMargin": amount(totals.initial_margin),
        "totalMaintMargin": amount(totals.maintenance_margin),
        "totalWalletBalance": amount(totals.wallet),
        "totalUnrealizedProfit": amount(totals.unrealized_pnl),
        "totalMarginBalance": amount(totals.equity),
        "totalPositionInitialMargin": amount(totals.position_initial_margin),
        "totalOpenOrderInitialMargin": amount(totals.open_order_initial_margin),
        "totalCrossWalletBalance": amount(totals.cross_wallet),
        "totalCrossUnPnl": amount(totals.cross_unrealized_pnl),
        "availableBalance": amount(totals.available),
        "maxWithdrawAmount": amount(totals.withdrawable),
    }
