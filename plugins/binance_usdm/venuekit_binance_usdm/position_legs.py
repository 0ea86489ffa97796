"""What of a position moves with its margin, for finding out about a lost move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from venuekit.capabilities import PositionSide
from venuekit.plugin import Call, Endpoint, payload_mismatch
from venuekit_binance_common.enums import POSITION_SIDES
from venuekit_binance_common.positions.lost_margin import Leg

if TYPE_CHECKING:
    from venuekit_binance_usdm.position_rows import PositionRow

__all__ = ["PositionRiskLegs"]


@attrs.frozen
class PositionRiskLegs:
    """Reads the legs of a symbol from positionRisk, which tells the isolated wallet itself; weight 5."""

    endpoint: Endpoint[Sequence[PositionRow]]
    blur: Decimal = Decimal(0)

    async def __call__(self, call: Call, symbol: str) -> Mapping[PositionSide, Leg]:
        """Return the legs that the venue lists."""
        return {
            POSITION_SIDES[row.position_side]: Leg(
                row.position_amt, _require_wallet(row.isolated_wallet), row.update_time or 0
            )
            for row in await call(self.endpoint, symbol=symbol)
            if row.symbol == symbol
        }


def _require_wallet(wallet: Decimal | None) -> Decimal:
    if wallet is None:
        raise payload_mismatch(("isolatedWallet",), LookupError("isolatedWallet"))
    return wallet
