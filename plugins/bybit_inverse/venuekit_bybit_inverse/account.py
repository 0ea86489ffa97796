"""The account class: a list of parts."""

from __future__ import annotations

from venuekit.parts.closing import PositionClosePart
from venuekit.parts.settings.controls import AccountMarginType
from venuekit.parts.settings.snapshot import AccountSettings
from venuekit.parts.user_streams import StreamedEvents
from venuekit_bybit_inverse.account_info import BybitAccountInfo, BybitAccountMode, BybitApiKey
from venuekit_bybit_inverse.balances import BybitBalances
from venuekit_bybit_inverse.closed_pnl import BybitClosedPnl
from venuekit_bybit_inverse.conversions import BybitConversions
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.income import BybitIncome
from venuekit_bybit_inverse.instruments import BybitBrackets, BybitFees, BybitInstruments, BybitPrices
from venuekit_bybit_inverse.market_history import BybitMarketHistory
from venuekit_bybit_inverse.order_history import BybitFills, BybitOrders
from venuekit_bybit_inverse.partial_stop import BybitPartialStop
from venuekit_bybit_inverse.positions import BybitAdl, BybitPositions
from venuekit_bybit_inverse.protection import BybitProtection
from venuekit_bybit_inverse.settings import BybitSettings
from venuekit_bybit_inverse.symbol_controls import BybitLeverage, BybitPositionMargin, BybitPositionMode, BybitTpSlMode
from venuekit_bybit_inverse.trading_stop import BybitTradingStop
from venuekit_bybit_inverse.withdrawals import BybitWithdrawals


class BybitInverseAccount(
    BybitAccountInfo,
    BybitAccountMode,
    BybitBalances,
    BybitPositions,
    BybitLeverage,
    AccountMarginType,
    BybitPositionMode,
    BybitBrackets,
    BybitInstruments,
    BybitPrices,
    BybitMarketHistory,
    AccountSettings,
    BybitPositionMargin,
    BybitTpSlMode,
    BybitTradingStop,
    BybitPartialStop,
    BybitFees,
    BybitAdl,
    BybitApiKey,
    BybitIncome,
    BybitClosedPnl,
    BybitWithdrawals,
    BybitConversions,
    BybitOrders,
    BybitFills,
    PositionClosePart,
    StreamedEvents,
    BybitProtection,
):
    """A unified account 2.0 of Bybit, as far as inverse contracts are concerned."""

    __slots__ = ()

    endpoints = BYBIT
    settings_source = BybitSettings()
