"""Position margin: moved by hand in isolated margin."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import MarginChange, PositionMarginControl, PositionSide
from venuekit.parts.checks import check_amount, check_one_way
from venuekit.plugin import Account, Answer
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.endpoints.margin import MovedMargin
from venuekit_bybit_inverse.instruments import instrument_row

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
        return await self._move(symbol, amount, 1, side)

    async def reduce_margin(self, symbol: str, amount: Decimal, *, side: PositionSide | None = None) -> MarginChange:
        """Move ``amount`` back to the account; more than was added is refused (110078)."""
        return await self._move(symbol, amount, -1, side)

    async def _move(self, symbol: str, amount: object, sign: int, side: PositionSide | None) -> MarginChange:
        check_one_way(self, symbol, side)
        signed = sign * check_amount(self, symbol, amount, decimals=_DECIMALS)
        row = await instrument_row(self, symbol)

        def change(answer: Answer[MovedMargin]) -> MarginChange:
            raw = (answer.raw or {}).get("result")
            time = answer.value.updated_time
            return MarginChange(symbol, PositionSide.BOTH, row.settle_coin, signed, time=time, raw=raw)

        return await self.answer_as(change, BYBIT.ADD_MARGIN, category=CATEGORY, symbol=symbol, margin=signed)
