"""Position mode, asset mode and margin type that belong to the whole account."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from venuekit.account import Account
from venuekit.capabilities import (
    AssetMode,
    AssetModeControl,
    AssetModeSetting,
    MarginType,
    MarginTypeBehaviour,
    MarginTypeControl,
    MarginTypeSetting,
    PositionMode,
    PositionModeBehaviour,
    PositionModeControl,
    PositionModeSetting,
)
from venuekit.endpoint import Change, Endpoint
from venuekit.errors import Conflict, Outcome
from venuekit.parts.settings.lens import AccountLens


class PositionModeEndpoints(Protocol):
    """The lens of the position mode, and its write."""

    POSITION_MODE_LENS: AccountLens[Any, PositionMode]
    SET_POSITION_MODE: Endpoint[Change[Any]]


class AccountPositionMode(Account, PositionModeControl):
    """One position mode for every symbol, and for the venues that share it."""

    __slots__ = ()

    endpoints: ClassVar[PositionModeEndpoints]

    async def get_position_mode(self, *, symbol: str | None = None) -> PositionModeSetting:  # noqa: ARG002 (the account's)
        """Return the mode that holds, by one read."""
        return _position_mode_setting(self, await self.endpoints.POSITION_MODE_LENS.read(self.call), None)

    async def set_position_mode(
        self, mode: PositionMode, *, symbol: str | None = None, asset: str | None = None
    ) -> PositionModeSetting:
        """Set the mode; the venue refuses it while a venue that shares it has a position or open orders."""
        if symbol is not None or asset is not None:
            words = "the position mode is the account's here, not a symbol's or an asset's"
            raise self.refuse(words, subject=symbol or asset)
        if mode not in set(PositionMode):
            raise self.refuse(f"the position mode can be one_way or hedge, not {mode!r}")

        def setting(change: Change[Any]) -> PositionModeSetting:
            return _position_mode_setting(self, PositionMode(mode), change.changed)

        lens = self.endpoints.POSITION_MODE_LENS
        return await self.call_as(setting, self.endpoints.SET_POSITION_MODE, **{lens.parameter: lens.words[mode]})


def _position_mode_setting(account: Account, mode: PositionMode, changed: bool | None) -> PositionModeSetting:
    return PositionModeSetting(mode, account.behaviour(PositionModeBehaviour).shared_with, changed)


class AssetModeEndpoints(Protocol):
    """The lens of the asset mode, and its write."""

    ASSET_MODE_LENS: AccountLens[Any, AssetMode]
    SET_ASSET_MODE: Endpoint[Change[Any]]


class AccountAssetMode(Account, AssetModeControl):
    """One asset mode for the account."""

    __slots__ = ()

    endpoints: ClassVar[AssetModeEndpoints]

    async def get_asset_mode(self) -> AssetModeSetting:
        """Return the mode that holds, by one read."""
        return AssetModeSetting(await self.endpoints.ASSET_MODE_LENS.read(self.call))

    async def set_asset_mode(self, mode: AssetMode) -> AssetModeSetting:
        """Set the mode; multi-asset mode needs every symbol cross, and no open orders."""
        if mode not in set(AssetMode):
            raise self.refuse(f"the asset mode can be single or multi, not {mode!r}")

        def setting(change: Change[Any]) -> AssetModeSetting:
            return AssetModeSetting(AssetMode(mode), change.changed)

        lens = self.endpoints.ASSET_MODE_LENS
        return await self.call_as(setting, self.endpoints.SET_ASSET_MODE, **{lens.parameter: lens.words[mode]})


class AccountMarginTypeEndpoints(Protocol):
    """The lens of the account's margin type, and its write."""

    MARGIN_TYPE_LENS: AccountLens[Any, MarginType]
    SET_MARGIN_TYPE: Endpoint[Change[Any]]


class AccountMarginType(Account, MarginTypeControl):
    """One margin type for the whole account; a write says ``account_wide=True``, and follows a read."""

    __slots__ = ()

    endpoints: ClassVar[AccountMarginTypeEndpoints]

    async def get_margin_type(self, symbol: str | None = None) -> MarginTypeSetting:  # noqa: ARG002 (the account's)
        """Return the account's margin type; it is that of every symbol."""
        return MarginTypeSetting(None, await self.endpoints.MARGIN_TYPE_LENS.read(self.call))

    async def set_margin_type(
        self, symbol: str | None, margin_type: MarginType, *, account_wide: bool = False
    ) -> MarginTypeSetting:
        """Set the margin type of the whole account; reads it first and sends nothing when it is so already."""
        if not account_wide:
            touched = self.behaviour(MarginTypeBehaviour).touches
            words = f"the margin type is the account's and would change {touched}: say account_wide=True to mean that"
            raise self.refuse(words, subject=symbol)
        if margin_type not in {MarginType.CROSS, MarginType.ISOLATED}:
            words = f"only cross and isolated can be set, not {margin_type}"
            raise self.refuse(words, subject=symbol)
        lens = self.endpoints.MARGIN_TYPE_LENS
        margin_type = MarginType(margin_type)
        present = await lens.read(self.call)
        if present is margin_type:
            # a venue need not document its answer to the present value
            return MarginTypeSetting(None, margin_type, changed=False)
        if self.differs_from_expected(present):
            words = f"{present} holds, not what the change was planned from"
            raise self.make_error(Conflict, words, outcome=Outcome.NOT_SENT)

        def setting(change: Change[Any]) -> MarginTypeSetting:
            return MarginTypeSetting(None, margin_type, change.changed)

        sent = {lens.parameter: lens.words[margin_type]}
        return await self.call_as(setting, self.endpoints.SET_MARGIN_TYPE, **sent)
