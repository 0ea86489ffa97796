"""The legs of a position, by which a lost move of margin is resolved."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import attrs

from venuekit.capabilities import Position, PositionSide
from venuekit.parts.columns import number, text, whole, words
from venuekit.parts.rows import Reads, Rows
from venuekit.plugin import Call, Endpoint
from venuekit_binance_common.enums import POSITION_SIDES
from venuekit_binance_common.positions.lost_margin import Leg

_LEGS = Reads(
    Leg,
    key="symbol",
    symbol=text("symbol"),
    side=words("positionSide", POSITION_SIDES, unknown=PositionSide),
    quantity=number("positionAmt"),
    isolated_wallet=number("isolatedWallet"),
    updated=whole("updateTime", may_be_blank=True),
)


@attrs.frozen
class PositionRiskLegs:
    """Reads the legs of a symbol from positionRisk, which has the isolated wallet itself; weight 5."""

    endpoint: Endpoint[Rows[Position]]
    blur: Decimal = Decimal(0)

    async def __call__(self, call: Call, symbol: str) -> Mapping[PositionSide, Leg]:
        """Return the legs that the venue lists."""
        rows = await call(self.endpoint, symbol=symbol)
        return {leg.side: leg for leg in rows.read_by(_LEGS).of({symbol}).values()}
