"""What a row tells, and what follows from it: quantities are contracts, each a fixed amount of the quote asset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from venuekit.capabilities import MarginType, Position, Unit
from venuekit.plugin import intern_number
from venuekit_binance_common.enums import POSITION_SIDES, margin_type_of
from venuekit_binance_common.payloads import InstrumentRow

if TYPE_CHECKING:
    from venuekit_binance_coinm.position_rows import PositionRow

__all__ = ["NO_LIMIT", "positions_of"]

_EXACT = Context(prec=34)
#: how a largest size that does not hold is written
NO_LIMIT = "INF"
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

    ``notional`` is quantity x contract size, face value without a price in it, None of a contract that is not listed;
    ``value`` is the venue's, else notional over mark; the isolated wallet is the venue's, else the isolated margin
    less the unrealised profit.

    This is the hot path of a read of hundreds of rows: values are made by position, in the order of the fields of
    :class:`~venuekit.capabilities.Position`, and what two fields say in the same words is read once.

    Raises:
        ValueError: what should be a number is none.
    """
    number, at, sides = intern_number, datetime.fromtimestamp, POSITION_SIDES
    isolated, quote, base, unlimited = MarginType.ISOLATED, Unit.QUOTE, Unit.BASE, NO_LIMIT
    positions = []
    for row, raw in zip(rows, raws, strict=True):
        contract = contracts.get(row.symbol)
        size = settle = None
        if contract is not None:
            size, settle = contract.contract_size, contract.margin_asset
        quantity = number(row.position_amt)
        notional = None if size is None else abs(quantity) * size
        mark = (number(text) or None) if (text := row.mark_price) else None
        pnl = number(text) if (text := row.un_realized_profit or row.unrealized_profit) else None
        margin_type = _OF_FLAG[row.isolated] if row.margin_type is None else _margin_type_of(row.margin_type)
        isolated_wallet = isolated_margin = None
        if margin_type is isolated:
            isolated_margin = number(row.isolated_margin) if row.isolated_margin else None
            isolated_wallet = _infer_isolated_wallet(row.isolated_wallet, isolated_margin, pnl)
        margin_text = row.position_initial_margin
        position_margin = number(margin_text) if margin_text else None
        positions.append(
            Position(
                row.symbol,
                sides[row.position_side],
                quantity,
                size,
                quote,
                settle,
                (number(text) or None) if (text := row.entry_price) else None,
                (number(text) or None) if (text := row.break_even_price) else None,
                mark,
                notional,
                abs(number(text)) if (text := row.notional_value) else _value(notional, mark),
                pnl,
                None,  # realized_pnl
                number(text) if (text := row.leverage) else None,
                margin_type,
                isolated_wallet,
                isolated_margin,
                position_margin,
                number(text) if (text := row.open_order_initial_margin) else None,
                position_margin if (text := row.initial_margin) == margin_text else number(text) if text else None,
                number(text) if (text := row.maint_margin) else None,
                (number(text) or None) if (text := row.liquidation_price) else None,
                None,  # bankruptcy_price
                number(text) if (text := row.max_qty) and text != unlimited else None,
                base if text and text != unlimited else None,
                _FLAGS.get(row.is_auto_add_margin),
                None,  # state
                None,  # reduce_only_forced
                None,  # adl_rank
                None,  # adl_rank_of
                at(moment / 1000, UTC) if (moment := row.update_time) and moment > 0 else None,
                None,  # opened_at
                None,  # sequence
                as_of,
                received_at,
                raw,
            )
        )
    return tuple(positions)


def _value(notional: Decimal | None, mark: Decimal | None) -> Decimal | None:
    if not notional:
        return notional
    return None if mark is None else _EXACT.divide(notional, mark)


def _infer_isolated_wallet(told: str | None, margin: Decimal | None, pnl: Decimal | None) -> Decimal | None:
    if told:
        return intern_number(told)
    return None if margin is None or pnl is None else margin - pnl
