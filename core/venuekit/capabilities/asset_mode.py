"""Asset mode: whether one asset or a pool of assets backs the positions."""

from __future__ import annotations

import enum
from abc import abstractmethod

import attrs

from venuekit.capabilities._capability import Capability

__all__ = ["AssetMode", "AssetModeControl", "AssetModeReader", "AssetModeSetting"]


class AssetMode(enum.StrEnum):
    """SINGLE: a position is backed by its own settle asset; MULTI: by all margin assets, valued together."""

    SINGLE = "single"
    MULTI = "multi"


@attrs.frozen
class AssetModeSetting:
    """An asset mode that holds; ``changed`` as in :class:`~venuekit.capabilities.MarginTypeSetting`."""

    mode: AssetMode
    changed: bool | None = None


class AssetModeReader(Capability):
    """Read the asset mode."""

    __slots__ = ()

    @abstractmethod
    async def get_asset_mode(self) -> AssetModeSetting:
        """Return the mode that holds."""


class AssetModeControl(AssetModeReader):
    """Set the asset mode."""

    __slots__ = ()

    @abstractmethod
    async def set_asset_mode(self, mode: AssetMode) -> AssetModeSetting:
        """
        Set the mode and return what holds now; setting the present value again succeeds.

        Raises:
            Rejected: isolated symbols, open orders or a lack of margin forbid it.
            OutcomeUnknown: the answer was lost and could not be found out.
            Conflict: somebody else changed it at the same time.
        """
