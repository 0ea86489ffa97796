"""The legs of a position, by which a lost move of margin is resolved."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import attrs

from venuekit.capabilities import MarginType, Position, PositionSide
from venuekit.parts.columns import derived, number, text, whole, words
from venuekit.parts.rows import Reads, Rows
from venuekit.plugin import Call, Endpoint, Unfit
from venuekit_binance_common.enums import POSITION_SIDES, margin_type_of
from venuekit_binance_common.positions.lost_margin import Leg


def _wallet(margin_word: str | None, margin: Decimal | None, pnl: Decimal | None) -> Decimal:
    """Return the isolated margin less the unrealised profit; 0 in cross margin."""
    if margin_type_of(margin_word) is not MarginType.ISOLATED:
        return Decimal(0)
    if margin is None or pnl is None:
        raise Unfit("an isolated margin and a profit", margin)
    return margin - pnl


_LEGS = Reads(
    Leg,
    key="symbol",
    symbol=text("symbol"),
    side=words("positionSide", POSITION_SIDES, unknown=PositionSide),
    quantity=number("positionAmt"),
    isolated_wallet=derived(_wallet, text("marginType"), number("isolatedMargin"), number("unRealizedProfit")),
    updated=whole("updateTime", may_be_blank=True),
)


@attrs.frozen
class PositionRiskLegs:
    """
    Reads the legs of a symbol from positionRisk; weight 1.

    The isolated wallet is the isolated margin less the unrealised profit, each cut off after eight decimals.
    """

    endpoint: Endpoint[Rows[Position]]
    blur: Decimal = Decimal("0.00000002")

    async def __call__(self, call: Call, symbol: str) -> Mapping[PositionSide, Leg]:
        """Return the legs of the position mode that holds: in hedge mode BOTH is listed beside them."""
        legs = {leg.side: leg for leg in (await call(self.endpoint)).read_by(_LEGS).of({symbol}).values()}
        if len(legs) > 1:
            legs.pop(PositionSide.BOTH, None)
        return legs
