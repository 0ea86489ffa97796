"""Modes: of positions (one-way or hedge), of margin assets (single or multi), and of take profit and stop loss."""

from __future__ import annotations

import enum
from abc import abstractmethod

import attrs

from venuekit.capabilities._capability import Capability


class PositionMode(enum.StrEnum):
    """ONE_WAY keeps one net position per symbol; HEDGE keeps a LONG and a SHORT leg."""

    ONE_WAY = "one_way"
    HEDGE = "hedge"


class PositionModeScope(enum.StrEnum):
    """The part of the account that one change touches."""

    ACCOUNT = "account"
    SYMBOL = "symbol"
    ASSET = "asset"


@attrs.frozen
class PositionModeBehaviour:
    """How position modes behave: ``scope`` of one change; ``shared_with`` are venue ids that change along with it."""

    scope: PositionModeScope
    shared_with: tuple[str, ...] = ()


@attrs.frozen
class PositionModeSetting:
    """A position mode that holds; ``changed`` as in :class:`~venuekit.capabilities.MarginTypeSetting`."""

    mode: PositionMode
    shared_with: tuple[str, ...] = ()
    changed: bool | None = None


class PositionModeReader(Capability):
    """Read the position mode."""

    __slots__ = ()

    @abstractmethod
    async def get_position_mode(self, *, symbol: str | None = None) -> PositionModeSetting:
        """Return the mode that holds; ``symbol`` matters only where the scope is SYMBOL."""


class PositionModeControl(PositionModeReader):
    """Set the position mode."""

    __slots__ = ()

    @abstractmethod
    async def set_position_mode(
        self, mode: PositionMode, *, symbol: str | None = None, asset: str | None = None
    ) -> PositionModeSetting:
        """
        Set the mode and return the mode that holds now; setting the present value again succeeds.

        Raises:
            InvalidArgument: ``symbol`` or ``asset`` given where the scope has none.
            Rejected: open orders or positions forbid it, on any venue that shares the mode.
            OutcomeUnknown: the answer was lost and could not be found out.
            Conflict: another actor changed it at the same time.
        """


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
        Set the mode and return the mode that holds now; setting the present value again succeeds.

        Raises:
            Rejected: isolated symbols, open orders or a lack of margin forbid it.
            OutcomeUnknown: the answer was lost and could not be found out.
            Conflict: another actor changed it at the same time.
        """


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
        """Set the mode and return the one that holds now; where the venue calls this deprecated, a warning says so."""
