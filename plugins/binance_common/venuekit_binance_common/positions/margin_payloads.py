"""What the venue tells about margin that was moved by hand."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import attrs

from venuekit.payloads import WireRow, payload_decoder
from venuekit_binance_common.payloads import camel_names

__all__ = ["ADDED", "REDUCED", "MarginChangeRow", "MovedMargin", "decode_margin_changes", "decode_moved_margin"]

#: the venue's numbers for the two directions
ADDED, REDUCED = 1, 2


@attrs.frozen(eq=False, repr=False)
class MovedMargin(WireRow):
    """
    The acknowledgement of a move: an amount > 0, a JSON number here, and its direction.

    ``asset`` and ``time`` are None: only a row of the history, from which a lost one is made up for, tells them.
    """

    amount: Decimal
    type: int
    asset: str | None = None
    time: datetime | None = None


@attrs.frozen(eq=False, repr=False)
class MarginChangeRow(WireRow):
    """One row of the history: an amount > 0 and its direction; rows carry no id."""

    symbol: str
    type: int
    amount: Decimal
    asset: str
    time: datetime
    position_side: str
    delta_type: str | None = None

    @property
    def signed(self) -> Decimal:
        """The amount seen from the position: added > 0, taken away < 0."""
        return self.amount if self.type == ADDED else -self.amount


decode_moved_margin = payload_decoder(MovedMargin)
decode_margin_changes = payload_decoder(tuple[MarginChangeRow, ...], renames=camel_names(MarginChangeRow))
