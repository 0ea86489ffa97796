"""The read that tells margin type and leverage of a symbol, flat or not."""

from __future__ import annotations

from venuekit.errors import Outcome, PayloadMismatch
from venuekit_binance_usdm.payloads import SymbolConfig

__all__ = ["config_of"]


def config_of(rows: tuple[SymbolConfig, ...], symbol: str) -> SymbolConfig:
    """
    Return the row of a symbol.

    Raises:
        PayloadMismatch: there is none, although the venue did not refuse the symbol.
    """
    for row in rows:
        if row.symbol == symbol:
            return row
    raise PayloadMismatch(f"symbolConfig has no row for {symbol}", subject=symbol, outcome=Outcome.NOT_APPLIED)
