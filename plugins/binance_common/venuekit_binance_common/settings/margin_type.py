"""Margin type: of one symbol; set by a write, read with the symbol's other settings."""

from __future__ import annotations

from typing import ClassVar

from venuekit.capabilities import MarginType, MarginTypeControl, MarginTypeSetting
from venuekit.plugin import Account, Call, Change, Lost, Readback, Reading
from venuekit_binance_common.enums import MARGIN_TYPE_WORDS
from venuekit_binance_common.payloads import Acknowledgement
from venuekit_binance_common.product import ProductEndpoints
from venuekit_binance_common.settings.symbol import ReadSymbol

__all__ = ["BinanceMarginType", "margin_type_readback"]


class BinanceMarginType(Account, MarginTypeControl):
    """The margin type belongs to the symbol."""

    __slots__ = ()

    endpoints: ClassVar[ProductEndpoints]
    READ_SYMBOL: ClassVar[ReadSymbol]

    async def get_margin_type(self, symbol: str | None = None) -> MarginTypeSetting:
        """Return the margin type that holds for ``symbol``, by one read."""
        if symbol is None:
            raise self.refuse("the margin type is a symbol's here: name one", operation="get_margin_type")
        return MarginTypeSetting(symbol, (await self.READ_SYMBOL(self.call, symbol)).margin_type)

    async def set_margin_type(
        self, symbol: str | None, margin_type: MarginType, *, account_wide: bool = False
    ) -> MarginTypeSetting:
        """Set the margin type of ``symbol``; the venue refuses it while the symbol has a position or open orders."""
        operation = "set_margin_type"
        if symbol is None or account_wide:
            raise self.refuse(
                "the margin type is a symbol's here: name one, and do not ask for the whole account",
                operation=operation,
                subject=symbol,
            )
        word = MARGIN_TYPE_WORDS.get(margin_type)
        if word is None:
            raise self.refuse(
                f"the margin type can be set to cross or isolated, not {margin_type!r}",
                operation=operation,
                subject=symbol,
            )

        def setting(change: Change[Acknowledgement]) -> MarginTypeSetting:
            return MarginTypeSetting(symbol, MarginType(margin_type), change.changed)

        return await self.call_as(setting, self.endpoints.SET_MARGIN_TYPE, symbol=symbol, marginType=word)


def margin_type_readback(read_symbol: ReadSymbol) -> Readback:
    """Return what finds out whether a lost change of margin type holds."""

    async def read(call: Call, lost: Lost) -> Reading[Acknowledgement]:
        value = (await read_symbol(call, lost.parameters["symbol"])).margin_type
        return Reading(value=value, holds=MARGIN_TYPE_WORDS[value] == lost.parameters["marginType"])

    return read
