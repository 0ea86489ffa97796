"""Capabilities: one abstract class for each subject that an account may offer, beside its values."""

from __future__ import annotations

from venuekit.capabilities._capability import Capability, Support, SupportState, capability_of
from venuekit.capabilities.account_info import AccountInfo, AccountKind, AccountReader, Collateral
from venuekit.capabilities.adl import AdlQuantile, AdlReader
from venuekit.capabilities.api_key import ApiKey, ApiKeyReader
from venuekit.capabilities.asset_mode import AssetMode, AssetModeControl, AssetModeReader, AssetModeSetting
from venuekit.capabilities.balances import Balance, BalanceReader
from venuekit.capabilities.brackets import Bracket, BracketReader
from venuekit.capabilities.fees import CommissionRate, CommissionReader
from venuekit.capabilities.history import (
    ClosedPnl,
    ClosedPnlReader,
    Conversion,
    ConversionReader,
    HistoryBehaviour,
    Income,
    IncomeKind,
    IncomeReader,
    Withdrawal,
    WithdrawalReader,
    WithdrawalStatus,
)
from venuekit.capabilities.instruments import (
    Instrument,
    InstrumentKind,
    InstrumentReader,
    InstrumentStatus,
    MarkPrice,
    MarkPriceReader,
    ServerTimeReader,
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
from venuekit.capabilities.order_terms import (
    FillKind,
    OrderKind,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    WorkingPrice,
)
from venuekit.capabilities.order_values import Amendment, Fill, Order, OrderBehaviour, OrderRequest
from venuekit.capabilities.orders import (
    CountdownControl,
    FillReader,
    ForcedOrderReader,
    OrderAmendControl,
    OrderBatchControl,
    OrderControl,
    OrderReader,
    OrderTestControl,
)
from venuekit.capabilities.position_margin import MarginChange, MarginChangeReader, PositionMarginControl
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
from venuekit.capabilities.risk_limit import RiskLimitControl, RiskLimitSetting
from venuekit.capabilities.setting import Setting
from venuekit.capabilities.settings import SettingsReader, SettingsSnapshot, SymbolSettings
from venuekit.capabilities.tpsl_mode import TpSlMode, TpSlModeControl, TpSlModeSetting
from venuekit.capabilities.unit import Unit

__all__ = [
    "AccountInfo",
    "AccountKind",
    "AccountReader",
    "AdlQuantile",
    "AdlReader",
    "Amendment",
    "ApiKey",
    "ApiKeyReader",
    "AssetMode",
    "AssetModeControl",
    "AssetModeReader",
    "AssetModeSetting",
    "Balance",
    "BalanceReader",
    "Bracket",
    "BracketReader",
    "Capability",
    "ClosedPnl",
    "ClosedPnlReader",
    "Collateral",
    "CommissionRate",
    "CommissionReader",
    "Conversion",
    "ConversionReader",
    "CountdownControl",
    "Fill",
    "FillKind",
    "FillReader",
    "ForcedOrderReader",
    "HistoryBehaviour",
    "Income",
    "IncomeKind",
    "IncomeReader",
    "Instrument",
    "InstrumentKind",
    "InstrumentReader",
    "InstrumentStatus",
    "LeverageBehaviour",
    "LeverageControl",
    "LeverageReader",
    "LeverageScope",
    "LeverageSetting",
    "MarginChange",
    "MarginChangeReader",
    "MarginType",
    "MarginTypeBehaviour",
    "MarginTypeControl",
    "MarginTypeReader",
    "MarginTypeScope",
    "MarginTypeSetting",
    "MarkPrice",
    "MarkPriceReader",
    "OpenEnum",
    "Order",
    "OrderAmendControl",
    "OrderBatchControl",
    "OrderBehaviour",
    "OrderControl",
    "OrderKind",
    "OrderReader",
    "OrderRequest",
    "OrderSide",
    "OrderStatus",
    "OrderTestControl",
    "OrderType",
    "Position",
    "PositionBehaviour",
    "PositionMarginControl",
    "PositionMode",
    "PositionModeBehaviour",
    "PositionModeControl",
    "PositionModeReader",
    "PositionModeScope",
    "PositionModeSetting",
    "PositionReader",
    "PositionSide",
    "PositionState",
    "RiskLimitControl",
    "RiskLimitSetting",
    "ServerTimeReader",
    "Setting",
    "SettingsReader",
    "SettingsSnapshot",
    "Support",
    "SupportState",
    "SymbolSettings",
    "TimeInForce",
    "TpSlMode",
    "TpSlModeControl",
    "TpSlModeSetting",
    "Unit",
    "Withdrawal",
    "WithdrawalReader",
    "WithdrawalStatus",
    "WorkingPrice",
    "capability_of",
]
