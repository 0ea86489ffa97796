"""Asset mode: single-asset or multi-assets margin, of the account."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from venuekit.capabilities import AssetMode, AssetModeControl
from venuekit.parts.settings.lens import AccountLens
from venuekit.plugin import Change, Endpoint
from venuekit_binance_common.endpoints import set_mode
from venuekit_binance_common.enums import asset_mode_of
from venuekit_binance_common.payloads import Acknowledgement


class HasAssetMode(Protocol):
    """An answer with the mode, among other fields."""

    @property
    def multi_assets_margin(self) -> bool:
        """Whether it is multi-assets mode."""


T = TypeVar("T", bound=HasAssetMode)


def asset_mode_lens(endpoint: Endpoint[T]) -> AccountLens[T, AssetMode]:
    """Return the lens of the mode over the cheapest read that shows it."""
    return AccountLens(
        endpoint,
        lambda answer: asset_mode_of(answer.multi_assets_margin),
        "multiAssetsMargin",
        {AssetMode.SINGLE: False, AssetMode.MULTI: True},
    )


def set_asset_mode(lens: AccountLens[Any, AssetMode]) -> Endpoint[Change[Acknowledgement]]:
    """Return the change of the mode."""
    return set_mode("/fapi/v1/multiAssetsMargin", lens, -4171, AssetModeControl.set_asset_mode)
