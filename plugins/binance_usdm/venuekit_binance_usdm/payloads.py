"""The objects that only this product answers with, field by field, with a decoder for each."""

from __future__ import annotations

from decimal import Decimal

import attrs

from venuekit.plugin import WireRow, payload_decoder
from venuekit_binance_common.payloads import AssetRow, camel_names

__all__ = [
    "AccountConfig",
    "AccountRow",
    "AssetModeRow",
    "SymbolConfig",
    "decode_account",
    "decode_account_config",
    "decode_asset_mode",
    "decode_symbol_configs",
]


@attrs.frozen(eq=False, repr=False)
class AccountConfig(WireRow):
    """What belongs to the account and not to a symbol; the venue's own ``updateTime`` here means nothing."""

    dual_side_position: bool
    multi_assets_margin: bool
    fee_tier: int | None = None
    can_trade: bool | None = None
    can_deposit: bool | None = None
    can_withdraw: bool | None = None
    trade_group_id: int | None = None


@attrs.frozen(eq=False, repr=False)
class SymbolConfig(WireRow):
    """Margin type (``CROSSED``, ``ISOLATED``), leverage and largest notional at that leverage, of one symbol."""

    symbol: str
    margin_type: str | None = None
    leverage: int | None = None
    max_notional_value: Decimal | None = None
    is_auto_add_margin: bool | None = None


@attrs.frozen(eq=False, repr=False)
class AssetModeRow(WireRow):
    """True is multi-assets mode."""

    multi_assets_margin: bool


@attrs.frozen(eq=False, repr=False)
class AccountRow(WireRow):
    """The totals and assets of the account read; its positions lack entry price, leverage and margin type."""

    assets: tuple[AssetRow, ...]
    total_wallet_balance: Decimal | None = None
    total_margin_balance: Decimal | None = None
    total_unrealized_profit: Decimal | None = None
    total_initial_margin: Decimal | None = None
    total_maint_margin: Decimal | None = None
    available_balance: Decimal | None = None
    max_withdraw_amount: Decimal | None = None


_NAMES = camel_names(AccountConfig, AccountRow, AssetModeRow, AssetRow, SymbolConfig)

decode_account_config = payload_decoder(AccountConfig, renames=_NAMES)
decode_symbol_configs = payload_decoder(tuple[SymbolConfig, ...], renames=_NAMES)
decode_asset_mode = payload_decoder(AssetModeRow, renames=_NAMES)
decode_account = payload_decoder(AccountRow, renames=_NAMES)
