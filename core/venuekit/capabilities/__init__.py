"""Capabilities: what an account can do, one abstract class per subject, beside the values it speaks in."""

from __future__ import annotations

from venuekit.capabilities._capability import Capability, Support, SupportState, capability_of
from venuekit.capabilities.account_info import AccountInfo, AccountKind, AccountReader, Collateral
from venuekit.capabilities.asset_mode import AssetMode, AssetModeControl, AssetModeReader, AssetModeSetting
from venuekit.capabilities.balances import Balance, BalanceReader
from venuekit.capabilities.brackets import Bracket, BracketReader
from venuekit.capabilities.instruments import (
    Instrument,
    InstrumentKind,
    InstrumentReader,
    InstrumentStatus,
    ServerTime,
)
from venuekit.capabilities.leverage import (
    LeverageBehaviour,
    LeverageControl,
    LeverageReader,
    LeverageScope,
    LeverageSetting,
)
from venuekit.capabilities.margin_type import (
    MarginType,
    MarginTypeBehaviour,
    MarginTypeControl,
    MarginTypeReader,
    MarginTypeScope,
    MarginTypeSetting,
)
from venuekit.capabilities.open_enum import OpenEnum
from venuekit.capabilities.position_mode import (
    PositionMode,
    PositionModeBehaviour,
    PositionModeControl,
    PositionModeReader,
    PositionModeScope,
    PositionModeSetting,
)
from venuekit.capabilities.position_side import PositionSide
from venuekit.capabilities.positions import Position, PositionBehaviour, PositionReader, PositionState
from venuekit.capabilities.settings import Setting, SettingsReader, SettingsSnapshot, SymbolSettings
from venuekit.capabilities.unit import Unit

__all__ = [
    "AccountInfo",
    "AccountKind",
    "AccountReader",
    "AssetMode",
    "AssetModeControl",
    "AssetModeReader",
    "AssetModeSetting",
    "Balance",
    "BalanceReader",
    "Bracket",
    "BracketReader",
    "Capability",
    "Collateral",
    "Instrument",
    "InstrumentKind",
    "InstrumentReader",
    "InstrumentStatus",
    "LeverageBehaviour",
    "LeverageControl",
    "LeverageReader",
    "LeverageScope",
    "LeverageSetting",
    "MarginType",
    "MarginTypeBehaviour",
    "MarginTypeControl",
    "MarginTypeReader",
    "MarginTypeScope",
    "MarginTypeSetting",
    "OpenEnum",
    "Position",
    "PositionBehaviour",
    "PositionMode",
    "PositionModeBehaviour",
    "PositionModeControl",
    "PositionModeReader",
    "PositionModeScope",
    "PositionModeSetting",
    "PositionReader",
    "PositionSide",
    "PositionState",
    "ServerTime",
    "Setting",
    "SettingsReader",
    "SettingsSnapshot",
    "Support",
    "SupportState",
    "SymbolSettings",
    "Unit",
    "capability_of",
]
