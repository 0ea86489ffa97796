"""Auto-deleveraging: how near to the front of the queue the legs of a symbol stand."""

from __future__ import annotations

from typing import ClassVar

import attrs

from venuekit.capabilities import AdlQuantile, AdlReader, PositionSide
from venuekit.plugin import Account, payload_decoder
from venuekit_binance_common.payloads import camel_names, one_or_many
from venuekit_binance_common.product import ProductEndpoints

#: ranks count from 0 up to here
ADL_TOP = 4


@attrs.frozen
class _Ranks:
    """Ranks by side; ``HEDGE`` replaces ``BOTH`` as a mere marker, and is left out."""

    long: int | None = None
    short: int | None = None
    both: int | None = None


@attrs.frozen
class AdlRow:
    """The ranks of one symbol."""

    symbol: str
    adl_quantile: _Ranks


_NAMES = {**camel_names(AdlRow), _Ranks: {"long": "LONG", "short": "SHORT", "both": "BOTH"}}
decode_adl = one_or_many(payload_decoder(tuple[AdlRow, ...], renames=_NAMES))


class BinanceAdl(Account, AdlReader):
    """Ranks from 0 to 4, renewed by the venue every 30 seconds."""

    __slots__ = ()

    endpoints: ClassVar[ProductEndpoints]

    async def get_adl_quantiles(self, *, symbol: str | None = None) -> tuple[AdlQuantile, ...]:
        """Return the rank of each leg that the venue lists; weight 5."""
        answer = await self.answer_rows(self.endpoints.ADL, symbol=symbol)
        return tuple(
            AdlQuantile(row.symbol, side, rank, ADL_TOP)
            for row in answer.value
            for side, rank in (
                (PositionSide.BOTH, row.adl_quantile.both),
                (PositionSide.LONG, row.adl_quantile.long),
                (PositionSide.SHORT, row.adl_quantile.short),
            )
            if rank is not None
        )
