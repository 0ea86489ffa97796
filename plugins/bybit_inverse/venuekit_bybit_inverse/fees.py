"""Fees: the rates of a symbol."""

from __future__ import annotations

from typing import ClassVar

from venuekit.account import Account
from venuekit.capabilities import CommissionRate, CommissionReader
from venuekit.endpoint import Endpoint
from venuekit_bybit_inverse.endpoints import CATEGORY, FEE_RATE
from venuekit_bybit_inverse.payloads import FeeRateRow
from venuekit_bybit_inverse.reading import unknown_symbol_error

__all__ = ["BybitFees"]


class BybitFees(Account, CommissionReader):
    """Read commission rates."""

    __slots__ = ()

    fee_rate: ClassVar[Endpoint[tuple[FeeRateRow, ...]]] = FEE_RATE

    async def get_commission_rate(self, symbol: str) -> CommissionRate:
        """Return the maker and taker rate of a symbol; the venue names none for retail price improvement."""
        for row in await self.call(self.fee_rate, category=CATEGORY, symbol=symbol):
            if row.symbol == symbol:
                return CommissionRate(symbol, row.maker_fee_rate, row.taker_fee_rate)
        raise unknown_symbol_error(self, symbol, "get_commission_rate")
