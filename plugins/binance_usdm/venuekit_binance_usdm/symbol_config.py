"""The read that tells margin type and leverage of a symbol, flat or not."""

from __future__ import annotations

import attrs

from venuekit.plugin import Call, Endpoint, Outcome, PayloadMismatch
from venuekit_binance_common.settings.symbol import HeldSettings, require_leverage
from venuekit_binance_usdm.payloads import SymbolConfig

__all__ = ["SymbolConfigReader", "config_of"]


@attrs.frozen
class SymbolConfigReader:
    """Reads the settings of one symbol from symbolConfig; weight 5."""

    endpoint: Endpoint[tuple[SymbolConfig, ...]]

    async def __call__(self, call: Call, symbol: str) -> HeldSettings:
        """Return what holds for the symbol; the venue itself refuses an unknown one."""
        row = config_of(await call(self.endpoint, symbol=symbol), symbol)
        return HeldSettings(
            symbol=row.symbol,
            margin_word=row.margin_type,
            leverage=require_leverage(row.leverage, row.symbol),
            largest=row.max_notional_value,
        )


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
