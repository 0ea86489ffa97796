"""Leverage: of a symbol, the same for both sides."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from venuekit.account import Account
from venuekit.capabilities import (
    LeverageBehaviour,
    LeverageControl,
    LeverageSetting,
    MarginType,
    PositionSide,
    Unit,
)
from venuekit.endpoint import Endpoint
from venuekit.resolution import Change
from venuekit_bybit_inverse.endpoints import CATEGORY, POSITION_LIST, SET_LEVERAGE, SYMBOL_INFO
from venuekit_bybit_inverse.payloads import Page, PositionRow, SymbolInfoRow
from venuekit_bybit_inverse.reading import unknown_symbol_error

__all__ = ["BybitLeverage"]


class BybitLeverage(Account, LeverageControl):
    """Read and set leverage; a number from 1 to 100 in steps of 0.01."""

    __slots__ = ()

    position_list: ClassVar[Endpoint[Page[PositionRow]]] = POSITION_LIST
    symbol_info: ClassVar[Endpoint[tuple[SymbolInfoRow, ...]]] = SYMBOL_INFO
    change_leverage: ClassVar[Endpoint[Change[None]]] = SET_LEVERAGE

    async def get_leverage(self, symbol: str) -> LeverageSetting:
        """Return the leverage from the symbol's position row, which exists also when flat."""
        page = await self.call(self.position_list, category=CATEGORY, symbol=symbol)
        for row in page.rows:
            if row.symbol == symbol:
                cap = row.risk_limit_value
                unit = None if cap is None else Unit.SETTLE
                return LeverageSetting(symbol, row.leverage, row.leverage, cap, unit)
        for info in await self.call(self.symbol_info, category=CATEGORY, symbol=symbol):
            if info.symbol == symbol:
                return LeverageSetting(symbol, info.leverage, info.leverage)
        raise unknown_symbol_error(self, symbol, "get_leverage")

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
            raise self.refuse(words, operation="set_leverage", subject=symbol)
        wanted = self._check_leverage(symbol, leverage)
        return await self.call_as(
            lambda change: LeverageSetting(symbol, wanted, wanted, changed=change.changed),
            self.change_leverage,
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
        raise self.refuse(words, operation="set_leverage", subject=symbol)
