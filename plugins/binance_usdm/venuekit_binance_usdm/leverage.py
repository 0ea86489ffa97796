"""Leverage: set by a write, read from the symbol's configuration."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from venuekit.account import Account
from venuekit.capabilities import LeverageControl, LeverageSetting, MarginType, PositionSide, Unit
from venuekit.endpoint import Call, Change, Endpoint, Lost, Readback, Reading
from venuekit_binance_usdm.payloads import LeverageRow, SymbolConfig
from venuekit_binance_usdm.symbol_config import config_of

__all__ = ["BinanceLeverage", "leverage_readback"]


class BinanceLeverage(Account, LeverageControl):
    """Long and short share one leverage, which is the symbol's whatever its margin type."""

    __slots__ = ()

    SET_LEVERAGE: ClassVar[Endpoint[Change[LeverageRow]]]
    SYMBOL_CONFIG: ClassVar[Endpoint[tuple[SymbolConfig, ...]]]

    async def get_leverage(self, symbol: str) -> LeverageSetting:
        """Return the leverage that holds for ``symbol``; weight 5."""
        row = config_of(await self.call(self.SYMBOL_CONFIG, symbol=symbol), symbol)
        return _setting(row.symbol, row.leverage, row.max_notional_value, changed=None)

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
        change = await self.call(self.SET_LEVERAGE, symbol=symbol, leverage=leverage)
        row = change.answer or LeverageRow(symbol, int(leverage))
        return _setting(row.symbol, row.leverage, row.max_notional_value, changed=change.changed)


def _setting(symbol: str, leverage: int, largest: Decimal | None, *, changed: bool | None) -> LeverageSetting:
    ratio = Decimal(leverage)
    return LeverageSetting(symbol, ratio, ratio, largest, Unit.QUOTE if largest is not None else None, changed)


def leverage_readback(symbol_config: Endpoint[tuple[SymbolConfig, ...]]) -> Readback:
    """Return what finds out whether a lost change of leverage holds."""

    async def read(call: Call, lost: Lost) -> Reading[LeverageRow]:
        symbol = lost.parameters["symbol"]
        row = config_of(await call(symbol_config, symbol=symbol), symbol)
        return Reading(
            value=Decimal(row.leverage),
            holds=row.leverage == lost.parameters["leverage"],
            answer=LeverageRow(row.symbol, row.leverage, row.max_notional_value),
        )

    return read
