"""What a quantity or a cap is counted in."""

from __future__ import annotations

import enum

__all__ = ["Unit"]


class Unit(enum.StrEnum):
    """The unit of a number that comes without its asset's name."""

    BASE = "base"
    QUOTE = "quote"
    SETTLE = "settle"  #: the margin asset: quote if the contract is linear, base if it is inverse
    CONTRACTS = "contracts"
