"""The read that has margin type and leverage of a symbol, flat or not."""

from __future__ import annotations

import attrs

from venuekit.parts.columns import flag, minor, number, text
from venuekit.parts.rows import Reads, Rows
from venuekit.plugin import Call, Endpoint, Outcome, PayloadMismatch
from venuekit_binance_common.settings import HeldSettings

SYMBOL_CONFIGS = Reads(
    HeldSettings,
    key="symbol",
    symbol=text("symbol"),
    margin_word=text("marginType"),
    listed_leverage=minor("leverage", 0),
    largest=number("maxNotionalValue"),
    auto_add_margin=flag("isAutoAddMargin"),
)


@attrs.frozen
class SymbolConfigReader:
    """Reads the settings of one symbol from symbolConfig; weight 5."""

    endpoint: Endpoint[Rows[HeldSettings]]

    async def __call__(self, call: Call, symbol: str) -> HeldSettings:
        """Return the settings of the symbol; the venue itself refuses an unknown one."""
        return config_of(await call(self.endpoint, symbol=symbol), symbol)


def config_of(rows: Rows[HeldSettings], symbol: str) -> HeldSettings:
    """
    Return the settings of a symbol.

    Raises:
        PayloadMismatch: there are none, although the venue did not refuse the symbol.
    """
    for config in rows.of({symbol}).values():
        return config
    raise PayloadMismatch(f"symbolConfig has no row for {symbol}", subject=symbol, outcome=Outcome.NOT_APPLIED)
