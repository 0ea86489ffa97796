"""The objects that only this product answers with, field by field, with a decoder for each."""

from __future__ import annotations

import attrs

from venuekit.plugin import WireRow, payload_decoder
from venuekit_binance_common.payloads import camel_names


@attrs.frozen(eq=False, repr=False)
class AccountConfig(WireRow):
    """The fields of the account that belong to no symbol; the venue's own ``updateTime`` here means nothing."""

    dual_side_position: bool
    multi_assets_margin: bool
    fee_tier: int | None = None
    can_trade: bool | None = None
    can_deposit: bool | None = None
    can_withdraw: bool | None = None
    trade_group_id: int | None = None


@attrs.frozen(eq=False, repr=False)
class AssetModeRow(WireRow):
    """True is multi-assets mode."""

    multi_assets_margin: bool


_NAMES = camel_names(AccountConfig, AssetModeRow)

decode_account_config = payload_decoder(AccountConfig, renames=_NAMES)
decode_asset_mode = payload_decoder(AssetModeRow, renames=_NAMES)
