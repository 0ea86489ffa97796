"""The account: a list of parts, each one capability, and the endpoints they use."""

from __future__ import annotations

from datetime import timedelta

from venuekit.capabilities import Unit
from venuekit.parts.orders import CountdownPart, OrderAmendPart, OrderBatchPart
from venuekit.parts.settings.controls import AccountPositionMode, SymbolLeverage, SymbolMarginType
from venuekit.parts.settings.snapshot import AccountSettings
from venuekit_binance_coinm.account_info import BinanceCoinmAccountInfo
from venuekit_binance_coinm.brackets import BinanceCoinmBrackets
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.settings import CoinmSettings
from venuekit_binance_coinm.terms import ORDER_SIZE, RETENTION
from venuekit_binance_common.market import (
    BinanceAdl,
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


class BinanceCoinmAccount(
    BinanceBalances,
    BinanceCoinmAccountInfo,
    SymbolLeverage,
    SymbolMarginType,
    AccountPositionMode,
    BinanceCoinmBrackets,
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
    OrderAmendPart,
    BinanceFills,
    CountdownPart,
):
    """An account of COIN-M futures."""

    __slots__ = ()

    endpoints = COINM
    settings_source = CoinmSettings()
    BRACKET_UNIT = Unit.BASE
    CONTRACTS = contracts_endpoint(COINM.EXCHANGE_INFO)
    COUNTDOWN = countdown_route(COINM.ORDERS)
    INCOME_HISTORY = income_history(COINM.INCOME, RETENTION, width=timedelta(days=365))
    # how wide a window may be is not documented here: as wide as on the other product
    MARGIN_HISTORY = margin_history(COINM.MARGIN_HISTORY, RETENTION)
    ORDERS = COINM.ORDERS
    ORDER_ROUTES = order_routes(COINM.ORDERS, CONTRACTS, ORDER_SIZE)
