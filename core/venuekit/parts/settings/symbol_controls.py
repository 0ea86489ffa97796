"""Leverage and margin type that belong to a symbol."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar, Protocol

from venuekit.account import Account
from venuekit.capabilities import (
    LeverageControl,
    LeverageSetting,
    MarginType,
    MarginTypeControl,
    MarginTypeSetting,
    PositionSide,
)
from venuekit.endpoint import Change, Endpoint
from venuekit.parts.settings.lens import RowSettings, SymbolLens


class LeverageEndpoints(Protocol):
    """The lens of a symbol's settings, and the write of its leverage."""

    SYMBOL_LENS: SymbolLens[Any]
    SET_LEVERAGE: Endpoint[Change[Any]]


class SymbolLeverage(Account, LeverageControl):
    """Long and short share one leverage, which is the symbol's whatever its margin type."""

    __slots__ = ()

    endpoints: ClassVar[LeverageEndpoints]

    async def get_leverage(self, symbol: str) -> LeverageSetting:
        """Return the leverage that holds for ``symbol``, by one read."""
        lens = self.endpoints.SYMBOL_LENS
        return lens.leverage_setting(await lens.read_leverage(self.call, symbol))

    async def set_leverage(
        self,
        symbol: str,
        leverage: int | Decimal,
        *,
        side: PositionSide | None = None,
        margin_type: MarginType | None = None,
    ) -> LeverageSetting:
        """Change the leverage; the present value again succeeds."""
        if side is not None or margin_type is not None:
            words = "leverage is one per symbol here, not per side or margin type"
            raise self.refuse(words, subject=symbol)
        lens = self.endpoints.SYMBOL_LENS

        def setting(change: Change[Any]) -> LeverageSetting:
            answer = change.answer
            state = RowSettings(symbol, leverage=Decimal(leverage)) if answer is None else lens.answered(answer)
            return lens.leverage_setting(state, change.changed)

        sent = {**lens.fixed, lens.symbol: symbol, **dict.fromkeys(lens.leverage, leverage)}
        return await self.call_as(setting, self.endpoints.SET_LEVERAGE, **sent)


class MarginTypeEndpoints(Protocol):
    """The lens of a symbol's settings, and the write of its margin type."""

    SYMBOL_LENS: SymbolLens[Any]
    SET_MARGIN_TYPE: Endpoint[Change[Any]]


class SymbolMarginType(Account, MarginTypeControl):
    """The margin type belongs to the symbol."""

    __slots__ = ()

    endpoints: ClassVar[MarginTypeEndpoints]

    async def get_margin_type(self, symbol: str | None = None) -> MarginTypeSetting:
        """Return the margin type that holds for ``symbol``, by one read."""
        if symbol is None:
            raise self.refuse("the margin type is a symbol's here: name one")
        margin_type = await self.endpoints.SYMBOL_LENS.read_margin_type(self.call, symbol)
        return MarginTypeSetting(symbol, margin_type)

    async def set_margin_type(
        self, symbol: str | None, margin_type: MarginType, *, account_wide: bool = False
    ) -> MarginTypeSetting:
        """Set the margin type of ``symbol``; the present value again succeeds with ``changed=False``."""
        if symbol is None or account_wide:
            words = "the margin type is a symbol's here: name one, and do not ask for the whole account"
            raise self.refuse(words, subject=symbol)
        lens = self.endpoints.SYMBOL_LENS
        word = lens.margin_words.get(margin_type)
        if word is None:
            words = f"only cross and isolated can be set, not {margin_type}"
            raise self.refuse(words, subject=symbol)

        def setting(change: Change[Any]) -> MarginTypeSetting:
            return MarginTypeSetting(symbol, MarginType(margin_type), change.changed)

        sent = {**lens.fixed, lens.symbol: symbol, lens.margin_type: word}
        return await self.call_as(setting, self.endpoints.SET_MARGIN_TYPE, **sent)
