"""The decoders of what only this product answers with, as data where they can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from venuekit_binance_common.payloads import BracketsRow, brackets_decoder

if TYPE_CHECKING:
    from venuekit_binance_coinm.position_rows import AccountRow, RiskRow

__all__ = ["decode_account", "decode_pair_brackets", "decode_position_risk", "decode_symbol_brackets"]

T = TypeVar("T")


def decode_position_risk(body: bytes) -> list[RiskRow]:
    """Return the rows of positionRisk; see :func:`~venuekit_binance_coinm.position_rows.decode_risk`."""
    from venuekit_binance_coinm.position_rows import decode_risk

    return decode_risk(body)


def decode_account(body: bytes) -> AccountRow:
    """Return the account; see :func:`~venuekit_binance_coinm.position_rows.decode_account`."""
    from venuekit_binance_coinm.position_rows import decode_account

    return decode_account(body)


def _either_spelling(
    decode: Callable[[bytes], tuple[BracketsRow, ...]],
) -> Callable[[bytes], tuple[BracketsRow, ...]]:
    """Return a decoder that takes the floor as the documentation spells it, and as clients have seen it."""

    def decode_either(body: bytes) -> tuple[BracketsRow, ...]:
        return decode(body.replace(b'"qtylFloor"', b'"qtyFloor"'))

    return decode_either


decode_symbol_brackets = _either_spelling(brackets_decoder(name="symbol", cap="qtyCap", floor="qtyFloor"))
decode_pair_brackets = _either_spelling(brackets_decoder(name="pair", cap="qtyCap", floor="qtyFloor"))
