"""Brackets: of symbols, and of pairs where somebody insists."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from venuekit.capabilities import Bracket
from venuekit_binance_common.symbols.brackets import BinanceBrackets, brackets_of

if TYPE_CHECKING:
    from venuekit_binance_coinm.endpoints import CoinmEndpoints

__all__ = ["BinanceCoinmBrackets"]


class BinanceCoinmBrackets(BinanceBrackets):
    """Caps and floors are base quantities. The symbols of one pair can differ, so ask by symbol."""

    __slots__ = ()

    endpoints: ClassVar[CoinmEndpoints]

    async def get_brackets(self, *, symbol: str | None = None, pair: str | None = None) -> tuple[Bracket, ...]:
        """Return one flat tuple, ordered by symbol (or pair), then tier; weight 1, without a symbol 2."""
        if pair is None:
            return await super().get_brackets(symbol=symbol)
        if symbol is not None:
            raise self.refuse("ask by symbol or by pair, not by both", operation="get_brackets", subject=symbol)
        return brackets_of(await self.answer_rows(self.endpoints.PAIR_BRACKETS, pair=pair), "pair", self.BRACKET_UNIT)
