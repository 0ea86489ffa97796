"""Leverage: set by a write, read with the symbol's other settings."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from venuekit.capabilities import LeverageControl, LeverageSetting, MarginType, PositionSide, Unit
from venuekit.plugin import Account, Call, Change, Lost, Readback, Reading
from venuekit_binance_common.payloads import LeverageRow
from venuekit_binance_common.product import ProductEndpoints
from venuekit_binance_common.settings.symbol import ReadSymbol

__all__ = ["BinanceLeverage", "leverage_readback"]


class BinanceLeverage(Account, LeverageControl):
    """Long and short share one leverage, which is the symbol's whatever its margin type."""

    __slots__ = ()

    endpoints: ClassVar[ProductEndpoints]
    READ_SYMBOL: ClassVar[ReadSymbol]
    #: what the largest position at a leverage is counted in
    LARGEST_UNIT: ClassVar[Unit]

    async def get_leverage(self, symbol: str) -> LeverageSetting:
        """Return the leverage that holds for ``symbol``, by one read."""
        held = await self.READ_SYMBOL(self.call, symbol)
        return self._setting(held.symbol, held.leverage, held.largest, changed=None)

    async def set_leverage(
        self,
        symbol: str,
        leverage: int | Decimal,
        *,
        side: PositionSide | None = None,
        margin_type: MarginType | None = None,
    ) -> LeverageSetting:
        """Change the leverage; the venue has no "no need to change" here and accepts the present value again."""
        if side is not None or margin_type is not None:
            raise self.refuse(
                "leverage is one per symbol here, not per side or margin type",
                operation="set_leverage",
                subject=symbol,
            )

        def setting(change: Change[LeverageRow]) -> LeverageSetting:
            row = change.answer or LeverageRow(symbol, int(leverage))
            return self._setting(row.symbol, Decimal(row.leverage), row.largest, changed=change.changed)

        return await self.call_as(setting, self.endpoints.SET_LEVERAGE, symbol=symbol, leverage=leverage)

    def _setting(
        self, symbol: str, leverage: Decimal, largest: Decimal | None, *, changed: bool | None
    ) -> LeverageSetting:
        unit = None if largest is None else self.LARGEST_UNIT
        return LeverageSetting(symbol, leverage, leverage, largest, unit, changed)


def leverage_readback(read_symbol: ReadSymbol) -> Readback:
    """Return what finds out whether a lost change of leverage holds."""

    async def read(call: Call, lost: Lost) -> Reading[LeverageRow]:
        held = await read_symbol(call, lost.parameters["symbol"])
        return Reading(
            value=held.leverage,
            holds=held.leverage == lost.parameters["leverage"],
            answer=LeverageRow(held.symbol, int(held.leverage), held.largest),
        )

    return read
