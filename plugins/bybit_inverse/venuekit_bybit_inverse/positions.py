"""Positions: the venue's rows joined with the account's margin mode and the coin each contract settles in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Context, Decimal
from operator import attrgetter
from typing import Any

from venuekit.capabilities import (
    MarginType,
    Position,
    PositionReader,
    PositionSide,
    PositionState,
    Unit,
)
from venuekit.parts.concurrency import gather
from venuekit.plugin import Account, nonzero
from venuekit_bybit_inverse.endpoints import BYBIT, CATEGORY
from venuekit_bybit_inverse.instruments import CONTRACT_SIZE, settle_coins
from venuekit_bybit_inverse.payloads import PositionRow
from venuekit_bybit_inverse.reading import Rows, read_pages, read_rows, unknown_symbol_error
from venuekit_bybit_inverse.wire import position_side_of

__all__ = ["ADL_RANK_OF", "LEG", "PAGE_SIZE", "BybitPositions", "positions_of"]

PAGE_SIZE = 200
#: what no other row of positions has
LEG: Callable[[PositionRow], tuple[object, ...]] = attrgetter("symbol", "position_idx")

_EXACT = Context(prec=34)
_STATES = {"Normal": PositionState.NORMAL, "Liq": PositionState.LIQUIDATION, "Adl": PositionState.ADL}
#: the venue ranks from 0 (no position) to 5
ADL_RANK_OF = 5
_NEVER_TRADED = -1


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
            raise self.refuse("this venue has no filter by pair", operation="get_positions", subject=pair)
        settle_coin = margin_asset if symbol is None else None
        found = await self._read_rows(symbol=symbol, settleCoin=settle_coin)
        return tuple(
            position
            for position in found
            # of a contract that is listed no more, nothing but the venue's own filter tells what it settles in
            if (include_flat or position.quantity) and (margin_asset is None or position.settle in {None, margin_asset})
        )

    async def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        """Return the position of a symbol, flat if need be."""
        if side not in {None, PositionSide.BOTH}:
            words = f"a position in one-way mode has no side {side}"
            raise self.refuse(words, operation="get_position", subject=symbol)
        for position in await self._read_rows(symbol=symbol):
            if position.symbol == symbol:
                return position
        settle = await settle_coins(self, frozenset({symbol}))
        if symbol not in settle:
            raise unknown_symbol_error(self, symbol, "get_position")
        return Position(symbol, PositionSide.BOTH, Decimal(0), CONTRACT_SIZE, Unit.QUOTE, settle=settle[symbol])

    async def _read_rows(self, **which: str | None) -> tuple[Position, ...]:
        # what names a symbol is about its row
        read = read_rows if which.get("symbol") is None else read_pages
        info, found = await gather(
            self.answer(BYBIT.ACCOUNT_INFO),
            read(self, BYBIT.POSITION_LIST, LEG, category=CATEGORY, limit=PAGE_SIZE, **which),
        )
        settle = await settle_coins(self, frozenset(row.symbol for row in found.rows))
        return positions_of(found, info.value.margin_mode.margin_type, settle, min(info.as_of, found.as_of))


def positions_of(
    found: Rows[PositionRow], margin_type: MarginType, settle: Mapping[str, str], as_of: datetime
) -> tuple[Position, ...]:
    """Return the positions of rows that were read, under the account's margin type."""
    return tuple(
        _position(row, margin_type, settle=settle.get(row.symbol), as_of=as_of, received_at=found.received_at, raw=raw)
        for row, raw in zip(found.rows, found.raw, strict=True)
    )


def _position(
    row: PositionRow,
    margin_type: MarginType,
    *,
    settle: str | None,
    as_of: datetime,
    received_at: datetime,
    raw: Mapping[str, Any] | None,
) -> Position:
    quantity = row.quantity
    notional = abs(quantity) * CONTRACT_SIZE
    mark = nonzero(row.mark_price)
    state = row.position_status
    return Position(
        symbol=row.symbol,
        side=position_side_of(row.position_idx),
        quantity=quantity,
        contract_size=CONTRACT_SIZE,
        contract_unit=Unit.QUOTE,
        settle=settle,
        entry_price=nonzero(row.avg_price),
        break_even_price=nonzero(row.break_even_price),
        mark_price=mark,
        notional=notional,
        # Never positionValue: its rows hold size / entry in print, and the venue's pages say size / mark.
        value=notional if not notional else None if mark is None else _EXACT.divide(notional, mark),
        unrealized_pnl=row.unrealised_pnl,
        realized_pnl=row.cur_realised_pnl,
        leverage=row.leverage,
        # tradeMode is always 0 on a unified account, so the rows themselves do not tell.
        margin_type=margin_type,
        position_initial_margin=row.position_im,
        maintenance_margin=row.position_mm,
        liquidation_price=nonzero(row.liq_price),
        bankruptcy_price=nonzero(row.bust_price),
        max_position=row.risk_limit_value,
        max_position_unit=None if row.risk_limit_value is None else Unit.SETTLE,
        auto_add_margin=row.auto_add_margin,
        state=None if state is None else _STATES.get(state) or PositionState(state),
        reduce_only_forced=row.is_reduce_only,
        adl_rank=row.adl_rank_indicator,
        adl_rank_of=None if row.adl_rank_indicator is None else ADL_RANK_OF,
        updated_at=row.updated_time,
        opened_at=row.open_time,
        sequence=None if row.seq == _NEVER_TRADED else row.seq,
        as_of=as_of,
        received_at=received_at,
        raw=raw,
    )
