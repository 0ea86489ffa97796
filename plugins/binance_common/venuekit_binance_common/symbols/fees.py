"""Fees: the commission rates of a symbol."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import attrs

from venuekit.capabilities import CommissionRate, CommissionReader
from venuekit.plugin import Account, payload_decoder
from venuekit_binance_common.payloads import camel_names
from venuekit_binance_common.product import ProductEndpoints

__all__ = ["BinanceFees", "CommissionRow", "decode_commission"]


@attrs.frozen
class CommissionRow:
    """Fractions: 0.0004 is 0.04 %; only one of the products has a rate for retail price improvement orders."""

    symbol: str
    maker_commission_rate: Decimal
    taker_commission_rate: Decimal
    rpi_commission_rate: Decimal | None = None


decode_commission = payload_decoder(CommissionRow, renames=camel_names(CommissionRow))


class BinanceFees(Account, CommissionReader):
    """The rates that hold for this account."""

    __slots__ = ()

    endpoints: ClassVar[ProductEndpoints]

    async def get_commission_rate(self, symbol: str) -> CommissionRate:
        """Return the rates of a symbol; weight 20."""
        row = await self.call(self.endpoints.COMMISSION, symbol=symbol)
        return CommissionRate(row.symbol, row.maker_commission_rate, row.taker_commission_rate, row.rpi_commission_rate)
