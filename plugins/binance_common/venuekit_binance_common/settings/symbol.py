"""What one read tells about the settings of a symbol; which read that is, is the product's."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

import attrs

from venuekit.capabilities import MarginType
from venuekit.plugin import Call, Outcome, PayloadMismatch
from venuekit_binance_common.enums import margin_type_of

__all__ = ["HeldSettings", "ReadSymbol", "require_leverage"]


@attrs.frozen
class HeldSettings:
    """
    Margin type and leverage of a symbol, and the largest position that the venue allows at that leverage.

    The margin type is the venue's own word: who asks for the leverage does not need it.
    """

    symbol: str
    margin_word: str | None
    leverage: Decimal
    largest: Decimal | None

    @property
    def margin_type(self) -> MarginType:
        """
        The margin type.

        Raises:
            PayloadMismatch: the word is none that the venue documents.
        """
        return _require_margin_type(self.margin_word, self.symbol)


class ReadSymbol(Protocol):
    """Reads the settings of one symbol, flat or not."""

    async def __call__(self, call: Call, symbol: str) -> HeldSettings:
        """
        Return what holds for the symbol.

        Raises:
            InvalidRequest: the venue does not know it.
        """


def require_leverage(leverage: int | Decimal | None, symbol: str) -> Decimal:
    """
    Return the leverage that an answer tells.

    Raises:
        PayloadMismatch: it tells none.
    """
    if leverage is None:
        raise PayloadMismatch("leverage: missing", subject=symbol, outcome=Outcome.NOT_APPLIED)
    return Decimal(leverage)


def _require_margin_type(word: str | None, symbol: str) -> MarginType:
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
