"""The account: a list of parts, each one capability, and the endpoints they use."""

from __future__ import annotations

from venuekit.capabilities import Unit
from venuekit.parts.orders import CountdownPart, OrderAmendPart, OrderBatchPart
from venuekit.parts.settings.controls import AccountAssetMode, AccountPositionMode, SymbolLeverage, SymbolMarginType
from venuekit.parts.settings.snapshot import AccountSettings
from venuekit_binance_common.market import (
    BinanceAdl,
    BinanceBrackets,
    BinanceFees,
    BinanceInstruments,
    BinanceMarkPrice,
    BinanceServerTime,
    contracts_endpoint,
)
from venuekit_binance_common.orders.history import BinanceFills, BinanceOrderTest
from venuekit_binance_common.orders.routes import countdown_route, order_routes
from venuekit_binance_common.positions.margin import BinanceMarginHistory, BinancePositionMargin, margin_history
from venuekit_binance_common.wallet import BinanceBalances, BinanceIncome, income_history
from venuekit_binance_usdm.account_info import BinanceAccountInfo
from venuekit_binance_usdm.endpoints import USDM
from venuekit_binance_usdm.settings import UsdmSettings
from venuekit_binance_usdm.terms import INCOME_RETENTION, MARGIN_RETENTION, ORDER_SIZE


class BinanceUsdmAccount(
    BinanceBalances,
    BinanceAccountInfo,
    SymbolLeverage,
    SymbolMarginType,
    AccountPositionMode,
    AccountAssetMode,
    BinanceBrackets,
    BinanceInstruments,
    BinanceServerTime,
    AccountSettings,
    BinanceMarkPrice,
    BinanceFees,
    BinanceAdl,
    BinanceIncome,
    BinanceMarginHistory,
    BinancePositionMargin,
    BinanceOrderTest,
    OrderBatchPart,
    OrderAmendPart,
    BinanceFills,
    CountdownPart,
):
    """An account of USDⓈ-M futures."""

    __slots__ = ()

    endpoints = USDM
    settings_source = UsdmSettings()
    BRACKET_UNIT = Unit.QUOTE
    CONTRACTS = contracts_endpoint(USDM.EXCHANGE_INFO)
    COUNTDOWN = countdown_route(USDM.ORDERS)
    INCOME_HISTORY = income_history(USDM.INCOME, INCOME_RETENTION)
    MARGIN_HISTORY = margin_history(USDM.MARGIN_HISTORY, MARGIN_RETENTION)
    ORDERS = USDM.ORDERS
    ORDER_ROUTES = order_routes(USDM.ORDERS, CONTRACTS, ORDER_SIZE)
