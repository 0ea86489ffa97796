"""The simulated venue: its contracts, and its own rows of positions, orders and settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from venuekit.capabilities import AssetMode, MarginType, PositionMode
from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, Market, SimRequest, Visit, json_response
from venuekit.simulator.ledger import Contract, Ledger, LedgerOrder, PositionFigures
from venuekit_binance_common.simulated.account_routes import (
    ACCOUNT_FLAGS,
    leg_margins,
    worth_fields,
)
from venuekit_binance_common.simulated.amendment_routes import AmendmentRoutes
from venuekit_binance_common.simulated.formatting import amount, amount_or_zero, milliseconds, plain
from venuekit_binance_common.simulated.market_routes import adl_rank
from venuekit_binance_common.simulated.order_rows import matching_fields
from venuekit_binance_common.simulated.portfolio_routes import PortfolioRoutes, portfolio_margin
from venuekit_binance_common.simulated.socket_api import methods_of
from venuekit_binance_common.simulated.stream_routes import StreamRoutes
from venuekit_binance_common.simulated.stream_terms import StreamTerms
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.simulated.account_v2 import TRADE_GROUP, AccountV2Routes
from venuekit_binance_usdm.simulated.contracts import CONTRACTS, make_contract
from venuekit_binance_usdm.simulated.fee_routes import FeeBurnRoutes
from venuekit_binance_usdm.simulated.quote_routes import UsdmQuoteRoutes
from venuekit_binance_usdm.simulated.status_routes import StatusRoutes
from venuekit_binance_usdm.simulated.unserved import UNSERVED
from venuekit_binance_usdm.simulated.usd_margined import SCENARIOS

_RETIRED = "GET /fapi/v1/positionRisk is retired, please use GET /fapi/v2/positionRisk"
#: the rate of retail price improvement orders, as a share of the maker's rate
_RPI_SHARE = Decimal("0.25")


class SimulatedUsdm(
    PortfolioRoutes, UsdmQuoteRoutes, AmendmentRoutes, AccountV2Routes, FeeBurnRoutes, StatusRoutes, StreamRoutes
):
    """USDⓈ-M futures."""

    endpoints = USDM
    stream = USDM.STREAM
    stream_terms = StreamTerms(
        root="/private",
        has_funding_symbol=True,
        has_trade_lite=True,
        has_asset_mode=True,
        has_trigger_rejects=True,
    )
    websocket_api_path = "/ws-api"
    documented_api_path = "/ws-fapi/v1"
    socket_methods = methods_of(
        "/fapi/v1",
        {
            "account.balance": "/fapi/v2/balance",
            "account.status": "/fapi/v2/account",
            "account.position": "/fapi/v2/positionRisk",
            "v2/account.balance": "/fapi/v3/balance",
            "v2/account.status": "/fapi/v3/account",
            "v2/account.position": "/fapi/v3/positionRisk",
        },
        has_algo=True,
    )
    contracts = CONTRACTS
    scenarios = (*SCENARIOS, portfolio_margin(SCENARIOS[-1]))
    unserved = UNSERVED
    refused_to_portfolios = (
        *(USDM.POSITION_MODE, USDM.SET_POSITION_MODE, USDM.ASSET_MODE, USDM.SET_ASSET_MODE),
        *(USDM.SET_LEVERAGE, USDM.SET_MARGIN_TYPE, USDM.POSITION_MARGIN),
    )
    margin_row_fields = MappingProxyType({"deltaType": "USER_ADJUST"})
    refusals = MappingProxyType(
        {("GET", "/fapi/v1/positionRisk"): json_response({"code": -5000, "msg": _RETIRED}, status=400)}
    )

    def make_contract(self, market: Market, prices: Mapping[str, Decimal]) -> Contract:
        """Return a further contract, for a symbol such as SOLUSDT, SOLUSDC or SOLUSDT_270326."""
        return make_contract(market, prices)

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return the handler of each endpoint."""
        return {
            **super().handlers(),
            USDM.ACCOUNT_CONFIG: self.account_config,
            USDM.SYMBOL_CONFIG: self.symbol_config,
        }

    def account_config(self, _request: SimRequest, visit: Visit) -> object:
        """Return flags and modes."""
        return {
            **ACCOUNT_FLAGS,
            "dualSidePosition": visit.ledger.position_mode is PositionMode.HEDGE,
            "multiAssetsMargin": visit.ledger.asset_mode is AssetMode.MULTI,
            **TRADE_GROUP,
        }

    def symbol_config(self, request: SimRequest, visit: Visit) -> object:
        """Return one row per symbol, flat or not."""
        ledger = visit.ledger
        return [
            {
                "symbol": contract.symbol,
                "marginType": "ISOLATED" if ledger.margin_type(contract.symbol) is MarginType.ISOLATED else "CROSSED",
                "isAutoAddMargin": False,
                "leverage": int(ledger.leverage(contract.symbol)),
                "maxNotionalValue": plain(ledger.max_position(contract.symbol)),
            }
            for contract in self.contracts_of(request)
        ]

    def legs(self, ledger: Ledger, contracts: Iterable[Contract]) -> list[tuple[PositionFigures, Contract]]:
        """Return the legs with a position or an open order."""
        waiting = {(order.symbol, order.position_side) for order in ledger.open_orders()}
        return [
            (figures, contract)
            for figures, contract in super().legs(ledger, contracts)
            if figures.quantity or (figures.symbol, figures.side) in waiting
        ]

    def risk_row(self, figures: PositionFigures, contract: Contract) -> dict[str, object]:
        """Return a leg without leverage and margin type."""
        return {
            **super().risk_row(figures, contract),
            **worth_fields(figures),
            **leg_margins(figures),
            "isolatedMargin": amount_or_zero(figures.isolated_margin),
            "marginAsset": figures.settle,
            "adl": adl_rank(figures),
            "bidNotional": amount_or_zero(figures.bid_value),
            "askNotional": amount_or_zero(figures.ask_value),
        }

    def account_position(self, figures: PositionFigures, contract: Contract) -> dict[str, object]:
        """Return a leg without entry price, leverage and margin type."""
        return {
            **super().account_position(figures, contract),
            **worth_fields(figures),
            "isolatedMargin": amount(figures.isolated_margin or Decimal(0)),
            "initialMargin": amount_or_zero(figures.initial_margin),
            "maintMargin": amount_or_zero(figures.maintenance_margin),
        }

    def order_fields(self, order: LedgerOrder, contract: Contract) -> Mapping[str, object]:  # noqa: ARG002  (alike for all)
        """Return an order's worth in the quote asset, and its expiry."""
        return {
            **matching_fields(order),
            "cumQuote": plain(order.filled_value),
            "goodTillDate": milliseconds(order.expires_at),
        }

    def commission_row(self, contract: Contract) -> dict[str, object]:
        """Return the rates of a contract; there is a third one."""
        rpi = plain(contract.maker_fee * _RPI_SHARE)
        return {**super().commission_row(contract), "rpiCommissionRate": rpi}
