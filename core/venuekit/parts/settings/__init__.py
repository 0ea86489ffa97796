"""Settings: setter, reader, read-back and snapshot, from one function of a venue's row."""

from __future__ import annotations

from venuekit.parts.settings.controls import (
    AccountAssetMode,
    AccountMarginType,
    AccountMarginTypeEndpoints,
    AccountPositionMode,
    AssetModeEndpoints,
    LeverageEndpoints,
    PositionModeEndpoints,
    SymbolEndpoints,
    SymbolLeverage,
    SymbolMarginType,
)
from venuekit.parts.settings.joint import JointLens
from venuekit.parts.settings.lens import AccountLens, RowSettings, SymbolLens
from venuekit.parts.settings.of_positions import PositionSettings, position_lens, settings_of
from venuekit.parts.settings.risk_limit import RiskLimitPart, RiskLimitRoute
from venuekit.parts.settings.snapshot import AccountSettings, LeverageTier, SettingsDraft, SettingsSource

__all__ = [
    "AccountAssetMode",
    "AccountLens",
    "AccountMarginType",
    "AccountMarginTypeEndpoints",
    "AccountPositionMode",
    "AccountSettings",
    "AssetModeEndpoints",
    "JointLens",
    "LeverageEndpoints",
    "LeverageTier",
    "PositionModeEndpoints",
    "PositionSettings",
    "RiskLimitPart",
    "RiskLimitRoute",
    "RowSettings",
    "SettingsDraft",
    "SettingsSource",
    "SymbolEndpoints",
    "SymbolLens",
    "SymbolLeverage",
    "SymbolMarginType",
    "position_lens",
    "settings_of",
]
