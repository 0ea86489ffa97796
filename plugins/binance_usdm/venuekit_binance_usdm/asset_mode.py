"""Asset mode: single-asset or multi-assets margin, of the account."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from venuekit.capabilities import AssetMode, AssetModeControl
from venuekit.parts.settings.lens import AccountLens
from venuekit.plugin import Change, Changing, Effect, Endpoint, Kind, Parameter, WriteScope
from venuekit_binance_common.endpoints import PAYS
from venuekit_binance_common.enums import asset_mode_of
from venuekit_binance_common.payloads import Acknowledgement, decode_acknowledgement


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
    return Endpoint(
        "POST",
        "/fapi/v1/multiAssetsMargin",
        decode=Changing(decode_acknowledgement),
        parameters=(Parameter("multiAssetsMargin", Kind.BOOLEAN, required=True),),
        pools=PAYS,
        effect=Effect.SET,
        write_scope=WriteScope.ACCOUNT,
        no_change=frozenset({-4171}),
        no_change_is_read=True,
        readback=lens.readback(),
        serves=(AssetModeControl.set_asset_mode,),
    )
