"""The account: a list of parts, each one capability, and the endpoints they use."""

from __future__ import annotations

from datetime import timedelta

from venuekit.capabilities import Unit
from venuekit.parts.orders import OrderAmendPart
from venuekit_binance_coinm.account_info import BinanceCoinmAccountInfo
from venuekit_binance_coinm.brackets import BinanceCoinmBrackets
from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_coinm.settings import CoinmSettings
from venuekit_binance_coinm.terms import ORDER_SIZE, RETENTION
from venuekit_binance_common.account import BinanceAccount
from venuekit_binance_common.market import (
    contracts_endpoint,
)
from venuekit_binance_common.orders.routes import countdown_route, order_routes
from venuekit_binance_common.positions.margin import margin_history
from venuekit_binance_common.wallet import income_history


class BinanceCoinmAccount(BinanceCoinmAccountInfo, BinanceCoinmBrackets, OrderAmendPart, BinanceAccount):
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
    ORDER_ROUTES = order_routes(COINM.ORDERS, CONTRACTS, ORDER_SIZE)
