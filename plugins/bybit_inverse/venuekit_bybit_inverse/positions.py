"""Positions and ranks of auto-deleveraging: the venue's rows, the account's margin mode and the coin of settlement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from venuekit.capabilities import AdlQuantile, AdlReader, MarginType, Position, PositionReader, PositionSide, Unit
from venuekit.parts.checks import check_one_way
from venuekit.parts.concurrency import gather
from venuekit.parts.values import readable_values
from venuekit.plugin import Account, OddRow
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.endpoints.positions import ADL_RANK_OF, POSITIONS
from venuekit_bybit_inverse.instruments import settle_coins, unknown_symbol_error
from venuekit_bybit_inverse.reading import Pages, read_pages
from venuekit_bybit_inverse.wire import CONTRACT_SIZE

PAGE_SIZE = 200
#: no other row of positions has the same
LEG: Callable[[Any], tuple[object, ...]] = attrgetter("symbol", "positionIdx")


class BybitPositions(Account, PositionReader):
    """Read inverse positions; always one-way, so every side is BOTH."""

    __slots__ = ()

    async def get_positions(
        self,
        *,
        symbol: str | None = None,
        pair: str | None = None,
        margin_asset: str | None = None,
        include_flat: bool = False,
    ) -> tuple[Position, ...]:
        """
        Return the open positions; flat rows exist only where a symbol is named.

        One that cannot be read is left out with a warning; where its symbol is named it is an error.
        """
        if pair is not None:
            raise self.refuse("this venue has no filter by pair", subject=pair)
        settle_coin = margin_asset if symbol is None else None
        found = await self._read_positions(symbol=symbol, settleCoin=settle_coin)
        return tuple(
            position
            for position in found
            # the settlement coin of a contract that is no longer listed is known by the venue's own filter alone
            if (include_flat or position.quantity) and (margin_asset is None or position.settle in {None, margin_asset})
        )

    async def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        """Return the position of a symbol, flat if need be."""
        check_one_way(self, symbol, side)
        for position in await self._read_positions(symbol=symbol):
            if position.symbol == symbol:
                return position
        settle = await settle_coins(self, frozenset({symbol}))
        if symbol not in settle:
            raise unknown_symbol_error(self, symbol)
        return Position(symbol, PositionSide.BOTH, Decimal(0), CONTRACT_SIZE, Unit.QUOTE, settle=settle[symbol])

    async def _read_positions(self, **which: str | None) -> tuple[Position, ...]:
        # one that is asked for by its symbol must not be left out
        is_named = which.get("symbol") is not None
        by = Account.answer if is_named else Account.answer_rows
        info, pages = await gather(
            self.answer(BYBIT.ACCOUNT_INFO),
            read_pages(self, BYBIT.POSITION_LIST, LEG, by=by, category=CATEGORY, limit=PAGE_SIZE, **which),
        )
        return await positions_of(
            self,
            pages,
            margin_type=info.value.margin_type,
            as_of=min(info.as_of, pages.as_of),
            at_least=None if is_named else 1,
        )


async def positions_of(
    account: Account,
    pages: Pages[Any],
    *,
    margin_type: MarginType,
    as_of: datetime,
    include_flat: bool = True,
    at_least: int | None = 1,
) -> tuple[Position, ...]:
    """Return the positions of pages that were read, under the account's margin type, with their settle coins."""
    settle = await settle_coins(account, frozenset(row.symbol for row in pages.rows))
    context = {"joined": settle, "margin_type": margin_type, "as_of": as_of, "received_at": pages.received_at}
    return listed_positions(account, pages, at_least=at_least, include_flat=include_flat, **context)[0]


def listed_positions(
    account: Account, pages: Pages[Any], *, at_least: int | None = 0, include_flat: bool = True, **context: Any
) -> tuple[tuple[Position, ...], list[OddRow]]:
    """Return the positions of pages, one that comes again as it was read last, and the rows that cannot be read."""
    positions: dict[tuple[str, PositionSide], Position] = {}
    odd: list[OddRow] = []
    for answer in pages.answers:
        rows = answer.value.rows if include_flat else answer.value.rows.without_flat()
        values, misread = readable_values(
            account, BYBIT.POSITION_LIST, answer, rows, POSITIONS, at_least=at_least, **context
        )
        positions |= {(position.symbol, position.side): position for position in values}
        odd += misread
    return tuple(positions.values()), odd


class BybitAdl(Account, AdlReader):
    """Read ranks from 1 to 5; 0 says that there is no position."""

    __slots__ = ()

    async def get_adl_quantiles(self, *, symbol: str | None = None) -> tuple[AdlQuantile, ...]:
        """Return the rank of a symbol, also a flat one, or of all open positions."""
        pages = await read_pages(self, BYBIT.POSITION_LIST, LEG, category=CATEGORY, symbol=symbol, limit=PAGE_SIZE)
        return tuple(
            AdlQuantile(position.symbol, PositionSide.BOTH, position.adl_rank, ADL_RANK_OF)
            for position in listed_positions(self, pages, at_least=1)[0]
            if position.adl_rank is not None
        )
