"""Leverage: of a symbol, the same for both sides."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import (
    LeverageBehaviour,
    LeverageControl,
    LeverageSetting,
    MarginType,
    PositionSide,
)
from venuekit.plugin import Account
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.reading import unknown_symbol_error


class BybitLeverage(Account, LeverageControl):
    """Read and set leverage; a number from 1 to 100 in steps of 0.01."""

    __slots__ = ()

    async def get_leverage(self, symbol: str) -> LeverageSetting:
        """Return the leverage from the symbol's position row, which exists also when flat."""
        page = await self.call(BYBIT.POSITION_LIST, category=CATEGORY, symbol=symbol)
        for held in page.rows.of({symbol}).values():
            return LeverageSetting(symbol, held.leverage, held.leverage, held.max_position, held.max_position_unit)
        for setting in await self.call(BYBIT.SYMBOL_INFO, category=CATEGORY, symbol=symbol):
            if setting.symbol == symbol:
                return setting
        raise unknown_symbol_error(self, symbol)

    async def set_leverage(
        self,
        symbol: str,
        leverage: int | Decimal,
        *,
        side: PositionSide | None = None,
        margin_type: MarginType | None = None,
    ) -> LeverageSetting:
        """Change the leverage of a symbol; where the risk tier allows less, the venue refuses it (110013)."""
        if side is not None or margin_type is not None:
            words = "leverage belongs to the symbol here, not to a side or a margin type"
            raise self.refuse(words, subject=symbol)
        wanted = self._check_leverage(symbol, leverage)
        return await self.call_as(
            lambda change: LeverageSetting(symbol, wanted, wanted, changed=change.changed),
            BYBIT.SET_LEVERAGE,
            category=CATEGORY,
            symbol=symbol,
            buyLeverage=wanted,
            sellLeverage=wanted,
        )

    def _check_leverage(self, symbol: str, leverage: object) -> Decimal:
        declared = self.behaviour(LeverageBehaviour)
        low, high, step = declared.minimum or Decimal(1), declared.maximum or Decimal("Infinity"), declared.step
        if not isinstance(leverage, bool) and isinstance(leverage, int | Decimal):
            wanted = Decimal(leverage)
            if wanted.is_finite() and low <= wanted <= high and (step is None or not wanted % step):
                return wanted
        words = f"leverage must be an int or Decimal from {low} to {high} in steps of {step}, not {leverage!r}"
        raise self.refuse(words, subject=symbol)
