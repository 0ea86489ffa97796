"""Setting: leverage and margin type of a contract."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import (
    LeverageControl,
    LeverageSetting,
    MarginType,
    MarginTypeControl,
    MarginTypeSetting,
    PositionSide,
    Unit,
)
from venuekit.plugin import Account, Change
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.payloads import LeverageRow, MarginRow

__all__ = ["ToyLeverage", "ToyMarginType"]


class ToyLeverage(Account, LeverageControl):
    """One leverage per contract."""

    __slots__ = ()

    async def get_leverage(self, symbol: str) -> LeverageSetting:
        """Return the leverage that holds."""
        (row,) = await self.call(TOY.SETTINGS, contract=symbol)
        return _leverage(LeverageRow(row.contract, row.leverage), changed=None)

    async def set_leverage(
        self,
        symbol: str,
        leverage: int | Decimal,
        *,
        side: PositionSide | None = None,
        margin_type: MarginType | None = None,
    ) -> LeverageSetting:
        """Change the leverage; the venue refuses a repetition, which counts as success."""
        if side is not None or margin_type is not None:
            raise self.refuse("leverage is one per contract", operation="set_leverage", subject=symbol)

        def setting(change: Change[LeverageRow]) -> LeverageSetting:
            return _leverage(change.answer or LeverageRow(symbol, Decimal(leverage)), changed=change.changed)

        return await self.call_as(setting, TOY.SET_LEVERAGE, contract=symbol, leverage=leverage)


class ToyMarginType(Account, MarginTypeControl):
    """One margin type per contract."""

    __slots__ = ()

    async def get_margin_type(self, symbol: str | None = None) -> MarginTypeSetting:
        """Return the margin type that holds."""
        if symbol is None:
            raise self.refuse("the margin type is a contract's: name one", operation="get_margin_type")
        (row,) = await self.call(TOY.SETTINGS, contract=symbol)
        return MarginTypeSetting(row.contract, MarginType(row.margin))

    async def set_margin_type(
        self, symbol: str | None, margin_type: MarginType, *, account_wide: bool = False
    ) -> MarginTypeSetting:
        """Change the margin type of a contract."""
        if symbol is None or account_wide:
            raise self.refuse("the margin type is a contract's: name one", operation="set_margin_type", subject=symbol)

        def setting(change: Change[MarginRow]) -> MarginTypeSetting:
            row = change.answer or MarginRow(symbol, margin_type.value)
            return MarginTypeSetting(row.contract, MarginType(row.margin), change.changed)

        return await self.call_as(setting, TOY.SET_MARGIN_TYPE, contract=symbol, margin=margin_type.value)


def _leverage(row: LeverageRow, *, changed: bool | None) -> LeverageSetting:
    unit = None if row.largest is None else Unit.QUOTE
    return LeverageSetting(row.contract, row.leverage, row.leverage, row.largest, unit, changed)
