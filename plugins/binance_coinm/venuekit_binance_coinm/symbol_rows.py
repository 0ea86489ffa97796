"""The read that tells margin type and leverage of a symbol, flat or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from venuekit.plugin import Call, Endpoint, InvalidRequest, Outcome
from venuekit_binance_coinm.position_values import NO_LIMIT
from venuekit_binance_common.numbers import number_in, number_or_none
from venuekit_binance_common.settings.symbol import HeldSettings

if TYPE_CHECKING:
    from venuekit_binance_coinm.position_rows import RiskRow

__all__ = ["PositionRiskReader"]


@attrs.frozen
class PositionRiskReader:
    """Picks the settings of one symbol out of positionRisk, which lists all of them; weight 1."""

    endpoint: Endpoint[list[RiskRow]]
    venue: str

    async def __call__(self, call: Call, symbol: str) -> HeldSettings:
        """Return what holds for the symbol; every row of it tells the same."""
        for row in await call(self.endpoint):
            if row.symbol == symbol:
                return HeldSettings(
                    symbol=symbol,
                    margin_word=row.margin_type,
                    leverage=number_in("leverage", row.leverage),
                    largest=None if row.max_qty == NO_LIMIT else number_or_none("maxQty", row.max_qty),
                )
        raise InvalidRequest(
            f"{self.endpoint.path} lists no such symbol",
            venue=self.venue,
            operation=str(self.endpoint),
            subject=symbol,
            outcome=Outcome.NOT_APPLIED,
        )
