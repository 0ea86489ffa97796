"""What changes settings."""

from __future__ import annotations

from venuekit_binance_coinm.endpoints import COINM
from venuekit_binance_common.simulated.settings_routes import SettingsRoutes

__all__ = ["CoinmSettingsRoutes"]


class CoinmSettingsRoutes(SettingsRoutes):
    """The largest position is a quantity of the base asset."""

    endpoints = COINM
    LARGEST = "maxQty"
