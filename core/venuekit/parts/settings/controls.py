"""Controls: position mode, asset mode, leverage and margin type, of the account or of a symbol, over a venue's lens."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar, Protocol

from venuekit.account import Account
from venuekit.capabilities import (
    AssetMode,
    AssetModeControl,
    AssetModeSetting,
    LeverageControl,
    LeverageSetting,
    MarginType,
    MarginTypeBehaviour,
    MarginTypeControl,
    MarginTypeSetting,
    PositionMode,
    PositionModeBehaviour,
    PositionModeControl,
    PositionModeSetting,
    PositionSide,
)
from venuekit.endpoint import Change, Endpoint
from venuekit.errors import OperationError
from venuekit.parts.settings.lens import AccountLens, RowSettings, SymbolLens


class LeverageEndpoints(Protocol):
    """The lens of a symbol's settings, and the write of its leverage."""

    SYMBOL_LENS: SymbolLens[Any]
    SET_LEVERAGE: Endpoint[Change[Any]]


class SymbolEndpoints(LeverageEndpoints, Protocol):
    """
    The lens of a symbol's settings, and the writes of its leverage and its margin type.

    Both are one endpoint where one write sets both, and the lens is a :class:`~venuekit.parts.settings.JointLens`.
    """

    SET_MARGIN_TYPE: Endpoint[Change[Any]]


class SymbolLeverage(Account, LeverageControl):
    """One leverage of a symbol, or one for each side and margin type, as the lens says."""

    __slots__ = ()

    endpoints: ClassVar[LeverageEndpoints]

    async def get_leverage(self, symbol: str, *, margin_type: MarginType | None = None) -> LeverageSetting:
        """Return the leverage that holds for ``symbol``, by one read."""
        lens = self.endpoints.SYMBOL_LENS
        if margin_type is not None and not lens.per_margin_type:
            raise self.refuse("leverage is one per symbol here, not per margin type", subject=symbol)
        return lens.leverage_setting(await lens.read_leverage(self.call, symbol), margin_type=margin_type)

    async def set_leverage(
        self,
        symbol: str,
        leverage: int | Decimal,
        *,
        side: PositionSide | None = None,
        margin_type: MarginType | None = None,
    ) -> LeverageSetting:
        """Change the leverage; the present value again succeeds."""
        lens = self.endpoints.SYMBOL_LENS
        if lens.has_several:
            return await self._set_one_of_several(symbol, leverage, side, margin_type)
        if side is not None or margin_type is not None:
            words = "leverage is one per symbol here, not per side or margin type"
            raise self.refuse(words, subject=symbol)

        def setting(change: Change[Any]) -> LeverageSetting:
            answer = change.answer
            state = RowSettings(symbol, leverage=Decimal(leverage)) if answer is None else lens.answered(answer)
            return lens.leverage_setting(state, change.changed)

        sent = {**lens.fixed, lens.symbol: symbol, **dict.fromkeys(lens.leverage, leverage)}
        return await self.call_as(setting, self.endpoints.SET_LEVERAGE, **sent)

    async def _set_one_of_several(
        self, symbol: str, leverage: int | Decimal, side: PositionSide | None, margin_type: MarginType | None
    ) -> LeverageSetting:
        """Change the leverage of a side, of a margin type, or along with it, and read the others that hold then."""
        lens = self.endpoints.SYMBOL_LENS
        sent = {**lens.fixed, lens.symbol: symbol, **dict.fromkeys(lens.leverage, leverage)}
        if lens.side is not None:
            word = None if side is None else lens.side_words.get(side)
            if word is None:
                sides = " or ".join(lens.side_words)
                told = "" if side is None else f", not {side}"
                raise self.refuse(f"each side has its own leverage here: name {sides}{told}", subject=symbol)
            sent[lens.side] = word
        elif side is not None:
            raise self.refuse("leverage is one for both sides here", subject=symbol)
        if margin_type is None and lens.per_margin_type and not lens.is_joint:
            margin_type = await lens.read_margin_type(self.call, symbol)
        if margin_type is not None:
            if not lens.per_margin_type and not lens.is_joint:
                raise self.refuse("leverage is one for every margin type here", subject=symbol)
            sent[lens.margin_type] = _spell_margin_type(self, lens, symbol, margin_type)

        async def read(change: Change[Any]) -> LeverageSetting:
            state = await lens.read_leverage(self.call, symbol)
            return lens.leverage_setting(state, change.changed, margin_type)

        try:
            change = await self.call(self.endpoints.SET_LEVERAGE, **sent)
        except OperationError as error:
            error.then(read)
            raise
        return await self.look_after(lambda: read(change), subject=symbol)


class SymbolMarginType(Account, MarginTypeControl):
    """The margin type belongs to the symbol."""

    __slots__ = ()

    endpoints: ClassVar[SymbolEndpoints]

    async def get_margin_type(self, symbol: str | None = None) -> MarginTypeSetting:
        """Return the margin type that holds for ``symbol``, by one read."""
        if symbol is None:
            raise self.refuse("the margin type is a symbol's here: name one")
        return MarginTypeSetting(symbol, await self.endpoints.SYMBOL_LENS.read_margin_type(self.call, symbol))

    async def set_margin_type(
        self, symbol: str | None, margin_type: MarginType, *, account_wide: bool = False
    ) -> MarginTypeSetting:
        """Set the margin type of ``symbol``; the present value again succeeds with ``changed=False``."""
        if symbol is None or account_wide:
            words = "the margin type is a symbol's here: name one, and do not ask for the whole account"
            raise self.refuse(words, subject=symbol)
        lens = self.endpoints.SYMBOL_LENS
        word = _spell_margin_type(self, lens, symbol, margin_type)
        sent = {**lens.fixed, lens.symbol: symbol, lens.margin_type: word}
        return await self.call_as(
            lambda change: MarginTypeSetting(symbol, MarginType(margin_type), change.changed),
            self.endpoints.SET_MARGIN_TYPE,
            **sent,
        )


def _spell_margin_type(account: Account, lens: SymbolLens[Any], symbol: str, margin_type: MarginType) -> str:
    word = lens.margin_words.get(margin_type)
    if word is None:
        raise account.refuse(f"only cross and isolated can be set, not {margin_type}", subject=symbol)
    return word


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
        return await self.call_as(
            lambda change: _position_mode_setting(self, PositionMode(mode), change.changed),
            self.endpoints.SET_POSITION_MODE,
            **self.endpoints.POSITION_MODE_LENS.spell(mode),
        )


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
        return await self.call_as(
            lambda change: AssetModeSetting(AssetMode(mode), change.changed),
            self.endpoints.SET_ASSET_MODE,
            **self.endpoints.ASSET_MODE_LENS.spell(mode),
        )


class AccountMarginTypeEndpoints(Protocol):
    """The lens of the account's margin type, and its write."""

    MARGIN_TYPE_LENS: AccountLens[Any, MarginType]
    SET_MARGIN_TYPE: Endpoint[Change[Any]]


class AccountMarginType(Account, MarginTypeControl):
    """One margin type for the whole account; a write says ``account_wide=True``."""

    __slots__ = ()

    endpoints: ClassVar[AccountMarginTypeEndpoints]

    async def get_margin_type(self, symbol: str | None = None) -> MarginTypeSetting:  # noqa: ARG002 (the account's)
        """Return the account's margin type; it is that of every symbol."""
        return MarginTypeSetting(None, await self.endpoints.MARGIN_TYPE_LENS.read(self.call))

    async def set_margin_type(
        self, symbol: str | None, margin_type: MarginType, *, account_wide: bool = False
    ) -> MarginTypeSetting:
        """Set the margin type of the whole account; nothing is sent where a read within its turn shows it already."""
        if not account_wide:
            touched = self.behaviour(MarginTypeBehaviour).touches
            words = f"the margin type is the account's and would change {touched}: say account_wide=True to mean that"
            raise self.refuse(words, subject=symbol)
        if margin_type not in {MarginType.CROSS, MarginType.ISOLATED}:
            words = f"only cross and isolated can be set, not {margin_type}"
            raise self.refuse(words, subject=symbol)
        margin_type = MarginType(margin_type)
        return await self.call_as(
            lambda change: MarginTypeSetting(None, margin_type, change.changed),
            self.endpoints.SET_MARGIN_TYPE,
            **self.endpoints.MARGIN_TYPE_LENS.spell(margin_type),
        )
