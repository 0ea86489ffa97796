"""Position mode: of the account, and of the other futures product with it."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, TypeVar

from venuekit.capabilities import PositionMode, PositionModeBehaviour, PositionModeControl, PositionModeSetting
from venuekit.plugin import Account, Call, Change, Endpoint, Lost, Readback, Reading
from venuekit_binance_common.enums import position_mode_of
from venuekit_binance_common.payloads import Acknowledgement
from venuekit_binance_common.product import ProductEndpoints

__all__ = ["BinancePositionMode", "TellsPositionMode", "position_mode_readback"]


class TellsPositionMode(Protocol):
    """An answer that tells the mode, whatever else it tells."""

    @property
    def dual_side_position(self) -> bool:
        """Whether it is hedge mode."""


P = TypeVar("P", bound=TellsPositionMode)


class BinancePositionMode(Account, PositionModeControl):
    """One mode for every symbol of both products."""

    __slots__ = ()

    #: the cheapest read that :class:`TellsPositionMode`
    READ_POSITION_MODE: ClassVar[Endpoint[Any]]
    endpoints: ClassVar[ProductEndpoints]

    async def get_position_mode(self, *, symbol: str | None = None) -> PositionModeSetting:  # noqa: ARG002  (the account's)
        """Return the mode that holds, by one read."""
        told: TellsPositionMode = await self.call(self.READ_POSITION_MODE)
        return PositionModeSetting(position_mode_of(told.dual_side_position), self._venues_of_mode())

    async def set_position_mode(
        self, mode: PositionMode, *, symbol: str | None = None, asset: str | None = None
    ) -> PositionModeSetting:
        """Set the mode; the venue refuses it while either product has a position or open orders."""
        if symbol is not None or asset is not None:
            raise self.refuse(
                "the position mode is the account's here, not a symbol's or an asset's",
                operation="set_position_mode",
                subject=symbol or asset,
            )
        if mode not in set(PositionMode):
            raise self.refuse(f"the position mode can be one_way or hedge, not {mode!r}", operation="set_position_mode")

        def setting(change: Change[Acknowledgement]) -> PositionModeSetting:
            return PositionModeSetting(PositionMode(mode), self._venues_of_mode(), change.changed)

        return await self.call_as(
            setting, self.endpoints.SET_POSITION_MODE, dualSidePosition=mode == PositionMode.HEDGE
        )

    def _venues_of_mode(self) -> tuple[str, ...]:
        return self.behaviour(PositionModeBehaviour).shared_with


def position_mode_readback(endpoint: Endpoint[P]) -> Readback:
    """Return what finds out whether a lost change of position mode holds."""

    async def read(call: Call, lost: Lost) -> Reading[Acknowledgement]:
        told = await call(endpoint)
        return Reading(
            value=position_mode_of(told.dual_side_position),
            holds=told.dual_side_position == lost.parameters["dualSidePosition"],
        )

    return read
