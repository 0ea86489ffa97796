"""Which leg of a symbol a position or order belongs to."""

from __future__ import annotations

import enum

__all__ = ["PositionSide"]


class PositionSide(enum.StrEnum):
    """BOTH is the one position of one-way mode; LONG and SHORT are the two legs of hedge mode."""

    BOTH = "both"
    LONG = "long"
    SHORT = "short"
