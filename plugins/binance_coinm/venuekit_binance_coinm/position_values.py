"""What a row tells, and what follows from it: quantities are contracts, each a fixed amount of the quote asset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from venuekit.capabilities import MarginType, Position, Unit
from venuekit.payloads import interned
from venuekit_binance_common.payloads import InstrumentRow
from venuekit_binance_common.words import POSITION_SIDES, margin_type_of

if TYPE_CHECKING:
    from venuekit_binance_coinm.position_rows import PositionRow

__all__ = ["positions_of"]

_EXACT = Context(prec=34)
_OF_FLAG = {True: MarginType.ISOLATED, False: MarginType.CROSS, None: None}
_FLAGS: Mapping[str | None, bool] = {"true": True, "false": False}
#: few words, many rows
_margin_type_of = lru_cache(maxsize=16)(margin_type_of)


def positions_of(
    rows: Iterable[PositionRow],
    contracts: Mapping[str, InstrumentRow],
    *,
    as_of: datetime,
    received_at: datetime,
    raws: Iterable[Mapping[str, Any] | None],
) -> tuple[Position, ...]:
    """
    Return the positions that rows tell, each with its ``raws``.

    ``notional`` is quantity x contract size, face value without a price in it; ``value`` is the venue's, else notional
    over mark; the isolated wallet is the venue's, else the isolated margin less the unrealised profit.

    This is the hot path of a read of hundreds of rows: values are made by position, in the order of the fields of
    :class:`~venuekit.capabilities.Position`, and what two fields say in the same words is read once.

    Raises:
        ValueError: what should be a number is none.
    """
    number, at, sides = interned, datetime.fromtimestamp, POSITION_SIDES
    isolated, quote, base = MarginType.ISOLATED, Unit.QUOTE, Unit.BASE
    positions = []
    for row, raw in zip(rows, raws, strict=True):
        contract = contracts[row.symbol]
        size = contract.contract_size
        quantity = number(row.position_amt)
        notional = abs(quantity) * size
        mark = (number(text) or None) if (text := row.mark_price) else None
        pnl = number(text) if (text := row.un_realized_profit or row.unrealized_profit) else None
        margin_type = _OF_FLAG[row.isolated] if row.margin_type is None else _margin_type_of(row.margin_type)
        isolated_wallet = isolated_margin = None
        if margin_type is isolated:
            isolated_margin = number(row.isolated_margin) if row.isolated_margin else None
            isolated_wallet = _isolated_wallet(row.isolated_wallet, isolated_margin, pnl)
        margin_text = row.position_initial_margin
        position_margin = number(margin_text) if margin_text else None
        positions.append(
            Position(
                row.symbol,
                sides[row.position_side],
                quantity,
                size,
                quote,
                contract.margin_asset,
                (number(text) or None) if (text := row.entry_price) else None,
                (number(text) or None) if (text := row.break_even_price) else None,
                mark,
                notional,
                abs(number(text)) if (text := row.notional_value) else _value(notional, mark),
                pnl,
                None,  # realized_pnl
                number(row.leverage),
                margin_type,
                isolated_wallet,
                isolated_margin,
                position_margin,
                number(text) if (text := row.open_order_initial_margin) else None,
                position_margin if (text := row.initial_margin) == margin_text else number(text) if text else None,
                number(text) if (text := row.maint_margin) else None,
                (number(text) or None) if (text := row.liquidation_price) else None,
                None,  # bankruptcy_price
                number(row.max_qty),
                base,
                _FLAGS.get(row.is_auto_add_margin),
                None,  # state
                None,  # reduce_only_forced
                None,  # adl_rank
                None,  # adl_rank_of
                at(row.update_time / 1000, UTC) if row.update_time > 0 else None,
                None,  # opened_at
                None,  # sequence
                as_of,
                received_at,
                raw,
            )
        )
    return tuple(positions)


def _value(notional: Decimal, mark: Decimal | None) -> Decimal | None:
    if not notional:
        return notional
    return None if mark is None else _EXACT.divide(notional, mark)


def _isolated_wallet(told: str | None, margin: Decimal | None, pnl: Decimal | None) -> Decimal | None:
    if told:
        return interned(told)
    return None if margin is None or pnl is None else margin - pnl
