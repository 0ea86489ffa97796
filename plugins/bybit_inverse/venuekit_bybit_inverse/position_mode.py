"""Position mode: one-way, always."""

from __future__ import annotations

from venuekit.capabilities import PositionMode, PositionModeReader, PositionModeSetting
from venuekit.plugin import Account


class BybitPositionMode(Account, PositionModeReader):
    """Say that inverse contracts of a unified account are one-way; nothing needs to be asked for that."""

    __slots__ = ()

    async def get_position_mode(self, *, symbol: str | None = None) -> PositionModeSetting:  # noqa: ARG002 (one for all)
        """Return ONE_WAY."""
        return PositionModeSetting(PositionMode.ONE_WAY)
