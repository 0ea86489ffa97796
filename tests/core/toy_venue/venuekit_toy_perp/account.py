"""The account: a list of its parts."""

from __future__ import annotations

from venuekit_toy_perp.reading import ToyBalances, ToyInstruments, ToyPositions, ToySettings
from venuekit_toy_perp.setting import ToyLeverage, ToyMarginType

__all__ = ["ToyPerpAccount"]


class ToyPerpAccount(ToyInstruments, ToyBalances, ToyPositions, ToyLeverage, ToyMarginType, ToySettings):
    """An account of Toy Perpetuals."""

    __slots__ = ()
