"""The account: the same parts, with the endpoints of this venue."""

from __future__ import annotations

from venuekit.capabilities import Unit
from venuekit_binance_common.orders.batches import BinanceOrderBatches
from venuekit_binance_common.orders.countdown import BinanceCountdown
from venuekit_binance_common.orders.fills import BinanceFills
from venuekit_binance_common.positions.adl import BinanceAdl
from venuekit_binance_common.positions.margin import BinancePositionMargin
from venuekit_binance_common.positions.margin_history import BinanceMarginHistory
from venuekit_binance_common.settings.leverage import BinanceLeverage
from venuekit_binance_common.settings.margin_type import BinanceMarginType
from venuekit_binance_common.settings.position_mode import BinancePositionMode
from venuekit_binance_common.symbols.brackets import BinanceBrackets
from venuekit_binance_common.symbols.fees import BinanceFees
from venuekit_binance_common.symbols.instruments import BinanceInstruments, BinanceServerTime
from venuekit_binance_common.symbols.mark_price import BinanceMarkPrice
from venuekit_binance_common.wallet.balances import BinanceBalances
from venuekit_binance_common.wallet.income import BinanceIncome
from venuekit_binance_usdm import endpoints as usdm
from venuekit_binance_usdm.asset_mode import BinanceAssetMode
from venuekit_binance_usdm.aster import endpoints
from venuekit_binance_usdm.aster.account_info import AsterAccountInfo
from venuekit_binance_usdm.aster.settings import AsterSettings
from venuekit_binance_usdm.history_limits import INCOME_LIMIT, MARGIN_LIMIT
from venuekit_binance_usdm.order_terms import ORDER_SIZE

__all__ = ["AsterUsdmAccount"]


class AsterUsdmAccount(
    BinanceBalances,
    AsterAccountInfo,
    BinanceLeverage,
    BinanceMarginType,
    BinancePositionMode,
    BinanceAssetMode,
    BinanceBrackets,
    BinanceInstruments,
    BinanceServerTime,
    AsterSettings,
    BinanceMarkPrice,
    BinanceFees,
    BinanceAdl,
    BinanceIncome,
    BinanceMarginHistory,
    BinancePositionMargin,
    BinanceOrderBatches,
    BinanceFills,
    BinanceCountdown,
):
    """An account of Aster futures."""

    __slots__ = ()

    ACCOUNT = endpoints.ACCOUNT
    ADL = usdm.ADL
    ASSET_MODE = endpoints.ASSET_MODE
    BALANCE = endpoints.BALANCE
    BRACKETS = usdm.BRACKETS
    BRACKET_UNIT = Unit.QUOTE
    COMMISSION = usdm.COMMISSION
    CONTRACTS = endpoints.CONTRACTS
    EXCHANGE_INFO = endpoints.EXCHANGE_INFO
    INCOME = endpoints.INCOME
    INCOME_LIMIT = INCOME_LIMIT
    LARGEST_UNIT = Unit.QUOTE
    MARGIN_HISTORY = usdm.MARGIN_HISTORY
    MARGIN_LIMIT = MARGIN_LIMIT
    MARK_PRICE = usdm.MARK_PRICE
    OPEN_ORDERS = endpoints.OPEN_ORDERS
    ORDERS = endpoints.ORDERS
    ORDER_SIZE = ORDER_SIZE
    POSITION_MARGIN = endpoints.POSITION_MARGIN
    POSITION_MODE = endpoints.POSITION_MODE
    POSITION_RISK = endpoints.POSITION_RISK
    READ_ASSET_MODE = endpoints.ASSET_MODE
    READ_POSITION_MODE = endpoints.POSITION_MODE
    READ_SYMBOL = endpoints.READ_SYMBOL
    SERVER_TIME = usdm.SERVER_TIME
    SET_ASSET_MODE = endpoints.SET_ASSET_MODE
    SET_LEVERAGE = endpoints.SET_LEVERAGE
    SET_MARGIN_TYPE = endpoints.SET_MARGIN_TYPE
    SET_POSITION_MODE = endpoints.SET_POSITION_MODE
