"""
The rows of the income history, straight from bytes: there can be a hundred thousand of them.

Whoever imports this module imports msgspec; :func:`~venuekit_binance_common.income.decode_income` does so when it is
first called.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from venuekit_binance_common.rows import decode_with

__all__ = ["IncomeRow", "decode"]


class IncomeRow(msgspec.Struct, rename="camel", gc=False):
    """One row; ids are numbers on one product and text on the other, empty text says that there is none."""

    income_type: str
    income: Decimal
    asset: str
    time: int
    tran_id: int | str
    symbol: str = ""
    trade_id: int | str = ""
    info: str = ""


_DECODER = msgspec.json.Decoder(list[IncomeRow])


def decode(body: bytes) -> list[IncomeRow]:
    """Return the rows of an income answer; see :func:`~venuekit_binance_common.rows.decode_with`."""
    return decode_with(_DECODER, body)
