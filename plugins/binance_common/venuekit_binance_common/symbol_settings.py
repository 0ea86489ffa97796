"""What one read tells about the settings of a symbol; which read that is, is the product's."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

import attrs

from venuekit.capabilities import MarginType
from venuekit.endpoint import Call
from venuekit.errors import Outcome, PayloadMismatch
from venuekit_binance_common.words import margin_type_of

__all__ = ["HeldSettings", "ReadSymbol", "documented_margin_type", "told_leverage"]


@attrs.frozen
class HeldSettings:
    """Margin type and leverage of a symbol, and the largest position that the venue allows at that leverage."""

    symbol: str
    margin_type: MarginType
    leverage: Decimal
    largest: Decimal | None


class ReadSymbol(Protocol):
    """Reads the settings of one symbol, flat or not."""

    async def __call__(self, call: Call, symbol: str) -> HeldSettings:
        """
        Return what holds for the symbol.

        Raises:
            InvalidRequest: the venue does not know it.
        """


def told_leverage(leverage: int | Decimal | None, symbol: str) -> Decimal:
    """
    Return the leverage that an answer tells.

    Raises:
        PayloadMismatch: it tells none.
    """
    if leverage is None:
        raise PayloadMismatch("leverage: missing", subject=symbol, outcome=Outcome.NOT_APPLIED)
    return Decimal(leverage)


def documented_margin_type(word: str | None, symbol: str) -> MarginType:
    """
    Return the margin type that an answer names.

    Raises:
        PayloadMismatch: the word is none that the venue documents.
    """
    value = margin_type_of(word)
    if value is None:
        raise PayloadMismatch(
            f"marginType: expected CROSSED or ISOLATED, got {word!r}", subject=symbol, outcome=Outcome.NOT_APPLIED
        )
    return value
