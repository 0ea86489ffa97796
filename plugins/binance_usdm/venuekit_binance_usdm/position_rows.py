"""
The hot read: rows of positionRisk, straight from bytes to typed fields.

Whoever imports this module imports msgspec; :func:`~venuekit_binance_usdm.positions.decode_position_rows` does so when
it is first called.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from venuekit_binance_common.rows import decode_with

__all__ = ["PositionRow", "decode"]


class PositionRow(msgspec.Struct, rename="camel", gc=False):
    """One row; a Struct because it is made faster than any other class, and thrown away at once."""

    symbol: str
    position_side: str
    position_amt: Decimal
    entry_price: Decimal
    break_even_price: Decimal
    mark_price: Decimal
    un_realized_profit: Decimal
    liquidation_price: Decimal
    isolated_margin: Decimal
    isolated_wallet: Decimal
    notional: Decimal
    margin_asset: str
    initial_margin: Decimal
    maint_margin: Decimal
    position_initial_margin: Decimal
    open_order_initial_margin: Decimal
    update_time: int
    bid_notional: Decimal = Decimal(0)
    ask_notional: Decimal = Decimal(0)
    adl: int | None = None


_DECODER = msgspec.json.Decoder(list[PositionRow])


def decode(body: bytes) -> list[PositionRow]:
    """Return the rows of a positionRisk answer; see :func:`~venuekit_binance_common.rows.decode_with`."""
    return decode_with(_DECODER, body)
