"""The decoders of what only this product answers with, as data where they can be."""

from __future__ import annotations

from collections.abc import Callable

from venuekit_binance_common.payloads import BracketsRow, brackets_decoder

__all__ = ["decode_pair_brackets", "decode_symbol_brackets"]


def _either_spelling(
    decode: Callable[[bytes], tuple[BracketsRow, ...]],
) -> Callable[[bytes], tuple[BracketsRow, ...]]:
    """Return a decoder that takes the floor as the documentation spells it, and as clients have seen it."""

    def decode_either(body: bytes) -> tuple[BracketsRow, ...]:
        return decode(body.replace(b'"qtylFloor"', b'"qtyFloor"'))

    return decode_either


decode_symbol_brackets = _either_spelling(brackets_decoder(name="symbol", cap="qtyCap", floor="qtyFloor"))
decode_pair_brackets = _either_spelling(brackets_decoder(name="pair", cap="qtyCap", floor="qtyFloor"))
