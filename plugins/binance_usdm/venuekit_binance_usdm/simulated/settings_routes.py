"""What changes settings; the asset mode is this product's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from venuekit.capabilities import AssetMode
from venuekit.plugin import Endpoint
from venuekit.simulator import Handler, SimRequest, Visit
from venuekit_binance_common.simulated.settings_routes import DONE, SettingsRoutes
from venuekit_binance_usdm.endpoints import USDM

__all__ = ["UsdmSettingsRoutes"]


class UsdmSettingsRoutes(SettingsRoutes):
    """Also reads and changes the asset mode."""

    endpoints = USDM
    LARGEST = "maxNotionalValue"

    def handlers(self) -> Mapping[Endpoint[Any], Handler]:
        """Return what answers which endpoint."""
        return {
            **super().handlers(),
            USDM.SET_ASSET_MODE: self.set_asset_mode,
            USDM.ASSET_MODE: self.asset_mode,
        }

    def set_asset_mode(self, request: SimRequest, visit: Visit) -> object:
        """Change the asset mode of the account."""
        is_multi = self.flag(request, "multiAssetsMargin")
        visit.ledger.set_asset_mode(AssetMode.MULTI if is_multi else AssetMode.SINGLE)
        return DONE

    def asset_mode(self, _request: SimRequest, visit: Visit) -> object:
        """Tell the asset mode."""
        return {"multiAssetsMargin": visit.ledger.asset_mode is AssetMode.MULTI}
