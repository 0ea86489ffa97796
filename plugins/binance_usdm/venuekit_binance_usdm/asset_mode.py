"""Asset mode: single-asset or multi-assets margin, of the account."""

from __future__ import annotations

from typing import ClassVar

from venuekit.account import Account
from venuekit.capabilities import AssetMode, AssetModeControl, AssetModeSetting
from venuekit.endpoint import Call, Change, Endpoint, Lost, Readback, Reading
from venuekit_binance_common.payloads import Acknowledgement
from venuekit_binance_common.words import asset_mode_of
from venuekit_binance_usdm.payloads import AccountConfig

__all__ = ["BinanceAssetMode", "asset_mode_readback"]


class BinanceAssetMode(Account, AssetModeControl):
    """Read from the account's configuration, which costs a sixth of the plain read."""

    __slots__ = ()

    ACCOUNT_CONFIG: ClassVar[Endpoint[AccountConfig]]
    SET_ASSET_MODE: ClassVar[Endpoint[Change[Acknowledgement]]]

    async def get_asset_mode(self) -> AssetModeSetting:
        """Return the mode that holds; weight 5."""
        config = await self.call(self.ACCOUNT_CONFIG)
        return AssetModeSetting(asset_mode_of(config.multi_assets_margin))

    async def set_asset_mode(self, mode: AssetMode) -> AssetModeSetting:
        """Set the mode; multi-assets needs every symbol cross, and no open orders."""
        if mode not in set(AssetMode):
            raise self.refuse(f"the asset mode can be single or multi, not {mode!r}", operation="set_asset_mode")
        change = await self.call(self.SET_ASSET_MODE, multiAssetsMargin=mode == AssetMode.MULTI)
        return AssetModeSetting(AssetMode(mode), change.changed)


def asset_mode_readback(account_config: Endpoint[AccountConfig]) -> Readback:
    """Return what finds out whether a lost change of asset mode holds."""

    async def read(call: Call, lost: Lost) -> Reading[Acknowledgement]:
        config = await call(account_config)
        return Reading(
            value=asset_mode_of(config.multi_assets_margin),
            holds=config.multi_assets_margin == lost.parameters["multiAssetsMargin"],
        )

    return read
