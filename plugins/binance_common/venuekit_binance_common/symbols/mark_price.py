"""Mark prices: what profit, margin and liquidation are counted with."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import attrs

from venuekit.capabilities import MarkPrice, MarkPriceReader
from venuekit.plugin import Account, payload_decoder
from venuekit_binance_common.payloads import camel_names, one_or_many
from venuekit_binance_common.product import ProductEndpoints
from venuekit_binance_common.symbols.instruments import unknown_symbol_error

__all__ = ["BinanceMarkPrice", "MarkPriceRow", "decode_mark_prices"]


@attrs.frozen
class MarkPriceRow:
    """Funding is empty where the contract expires."""

    symbol: str
    mark_price: Decimal
    index_price: Decimal | None = None
    last_funding_rate: Decimal | None = None
    next_funding_time: datetime | None = None
    time: datetime | None = None


decode_mark_prices = one_or_many(payload_decoder(tuple[MarkPriceRow, ...], renames=camel_names(MarkPriceRow)))


class BinanceMarkPrice(Account, MarkPriceReader):
    """Public; one symbol at a time."""

    __slots__ = ()

    endpoints: ClassVar[ProductEndpoints]

    async def get_mark_price(self, symbol: str) -> MarkPrice:
        """Return the mark price of a symbol, and its funding where there is any."""
        for row in await self.call(self.endpoints.MARK_PRICE, symbol=symbol):
            if row.symbol == symbol:
                next_at = row.next_funding_time
                rate = None if next_at is None else row.last_funding_rate
                return MarkPrice(row.symbol, row.mark_price, row.index_price, rate, next_at, row.time)
        raise unknown_symbol_error(self, self.endpoints.MARK_PRICE, symbol, operation="get_mark_price")
