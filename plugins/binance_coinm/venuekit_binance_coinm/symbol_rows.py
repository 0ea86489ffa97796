"""The read of margin type and leverage of a symbol, flat or not."""

from __future__ import annotations

import attrs

from venuekit.capabilities import Position
from venuekit.parts.columns import number, text
from venuekit.parts.rows import Reads, Rows
from venuekit.plugin import Call, Endpoint, InvalidRequest, Outcome
from venuekit_binance_common.settings import HeldSettings

_SETTINGS = Reads(
    HeldSettings,
    key="symbol",
    symbol=text("symbol"),
    margin_word=text("marginType"),
    listed_leverage=number("leverage"),
    largest=number("maxQty", may_be_blank=True),
)


@attrs.frozen
class PositionRiskReader:
    """Picks the settings of one symbol out of positionRisk, which lists all of them; weight 1."""

    endpoint: Endpoint[Rows[Position]]
    venue: str

    async def __call__(self, call: Call, symbol: str) -> HeldSettings:
        """Return the settings of the symbol; all its rows agree."""
        for settings in (await call(self.endpoint)).read_by(_SETTINGS).of({symbol}).values():
            return settings
        raise InvalidRequest(
            f"{self.endpoint.path} lists no such symbol",
            venue=self.venue,
            operation=str(self.endpoint),
            subject=symbol,
            outcome=Outcome.NOT_APPLIED,
        )
