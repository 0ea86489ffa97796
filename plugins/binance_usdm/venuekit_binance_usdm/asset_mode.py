"""Asset mode: single-asset or multi-assets margin, of the account."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, TypeVar

from venuekit.capabilities import AssetMode, AssetModeControl, AssetModeSetting
from venuekit.plugin import Account, Call, Change, Endpoint, Lost, Readback, Reading
from venuekit_binance_common.enums import asset_mode_of
from venuekit_binance_common.payloads import Acknowledgement

__all__ = ["BinanceAssetMode", "TellsAssetMode", "asset_mode_readback"]


class TellsAssetMode(Protocol):
    """An answer that tells the mode, whatever else it tells."""

    @property
    def multi_assets_margin(self) -> bool:
        """Whether it is multi-assets mode."""


T = TypeVar("T", bound=TellsAssetMode)


class AssetModeEndpoints(Protocol):
    """The endpoint of a book that changes the mode."""

    SET_ASSET_MODE: Endpoint[Change[Acknowledgement]]


class BinanceAssetMode(Account, AssetModeControl):
    """One mode for the account; read by whatever tells it cheapest."""

    __slots__ = ()

    #: the cheapest read that :class:`TellsAssetMode`
    READ_ASSET_MODE: ClassVar[Endpoint[Any]]
    endpoints: ClassVar[AssetModeEndpoints]

    async def get_asset_mode(self) -> AssetModeSetting:
        """Return the mode that holds, by one read."""
        told: TellsAssetMode = await self.call(self.READ_ASSET_MODE)
        return AssetModeSetting(asset_mode_of(told.multi_assets_margin))

    async def set_asset_mode(self, mode: AssetMode) -> AssetModeSetting:
        """Set the mode; multi-assets needs every symbol cross, and no open orders."""
        if mode not in set(AssetMode):
            raise self.refuse(f"the asset mode can be single or multi, not {mode!r}", operation="set_asset_mode")

        def setting(change: Change[Acknowledgement]) -> AssetModeSetting:
            return AssetModeSetting(AssetMode(mode), change.changed)

        return await self.call_as(setting, self.endpoints.SET_ASSET_MODE, multiAssetsMargin=mode == AssetMode.MULTI)


def asset_mode_readback(endpoint: Endpoint[T]) -> Readback:
    """Return what finds out whether a lost change of asset mode holds."""

    async def read(call: Call, lost: Lost) -> Reading[Acknowledgement]:
        told = await call(endpoint)
        return Reading(
            value=asset_mode_of(told.multi_assets_margin),
            holds=told.multi_assets_margin == lost.parameters["multiAssetsMargin"],
        )

    return read
