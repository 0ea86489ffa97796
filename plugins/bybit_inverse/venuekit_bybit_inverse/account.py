"""The account class: a list of parts."""

from __future__ import annotations

from venuekit.parts.settings.controls import AccountMarginType
from venuekit.parts.settings.snapshot import AccountSettings
from venuekit_bybit_inverse.account_info import BybitAccountInfo, BybitBalances
from venuekit_bybit_inverse.api_key import BybitApiKey
from venuekit_bybit_inverse.brackets import BybitBrackets
from venuekit_bybit_inverse.closed_pnl import BybitClosedPnl
from venuekit_bybit_inverse.conversions import BybitConversions
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.fills import BybitFills
from venuekit_bybit_inverse.income import BybitIncome
from venuekit_bybit_inverse.instruments import BybitFees, BybitInstruments
from venuekit_bybit_inverse.leverage import BybitLeverage
from venuekit_bybit_inverse.order_history import BybitOrders
from venuekit_bybit_inverse.position_margin import BybitPositionMargin
from venuekit_bybit_inverse.position_mode import BybitPositionMode
from venuekit_bybit_inverse.positions import BybitAdl, BybitPositions
from venuekit_bybit_inverse.settings import BybitSettings
from venuekit_bybit_inverse.tpsl_mode import BybitTpSlMode
from venuekit_bybit_inverse.withdrawals import BybitWithdrawals


class BybitInverseAccount(
    BybitAccountInfo,
    BybitBalances,
    BybitPositions,
    BybitLeverage,
    AccountMarginType,
    BybitPositionMode,
    BybitBrackets,
    BybitInstruments,
    AccountSettings,
    BybitPositionMargin,
    BybitTpSlMode,
    BybitFees,
    BybitAdl,
    BybitApiKey,
    BybitIncome,
    BybitClosedPnl,
    BybitWithdrawals,
    BybitConversions,
    BybitOrders,
    BybitFills,
):
    """A unified account 2.0 of Bybit, as far as inverse contracts are concerned."""

    __slots__ = ()

    endpoints = BYBIT
    settings_source = BybitSettings()
