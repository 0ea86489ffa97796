"""Modes: of positions (one-way or hedge), of margin (cross or isolated), of margin assets, of TP and SL."""

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


class MarginType(enum.StrEnum):
    """How positions are backed; PORTFOLIO cannot be set through venuekit."""

    CROSS = "cross"
    ISOLATED = "isolated"
    PORTFOLIO = "portfolio"


class MarginTypeScope(enum.StrEnum):
    """The part of the account that one change touches; ORDER: none, each order names its own margin type."""

    SYMBOL = "symbol"
    ACCOUNT = "account"
    ORDER = "order"


@attrs.frozen
class MarginTypeBehaviour:
    """How margin types behave on a venue: ``scope`` of one change; ``touches`` names the other settings it changes."""

    scope: MarginTypeScope
    touches: str | None = None


@attrs.frozen
class MarginTypeSetting:
    """
    A margin type that holds.

    ``symbol`` is None when the setting is the whole account's. ``changed`` is True when the venue accepted a
    change, False when it answered our first attempt with "no need to", and None when nothing was written or when
    it holds now but an earlier attempt of ours had no answer.
    """

    symbol: str | None
    margin_type: MarginType
    changed: bool | None = None


class MarginTypeReader(Capability):
    """Read the margin type of a symbol or of the account."""

    __slots__ = ()

    @abstractmethod
    async def get_margin_type(self, symbol: str | None = None) -> MarginTypeSetting:
        """
        Return the margin type that holds.

        Where the scope is SYMBOL, ``symbol`` is required.

        Raises:
            InvalidArgument: the scope needs a symbol and none was given.
            InvalidRequest: the venue does not know the symbol.
        """


class MarginTypeControl(MarginTypeReader):
    """Set the margin type of a symbol or of the account."""

    __slots__ = ()

    @abstractmethod
    async def set_margin_type(
        self, symbol: str | None, margin_type: MarginType, *, account_wide: bool = False
    ) -> MarginTypeSetting:
        """
        Set the margin type and return the one that holds now.

        Where the scope is the symbol, ``symbol`` names it; where it is the account, ``symbol`` is None or ignored and
        ``account_wide=True`` is required. Setting the present value again succeeds with ``changed=False``.

        Raises:
            InvalidArgument: the arguments do not fit the scope, or the value is PORTFOLIO; nothing was sent.
            Rejected: open orders, an open position or another mode forbid it.
            OutcomeUnknown: the answer was lost and could not be found out.
            Conflict: another actor changed it at the same time.
        """
