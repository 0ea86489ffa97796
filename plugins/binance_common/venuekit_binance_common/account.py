"""The account of the family: the parts that every product has, each one capability or several."""

from __future__ import annotations

from typing import ClassVar

from venuekit.parts.closing import PositionClosePart
from venuekit.parts.dead_man import CountdownSwitchPart
from venuekit.parts.orders import OrderBatchPart
from venuekit.parts.settings.controls import AccountPositionMode, SymbolLeverage, SymbolMarginType
from venuekit.parts.settings.snapshot import AccountSettings
from venuekit.parts.user_streams import StreamedEvents, StreamedListenKey
from venuekit_binance_common.endpoints import BinanceEndpoints
from venuekit_binance_common.market import BinanceMarket
from venuekit_binance_common.market_history import BinanceMarketHistory
from venuekit_binance_common.orders.history import BinanceOrders
from venuekit_binance_common.positions.margin import BinanceMargin
from venuekit_binance_common.prices import BinancePrices
from venuekit_binance_common.wallet import BinanceWallet


class BinanceAccount(
    BinanceMarket,
    BinancePrices,
    BinanceMarketHistory,
    BinanceWallet,
    BinanceMargin,
    BinanceOrders,
    PositionClosePart,
    OrderBatchPart,
    CountdownSwitchPart,
    SymbolLeverage,
    SymbolMarginType,
    AccountPositionMode,
    AccountSettings,
    StreamedEvents,
    StreamedListenKey,
):
    """A product adds the read of its positions, what it alone can do, and the values that its parts name."""

    __slots__ = ()

    endpoints: ClassVar[BinanceEndpoints]
