"""Margin type: of one symbol; set by a write, read from the symbol's configuration."""

from __future__ import annotations

from typing import ClassVar

from venuekit.account import Account
from venuekit.capabilities import MarginType, MarginTypeControl, MarginTypeSetting
from venuekit.endpoint import Call, Change, Endpoint, Lost, Readback, Reading
from venuekit.errors import Outcome, PayloadMismatch
from venuekit_binance_usdm.payloads import Acknowledgement, SymbolConfig
from venuekit_binance_usdm.symbol_config import config_of
from venuekit_binance_usdm.words import MARGIN_TYPE_WORDS, margin_type_of

__all__ = ["BinanceMarginType", "margin_type_readback"]


class BinanceMarginType(Account, MarginTypeControl):
    """The margin type belongs to the symbol."""

    __slots__ = ()

    SET_MARGIN_TYPE: ClassVar[Endpoint[Change[Acknowledgement]]]
    SYMBOL_CONFIG: ClassVar[Endpoint[tuple[SymbolConfig, ...]]]

    async def get_margin_type(self, symbol: str | None = None) -> MarginTypeSetting:
        """Return the margin type that holds for ``symbol``; weight 5."""
        if symbol is None:
            raise self.refuse("the margin type is a symbol's here: name one", operation="get_margin_type")
        row = config_of(await self.call(self.SYMBOL_CONFIG, symbol=symbol), symbol)
        return MarginTypeSetting(symbol, _documented(row))

    async def set_margin_type(
        self, margin_type: MarginType, *, symbol: str | None = None, account_wide: bool = False
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
        change = await self.call(self.SET_MARGIN_TYPE, symbol=symbol, marginType=word)
        return MarginTypeSetting(symbol, MarginType(margin_type), change.changed)


def margin_type_readback(symbol_config: Endpoint[tuple[SymbolConfig, ...]]) -> Readback:
    """Return what finds out whether a lost change of margin type holds."""

    async def read(call: Call, lost: Lost) -> Reading[Acknowledgement]:
        symbol = lost.parameters["symbol"]
        value = _documented(config_of(await call(symbol_config, symbol=symbol), symbol))
        return Reading(value=value, holds=MARGIN_TYPE_WORDS[value] == lost.parameters["marginType"])

    return read


def _documented(row: SymbolConfig) -> MarginType:
    value = margin_type_of(row.margin_type)
    if value is None:
        raise PayloadMismatch(
            f"marginType: expected CROSSED or ISOLATED, got {row.margin_type!r}",
            subject=row.symbol,
            outcome=Outcome.NOT_APPLIED,
        )
    return value
