"""Settings: setter, reader, read-back and snapshot, from one function of a venue's row."""

from __future__ import annotations

from venuekit.parts.settings.account_controls import (
    AccountAssetMode,
    AccountMarginType,
    AccountMarginTypeEndpoints,
    AccountPositionMode,
    AssetModeEndpoints,
    PositionModeEndpoints,
)
from venuekit.parts.settings.draft import SettingsDraft
from venuekit.parts.settings.lens import AccountLens, SymbolLens, SymbolState
from venuekit.parts.settings.reader import AccountSettings, SettingsSource, Tier
from venuekit.parts.settings.symbol_controls import (
    LeverageEndpoints,
    MarginTypeEndpoints,
    SymbolLeverage,
    SymbolMarginType,
)

__all__ = [
    "AccountAssetMode",
    "AccountLens",
    "AccountMarginType",
    "AccountMarginTypeEndpoints",
    "AccountPositionMode",
    "AccountSettings",
    "AssetModeEndpoints",
    "LeverageEndpoints",
    "MarginTypeEndpoints",
    "PositionModeEndpoints",
    "SettingsDraft",
    "SettingsSource",
    "SymbolLens",
    "SymbolLeverage",
    "SymbolMarginType",
    "SymbolState",
    "Tier",
]
