"""Auto-deleveraging: the rank that position rows carry."""

from __future__ import annotations

from venuekit.capabilities import AdlQuantile, AdlReader, PositionSide
from venuekit.plugin import Account
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.position_rows import ADL_RANK_OF
from venuekit_bybit_inverse.positions import LEG, PAGE_SIZE, listed_positions
from venuekit_bybit_inverse.reading import read_rows

__all__ = ["BybitAdl"]


class BybitAdl(Account, AdlReader):
    """Read ranks from 1 to 5; 0 says that there is no position."""

    __slots__ = ()

    async def get_adl_quantiles(self, *, symbol: str | None = None) -> tuple[AdlQuantile, ...]:
        """Return the rank of a symbol, also a flat one, or of all open positions."""
        pages = await read_rows(self, BYBIT.POSITION_LIST, LEG, category=CATEGORY, symbol=symbol, limit=PAGE_SIZE)
        return tuple(
            AdlQuantile(position.symbol, PositionSide.BOTH, position.adl_rank, ADL_RANK_OF)
            for position in listed_positions(self, pages, at_least=1)[0]
            if position.adl_rank is not None
        )
