"""What of a position moves with its margin, for finding out about a lost move."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from venuekit.capabilities import MarginType, PositionSide
from venuekit.plugin import Call, Endpoint
from venuekit_binance_common.enums import POSITION_SIDES, margin_type_of
from venuekit_binance_common.numbers import number_in
from venuekit_binance_common.positions.lost_margin import Leg

if TYPE_CHECKING:
    from venuekit_binance_coinm.position_rows import RiskRow

__all__ = ["PositionRiskLegs"]


@attrs.frozen
class PositionRiskLegs:
    """
    Reads the legs of a symbol from positionRisk; weight 1.

    The isolated wallet is the isolated margin less the unrealised profit, each cut off after eight decimals.
    """

    endpoint: Endpoint[list[RiskRow]]
    blur: Decimal = Decimal("0.00000002")

    async def __call__(self, call: Call, symbol: str) -> Mapping[PositionSide, Leg]:
        """Return the legs of the position mode that holds: in hedge mode BOTH is listed beside them."""
        legs = {
            POSITION_SIDES[row.position_side]: _leg(row) for row in await call(self.endpoint) if row.symbol == symbol
        }
        if len(legs) > 1:
            legs.pop(PositionSide.BOTH, None)
        return legs


def _leg(row: RiskRow) -> Leg:
    is_isolated = margin_type_of(row.margin_type) is MarginType.ISOLATED
    wallet = Decimal(0)
    if is_isolated:
        margin = number_in("isolatedMargin", row.isolated_margin)
        wallet = margin - number_in("unRealizedProfit", row.un_realized_profit)
    return Leg(number_in("positionAmt", row.position_amt), wallet, row.update_time or 0)
