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
from venuekit.parts.settings.lens import AccountLens, RowSettings, SymbolLens
from venuekit.parts.settings.reader import AccountSettings, LeverageTier, SettingsSource
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
    "LeverageTier",
    "MarginTypeEndpoints",
    "PositionModeEndpoints",
    "RowSettings",
    "SettingsDraft",
    "SettingsSource",
    "SymbolLens",
    "SymbolLeverage",
    "SymbolMarginType",
]
