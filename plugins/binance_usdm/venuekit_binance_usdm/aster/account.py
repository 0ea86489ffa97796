"""The account: the same parts, with the endpoints of this venue."""

from __future__ import annotations

from venuekit.capabilities import Unit
from venuekit.parts.settings.controls import AccountAssetMode
from venuekit_binance_common.account import BinanceAccount
from venuekit_binance_common.market import (
    contracts_endpoint,
)
from venuekit_binance_common.orders.routes import countdown_route, order_routes
from venuekit_binance_common.positions.margin import margin_history
from venuekit_binance_common.wallet import income_history
from venuekit_binance_usdm.aster.account_info import AsterAccountInfo
from venuekit_binance_usdm.aster.endpoints import ASTER
from venuekit_binance_usdm.aster.settings import AsterSettings
from venuekit_binance_usdm.terms import INCOME_RETENTION, MARGIN_RETENTION, ORDER_SIZE


class AsterUsdmAccount(AsterAccountInfo, AccountAssetMode, BinanceAccount):
    """An account of Aster futures."""

    __slots__ = ()

    endpoints = ASTER
    settings_source = AsterSettings()
    BRACKET_UNIT = Unit.QUOTE
    CONTRACTS = contracts_endpoint(ASTER.EXCHANGE_INFO)
    COUNTDOWN = countdown_route(ASTER.ORDERS)
    INCOME_HISTORY = income_history(ASTER.INCOME, INCOME_RETENTION)
    MARGIN_HISTORY = margin_history(ASTER.MARGIN_HISTORY, MARGIN_RETENTION)
    ORDER_ROUTES = order_routes(ASTER.ORDERS, CONTRACTS, ORDER_SIZE)
