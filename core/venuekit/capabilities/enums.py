"""Enumerations that several subjects share, and the one that a venue may extend."""

from __future__ import annotations

import enum
from typing import Self


class OpenEnum(enum.StrEnum):
    """
    A text enumeration whose unknown members stay readable.

    ``Kind("brand-new")`` does not fail: it gives a member named ``OTHER`` whose value is the venue's own word.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = "OTHER"
        member._value_ = value
        return member


class PositionSide(OpenEnum):
    """BOTH is the one position of one-way mode; LONG and SHORT are the two legs of hedge mode."""

    BOTH = "both"
    LONG = "long"
    SHORT = "short"


class Unit(enum.StrEnum):
    """The unit of a number that comes without its asset's name."""

    BASE = "base"
    QUOTE = "quote"
    SETTLE = "settle"  #: the margin asset: quote if the contract is linear, base if it is inverse
    CONTRACTS = "contracts"


class Setting(enum.StrEnum):
    """A setting that can be planned."""

    POSITION_MODE = "position_mode"
    ASSET_MODE = "asset_mode"
    MARGIN_TYPE = "margin_type"
    LEVERAGE = "leverage"
