"""
The hot read: rows of positionRisk, straight from bytes.

Whoever imports this module imports msgspec; :func:`~venuekit_binance_usdm.positions.decode_position_rows` does so when
it is first called.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from venuekit.plugin import read_json
from venuekit_binance_common.hot_rows import HotRows
from venuekit_binance_common.rows import Milliseconds, NumberText

__all__ = ["PositionRow", "decode"]


class PositionRow(msgspec.Struct, rename="camel", gc=False, kw_only=True):
    """
    One row; what only describes a position may be missing, and what few want of it stays text.

    It is a Struct because those are made faster than any other class, and it is thrown away at once.
    """

    symbol: str
    position_side: str
    position_amt: Decimal
    entry_price: Decimal | None = None
    break_even_price: Decimal | None = None
    mark_price: Decimal | None = None
    un_realized_profit: Decimal | None = None
    liquidation_price: Decimal | None = None
    notional: Decimal | None = None
    initial_margin: Decimal | None = None
    maint_margin: Decimal | None = None
    position_initial_margin: Decimal | None = None
    open_order_initial_margin: Decimal | None = None
    isolated_margin: Decimal | None = None
    isolated_wallet: Decimal | None = None
    bid_notional: NumberText | None = None
    ask_notional: NumberText | None = None
    margin_asset: str | None = None
    update_time: Milliseconds | None = None
    adl: int | None = None


class _FullRow(PositionRow, rename="camel", gc=False, kw_only=True):
    """A row as the venue writes it."""

    entry_price: Decimal
    break_even_price: Decimal
    mark_price: Decimal
    un_realized_profit: Decimal
    liquidation_price: Decimal
    notional: Decimal
    initial_margin: Decimal
    maint_margin: Decimal
    position_initial_margin: Decimal
    open_order_initial_margin: Decimal
    isolated_margin: Decimal
    isolated_wallet: Decimal


_DECODER = msgspec.json.Decoder(list[_FullRow])
_ROWS = HotRows(PositionRow)


def decode(body: bytes) -> Sequence[PositionRow]:
    """
    Return the rows of a positionRisk answer.

    Raises:
        ValueError: it is not JSON.
        PayloadMismatch: it is, but of another shape; the message names row and field.
    """
    try:
        rows = _DECODER.decode(body)
        if _ROWS.are_right(rows, body):
            return rows
    except msgspec.ValidationError:
        pass  # a field is missing, empty or written in another way
    return _ROWS.read(read_json(body))
