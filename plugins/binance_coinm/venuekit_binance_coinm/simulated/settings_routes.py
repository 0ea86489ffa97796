"""What changes settings."""

from __future__ import annotations

from venuekit_binance_coinm import endpoints
from venuekit_binance_common.simulated.settings_routes import SettingsRoutes

__all__ = ["CoinmSettingsRoutes"]


class CoinmSettingsRoutes(SettingsRoutes):
    """The largest position is a quantity of the base asset."""

    SET_LEVERAGE = endpoints.SET_LEVERAGE
    SET_MARGIN_TYPE = endpoints.SET_MARGIN_TYPE
    SET_POSITION_MODE = endpoints.SET_POSITION_MODE
    POSITION_MODE = endpoints.POSITION_MODE
    LARGEST = "maxQty"
