"""The account: the same parts, with the endpoints of this venue."""

from __future__ import annotations

from venuekit.capabilities import Unit
from venuekit.parts.orders import CountdownPart, OrderBatchPart
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
from venuekit_binance_common.orders.history import BinanceFills, BinanceOrders
from venuekit_binance_common.orders.routes import countdown_route, order_routes
from venuekit_binance_common.positions.margin import BinanceMarginHistory, BinancePositionMargin, margin_history
from venuekit_binance_common.wallet import BinanceBalances, BinanceIncome, income_history
from venuekit_binance_usdm.aster.account_info import AsterAccountInfo
from venuekit_binance_usdm.aster.endpoints import ASTER
from venuekit_binance_usdm.aster.settings import AsterSettings
from venuekit_binance_usdm.terms import INCOME_RETENTION, MARGIN_RETENTION, ORDER_SIZE


class AsterUsdmAccount(
    BinanceBalances,
    AsterAccountInfo,
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
    BinanceOrders,
    OrderBatchPart,
    BinanceFills,
    CountdownPart,
):
    """An account of Aster futures."""

    __slots__ = ()

    endpoints = ASTER
    settings_source = AsterSettings()
    BRACKET_UNIT = Unit.QUOTE
    CONTRACTS = contracts_endpoint(ASTER.EXCHANGE_INFO)
    COUNTDOWN = countdown_route(ASTER.ORDERS)
    INCOME_HISTORY = income_history(ASTER.INCOME, INCOME_RETENTION)
    MARGIN_HISTORY = margin_history(ASTER.MARGIN_HISTORY, MARGIN_RETENTION)
    ORDERS = ASTER.ORDERS
    ORDER_ROUTES = order_routes(ASTER.ORDERS, CONTRACTS, ORDER_SIZE)
