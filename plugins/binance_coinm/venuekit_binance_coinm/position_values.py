"""What a row tells, and what follows from it: quantities are contracts, each a fixed amount of the quote asset."""

from __future__ import annotations

from collections.abc import Mapping
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

__all__ = ["position_of"]

_EXACT = Context(prec=34)
_ISOLATED, _QUOTE, _BASE = MarginType.ISOLATED, Unit.QUOTE, Unit.BASE
_FLAGS: Mapping[str | None, bool] = {"true": True, "false": False}
#: few words, many rows
_margin_type_of = lru_cache(maxsize=16)(margin_type_of)


def position_of(
    row: PositionRow,
    contract: InstrumentRow,
    *,
    as_of: datetime,
    received_at: datetime,
    raw: Mapping[str, Any] | None,
) -> Position:
    """
    Return the position that a row tells.

    ``notional`` is quantity x contract size, face value without a price in it; ``value`` is the venue's, else notional
    over mark; the isolated wallet is the venue's, else the isolated margin less the unrealised profit.

    Raises:
        ValueError: what should be a number is none.
    """
    quantity = interned(row.position_amt)
    notional = abs(quantity) * contract.contract_size
    mark = _price(row.mark_price)
    pnl = _number(row.un_realized_profit or row.unrealized_profit)
    margin_type = _margin_type_of(row.margin_type) if row.margin_type is not None else _of_flag(row.isolated)
    isolated_margin = _number(row.isolated_margin) if margin_type is _ISOLATED else None
    return Position(
        row.symbol,
        POSITION_SIDES[row.position_side],
        quantity,
        contract.contract_size,
        _QUOTE,
        contract.margin_asset,
        _price(row.entry_price),
        _price(row.break_even_price),
        mark,
        notional,
        _value(row.notional_value, notional, mark),
        pnl,
        None,  # realized_pnl
        interned(row.leverage),
        margin_type,
        _isolated_wallet(row.isolated_wallet, isolated_margin, pnl) if margin_type is _ISOLATED else None,
        isolated_margin,
        _number(row.position_initial_margin),
        _number(row.open_order_initial_margin),
        _number(row.initial_margin),
        _number(row.maint_margin),
        _price(row.liquidation_price),
        None,  # bankruptcy_price
        interned(row.max_qty),
        _BASE,
        _FLAGS.get(row.is_auto_add_margin),
        None,  # state
        None,  # reduce_only_forced
        None,  # adl_rank
        None,  # adl_rank_of
        datetime.fromtimestamp(row.update_time / 1000, UTC) if row.update_time > 0 else None,
        None,  # opened_at
        None,  # sequence
        as_of,
        received_at,
        raw,
    )


def _number(text: str | None) -> Decimal | None:
    return interned(text) if text else None


def _price(text: str | None) -> Decimal | None:
    """Return a price, None for the zero by which the venue says that there is none."""
    return (interned(text) or None) if text else None


def _of_flag(isolated: bool | None) -> MarginType | None:
    if isolated is None:
        return None
    return _ISOLATED if isolated else MarginType.CROSS


def _value(told: str | None, notional: Decimal, mark: Decimal | None) -> Decimal | None:
    if told:
        return abs(interned(told))
    if not notional:
        return notional
    return None if mark is None else _EXACT.divide(notional, mark)


def _isolated_wallet(told: str | None, margin: Decimal | None, pnl: Decimal | None) -> Decimal | None:
    if told:
        return interned(told)
    return None if margin is None or pnl is None else margin - pnl
