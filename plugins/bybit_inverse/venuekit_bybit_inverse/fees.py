"""Fees: the rates of a symbol."""

from __future__ import annotations

from venuekit.capabilities import CommissionRate, CommissionReader
from venuekit.plugin import Account
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.reading import unknown_symbol_error

__all__ = ["BybitFees"]


class BybitFees(Account, CommissionReader):
    """Read commission rates."""

    __slots__ = ()

    async def get_commission_rate(self, symbol: str) -> CommissionRate:
        """Return the maker and taker rate of a symbol; the venue names none for retail price improvement."""
        for row in await self.call(BYBIT.FEE_RATE, category=CATEGORY, symbol=symbol):
            if row.symbol == symbol:
                return CommissionRate(symbol, row.maker_fee_rate, row.taker_fee_rate)
        raise unknown_symbol_error(self, symbol, "get_commission_rate")
