"""The account class: a list of parts."""

from __future__ import annotations

from venuekit_bybit_inverse.account_info import BybitAccountInfo
from venuekit_bybit_inverse.balances import BybitBalances
from venuekit_bybit_inverse.brackets import BybitBrackets
from venuekit_bybit_inverse.instruments import BybitInstruments
from venuekit_bybit_inverse.leverage import BybitLeverage
from venuekit_bybit_inverse.margin_type import BybitMarginType
from venuekit_bybit_inverse.position_mode import BybitPositionMode
from venuekit_bybit_inverse.positions import BybitPositions
from venuekit_bybit_inverse.settings import BybitSettings

__all__ = ["BybitInverseAccount"]


class BybitInverseAccount(
    BybitAccountInfo,
    BybitBalances,
    BybitPositions,
    BybitLeverage,
    BybitMarginType,
    BybitPositionMode,
    BybitBrackets,
    BybitInstruments,
    BybitSettings,
):
    """A unified account 2.0 of Bybit, as far as inverse contracts are concerned."""

    __slots__ = ()
