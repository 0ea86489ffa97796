"""Position margin: moved by hand in isolated margin."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import MarginChange, PositionMarginControl, PositionSide
from venuekit.plugin import Account, Answer
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.instruments import instrument_row
from venuekit_bybit_inverse.payloads import MovedMargin

__all__ = ["BybitPositionMargin"]

#: an amount has at most this many decimals
_DECIMALS = 4


class BybitPositionMargin(Account, PositionMarginControl):
    """
    Add and reduce margin; the account must be in isolated margin (110015) and the position open (110033).

    The venue keeps no history of it. A lost answer is found out about by the position's row, which is read before
    every change; that assumes that no other actor moves margin of this position meanwhile.
    """

    __slots__ = ()

    async def add_margin(self, symbol: str, amount: Decimal, *, side: PositionSide | None = None) -> MarginChange:
        """Move ``amount`` of the settle coin, at most four decimals, from the account to the position."""
        return await self._move("add_margin", symbol, amount, 1, side)

    async def reduce_margin(self, symbol: str, amount: Decimal, *, side: PositionSide | None = None) -> MarginChange:
        """Move ``amount`` back to the account; more than was added is refused (110078)."""
        return await self._move("reduce_margin", symbol, amount, -1, side)

    async def _move(
        self, operation: str, symbol: str, amount: object, sign: int, side: PositionSide | None
    ) -> MarginChange:
        if side not in {None, PositionSide.BOTH}:
            words = f"a position in one-way mode has no side {side}"
            raise self.refuse(words, operation=operation, subject=symbol)
        signed = sign * self._check_amount(operation, symbol, amount)
        row = await instrument_row(self, symbol, operation)

        def change(answer: Answer[MovedMargin]) -> MarginChange:
            raw = (answer.raw or {}).get("result")
            time = answer.value.updated_time
            return MarginChange(symbol, PositionSide.BOTH, row.settle_coin, signed, time=time, raw=raw)

        return await self.answer_as(change, BYBIT.ADD_MARGIN, category=CATEGORY, symbol=symbol, margin=signed)

    def _check_amount(self, operation: str, symbol: str, amount: object) -> Decimal:
        if not isinstance(amount, bool) and isinstance(amount, int | Decimal):
            wanted = Decimal(amount)
            if wanted.is_finite() and wanted > 0 and wanted == round(wanted, _DECIMALS):
                return wanted
        words = f"the amount must be a positive Decimal of at most {_DECIMALS} decimals, not {amount!r}"
        raise self.refuse(words, operation=operation, subject=symbol)
