"""What one read tells about the settings of a symbol; which read that is, is the product's."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

import attrs

from venuekit.capabilities import MarginType
from venuekit.plugin import Call, Outcome, PayloadMismatch
from venuekit_binance_common.enums import margin_type_of

__all__ = ["HeldSettings", "ReadSymbol"]


@attrs.frozen
class HeldSettings:
    """
    Margin type and leverage of a symbol, and the largest position that the venue allows at that leverage.

    ``margin_word`` is the venue's own; ``listed_leverage`` is None where a row lacks it. Each is looked at only where
    it is needed.
    """

    symbol: str
    margin_word: str | None = None
    listed_leverage: Decimal | None = None
    largest: Decimal | None = None
    auto_add_margin: bool | None = None

    @property
    def margin_type(self) -> MarginType:
        """
        The margin type.

        Raises:
            PayloadMismatch: the word is none that the venue documents.
        """
        margin_type = margin_type_of(self.margin_word)
        if margin_type is None:
            words = f"marginType: expected CROSSED or ISOLATED, got {self.margin_word!r}"
            raise PayloadMismatch(words, subject=self.symbol, outcome=Outcome.NOT_APPLIED)
        return margin_type

    @property
    def leverage(self) -> Decimal:
        """
        The leverage.

        Raises:
            PayloadMismatch: the row lacks it.
        """
        if self.listed_leverage is None:
            raise PayloadMismatch("leverage: missing", subject=self.symbol, outcome=Outcome.NOT_APPLIED)
        return self.listed_leverage


class ReadSymbol(Protocol):
    """Reads the settings of one symbol, flat or not."""

    async def __call__(self, call: Call, symbol: str) -> HeldSettings:
        """
        Return what holds for the symbol.

        Raises:
            InvalidRequest: the venue does not know it.
        """
