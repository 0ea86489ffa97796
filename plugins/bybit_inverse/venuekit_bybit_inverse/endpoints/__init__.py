"""Every endpoint of Bybit that this venue reads or writes, declared once."""

from __future__ import annotations

from venuekit_bybit_inverse.endpoints.account import AccountEndpoints
from venuekit_bybit_inverse.endpoints.history import HistoryEndpoints
from venuekit_bybit_inverse.endpoints.margin import MarginEndpoints
from venuekit_bybit_inverse.endpoints.market import MarketEndpoints
from venuekit_bybit_inverse.endpoints.order_reads import OrderReadEndpoints
from venuekit_bybit_inverse.endpoints.orders import CLIENT_ID_PATTERN, OrderWriteEndpoints
from venuekit_bybit_inverse.endpoints.partial_stop import PartialStopEndpoints
from venuekit_bybit_inverse.endpoints.positions import PositionEndpoints
from venuekit_bybit_inverse.endpoints.protection import ProtectionEndpoints
from venuekit_bybit_inverse.endpoints.settings import SettingEndpoints
from venuekit_bybit_inverse.endpoints.trading_stop import TradingStopEndpoints
from venuekit_bybit_inverse.wire import CATEGORY

__all__ = ["BYBIT", "CATEGORY", "CLIENT_ID_PATTERN", "BybitEndpoints"]


class BybitEndpoints(
    MarketEndpoints,
    AccountEndpoints,
    PositionEndpoints,
    SettingEndpoints,
    MarginEndpoints,
    HistoryEndpoints,
    OrderReadEndpoints,
    OrderWriteEndpoints,
    ProtectionEndpoints,
    TradingStopEndpoints,
    PartialStopEndpoints,
):
    """The endpoints of the venue; one body per subject."""


BYBIT = BybitEndpoints()
