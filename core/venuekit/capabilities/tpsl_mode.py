"""TP/SL mode: whether take profit and stop loss close all of a position or a part."""

from __future__ import annotations

import enum
from abc import abstractmethod

import attrs

from venuekit.capabilities._capability import Capability

__all__ = ["TpSlMode", "TpSlModeControl", "TpSlModeSetting"]


class TpSlMode(enum.StrEnum):
    """FULL closes the whole position, PARTIAL the quantity given with the order."""

    FULL = "full"
    PARTIAL = "partial"


@attrs.frozen
class TpSlModeSetting:
    """A mode that holds for a symbol; ``changed`` as in :class:`~venuekit.capabilities.MarginTypeSetting`."""

    symbol: str
    mode: TpSlMode
    changed: bool | None = None


class TpSlModeControl(Capability):
    """Set the TP/SL mode of a symbol."""

    __slots__ = ()

    @abstractmethod
    async def set_tpsl_mode(self, symbol: str, mode: TpSlMode) -> TpSlModeSetting:
        """Set the mode and return what holds now; where the venue calls this deprecated, a warning says so."""
