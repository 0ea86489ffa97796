"""The account: a list of parts, each one capability, and the endpoints they use."""

from __future__ import annotations

from venuekit.capabilities import Unit
from venuekit.parts.orders import OrderAmendPart
from venuekit.parts.settings.controls import AccountAssetMode
from venuekit_binance_common.account import BinanceAccount
from venuekit_binance_common.market import (
    contracts_endpoint,
)
from venuekit_binance_common.orders.history import BinanceOrderTest
from venuekit_binance_common.orders.routes import countdown_route, order_routes
from venuekit_binance_common.positions.margin import margin_history
from venuekit_binance_common.wallet import income_history
from venuekit_binance_usdm.account_info import BinanceAccountInfo
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.settings import UsdmSettings
from venuekit_binance_usdm.terms import INCOME_RETENTION, MARGIN_RETENTION, ORDER_SIZE


class BinanceUsdmAccount(BinanceAccountInfo, AccountAssetMode, BinanceOrderTest, OrderAmendPart, BinanceAccount):
    """An account of USDⓈ-M futures."""

    __slots__ = ()

    endpoints = USDM
    settings_source = UsdmSettings()
    BRACKET_UNIT = Unit.QUOTE
    CONTRACTS = contracts_endpoint(USDM.EXCHANGE_INFO)
    COUNTDOWN = countdown_route(USDM.ORDERS)
    INCOME_HISTORY = income_history(USDM.INCOME, INCOME_RETENTION)
    MARGIN_HISTORY = margin_history(USDM.MARGIN_HISTORY, MARGIN_RETENTION)
    ORDER_ROUTES = order_routes(USDM.ORDERS, CONTRACTS, ORDER_SIZE)
