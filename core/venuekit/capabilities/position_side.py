"""Which leg of a symbol a position or order belongs to."""

from __future__ import annotations

from venuekit.capabilities.open_enum import OpenEnum

__all__ = ["PositionSide"]


class PositionSide(OpenEnum):
    """BOTH is the one position of one-way mode; LONG and SHORT are the two legs of hedge mode."""

    BOTH = "both"
    LONG = "long"
    SHORT = "short"
