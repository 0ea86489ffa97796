"""Auto-deleveraging: how near to the front of the queue a position stands."""

from __future__ import annotations

from abc import abstractmethod

import attrs

from venuekit.capabilities._capability import Capability
from venuekit.capabilities.position_side import PositionSide

__all__ = ["AdlQuantile", "AdlReader"]


@attrs.frozen
class AdlQuantile:
    """One leg's place in the queue: ``rank`` counts from 0 (last, or no position) up to ``of`` (first)."""

    symbol: str
    side: PositionSide
    rank: int
    of: int


class AdlReader(Capability):
    """Read places in the auto-deleveraging queue."""

    __slots__ = ()

    @abstractmethod
    async def get_adl_quantiles(self, *, symbol: str | None = None) -> tuple[AdlQuantile, ...]:
        """Return one value per leg the venue lists, of ``symbol`` or of all."""
