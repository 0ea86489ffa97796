"""Brackets of symbols, and of pairs on request, with their decoders."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from venuekit.capabilities import Bracket
from venuekit_binance_common.market import BinanceMarket, brackets_of
from venuekit_binance_common.payloads import BracketsRow, brackets_decoder

if TYPE_CHECKING:
    from venuekit_binance_coinm.endpoints import CoinmEndpoints


class BinanceCoinmBrackets(BinanceMarket):
    """Caps and floors are base quantities. The symbols of one pair can differ, so ask by symbol."""

    __slots__ = ()

    endpoints: ClassVar[CoinmEndpoints]

    async def get_brackets(self, *, symbol: str | None = None, pair: str | None = None) -> tuple[Bracket, ...]:
        """Return one flat tuple, ordered by symbol (or pair), then tier; weight 1, without a symbol 2."""
        if pair is None:
            return await super().get_brackets(symbol=symbol)
        if symbol is not None:
            raise self.refuse("ask by symbol or by pair, not by both", subject=symbol)
        return brackets_of(await self.answer_rows(self.endpoints.PAIR_BRACKETS, pair=pair), "pair", self.BRACKET_UNIT)


def _either_spelling(
    decode: Callable[[bytes], tuple[BracketsRow, ...]],
) -> Callable[[bytes], tuple[BracketsRow, ...]]:
    """Return a decoder that takes the floor as the documentation spells it, and as clients have seen it."""

    def decode_either(body: bytes) -> tuple[BracketsRow, ...]:
        return decode(body.replace(b'"qtylFloor"', b'"qtyFloor"'))

    return decode_either


decode_symbol_brackets = _either_spelling(brackets_decoder(name="symbol", cap="qtyCap", floor="qtyFloor"))
decode_pair_brackets = _either_spelling(brackets_decoder(name="pair", cap="qtyCap", floor="qtyFloor"))
