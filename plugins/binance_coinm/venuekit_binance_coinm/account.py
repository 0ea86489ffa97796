"""The account: a list of parts, each one capability, and the endpoints they use."""

from __future__ import annotations

from venuekit.capabilities import Unit
from venuekit_binance_coinm import endpoints
from venuekit_binance_coinm.account_info import BinanceCoinmAccountInfo
from venuekit_binance_coinm.brackets import BinanceCoinmBrackets
from venuekit_binance_coinm.history_limits import INCOME_LIMIT, MARGIN_LIMIT
from venuekit_binance_coinm.order_terms import ORDER_SIZE
from venuekit_binance_coinm.settings import BinanceCoinmSettings
from venuekit_binance_common.orders.amendments import BinanceOrderAmend
from venuekit_binance_common.orders.countdown import BinanceCountdown
from venuekit_binance_common.orders.fills import BinanceFills
from venuekit_binance_common.positions.adl import BinanceAdl
from venuekit_binance_common.positions.margin import BinancePositionMargin
from venuekit_binance_common.positions.margin_history import BinanceMarginHistory
from venuekit_binance_common.settings.leverage import BinanceLeverage
from venuekit_binance_common.settings.margin_type import BinanceMarginType
from venuekit_binance_common.settings.position_mode import BinancePositionMode
from venuekit_binance_common.symbols.fees import BinanceFees
from venuekit_binance_common.symbols.instruments import BinanceInstruments, BinanceServerTime
from venuekit_binance_common.symbols.mark_price import BinanceMarkPrice
from venuekit_binance_common.wallet.balances import BinanceBalances
from venuekit_binance_common.wallet.income import BinanceIncome

__all__ = ["BinanceCoinmAccount"]


class BinanceCoinmAccount(
    BinanceBalances,
    BinanceCoinmAccountInfo,
    BinanceLeverage,
    BinanceMarginType,
    BinancePositionMode,
    BinanceCoinmBrackets,
    BinanceInstruments,
    BinanceServerTime,
    BinanceCoinmSettings,
    BinanceMarkPrice,
    BinanceFees,
    BinanceAdl,
    BinanceIncome,
    BinanceMarginHistory,
    BinancePositionMargin,
    BinanceOrderAmend,
    BinanceFills,
    BinanceCountdown,
):
    """An account of COIN-M futures."""

    __slots__ = ()

    ACCOUNT = endpoints.ACCOUNT
    BALANCE = endpoints.BALANCE
    BRACKETS = endpoints.BRACKETS
    BRACKET_UNIT = Unit.BASE
    CONTRACTS = endpoints.CONTRACTS
    EXCHANGE_INFO = endpoints.EXCHANGE_INFO
    INCOME = endpoints.INCOME
    INCOME_LIMIT = INCOME_LIMIT
    MARGIN_HISTORY = endpoints.MARGIN_HISTORY
    MARGIN_LIMIT = MARGIN_LIMIT
    MARK_PRICE = endpoints.MARK_PRICE
    POSITION_MARGIN = endpoints.POSITION_MARGIN
    ADL = endpoints.ADL
    COMMISSION = endpoints.COMMISSION
    LARGEST_UNIT = Unit.BASE
    OPEN_ALGO_ORDERS = endpoints.OPEN_ALGO_ORDERS
    OPEN_ORDERS = endpoints.OPEN_ORDERS
    PAIR_BRACKETS = endpoints.PAIR_BRACKETS
    POSITION_MODE = endpoints.POSITION_MODE
    POSITION_RISK = endpoints.POSITION_RISK
    READ_POSITION_MODE = endpoints.POSITION_MODE
    READ_SYMBOL = endpoints.READ_SYMBOL
    ORDERS = endpoints.ORDERS
    ORDER_SIZE = ORDER_SIZE
    SERVER_TIME = endpoints.SERVER_TIME
    SET_LEVERAGE = endpoints.SET_LEVERAGE
    SET_MARGIN_TYPE = endpoints.SET_MARGIN_TYPE
    SET_POSITION_MODE = endpoints.SET_POSITION_MODE
