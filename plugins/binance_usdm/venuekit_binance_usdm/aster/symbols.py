"""What positionRisk tells about one symbol: its settings, and the legs that move with its margin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import attrs

from venuekit.capabilities import PositionMode, PositionSide
from venuekit.plugin import Call, Endpoint, Outcome, PayloadMismatch, payload_mismatch
from venuekit_binance_common.enums import POSITION_SIDES
from venuekit_binance_common.history_limits import milliseconds
from venuekit_binance_common.positions.lost_margin import Leg
from venuekit_binance_common.settings.symbol import HeldSettings, require_leverage
from venuekit_binance_usdm.aster.payloads import AsterAccountPosition, AsterRiskRow

__all__ = ["AsterLegs", "AsterSymbolReader", "mode_of"]


def mode_of(rows: Sequence[AsterRiskRow | AsterAccountPosition]) -> PositionMode | None:
    """Return the position mode that rows show, None without any row."""
    if not rows:
        return None
    return PositionMode.ONE_WAY if all(row.position_side == "BOTH" for row in rows) else PositionMode.HEDGE


@attrs.frozen
class AsterSymbolReader:
    """Reads the settings of one symbol from positionRisk, which lists flat symbols too; weight 5."""

    endpoint: Endpoint[tuple[AsterRiskRow, ...]]

    async def __call__(self, call: Call, symbol: str) -> HeldSettings:
        """Return what holds for the symbol; the venue itself refuses an unknown one."""
        for row in await call(self.endpoint, symbol=symbol):
            if row.symbol == symbol:
                return HeldSettings(
                    symbol=symbol,
                    margin_word=row.margin_type,
                    leverage=require_leverage(row.leverage, symbol),
                    largest=row.max_notional_value,
                )
        words = f"{self.endpoint.path} has no row for {symbol}"
        raise PayloadMismatch(words, subject=symbol, outcome=Outcome.NOT_APPLIED)


@attrs.frozen
class AsterLegs:
    """Reads the legs of a symbol from positionRisk; weight 5."""

    endpoint: Endpoint[tuple[AsterRiskRow, ...]]
    blur: Decimal = Decimal(0)

    async def __call__(self, call: Call, symbol: str) -> Mapping[PositionSide, Leg]:
        """Return the legs of the position mode that holds."""
        legs = {
            POSITION_SIDES[row.position_side]: Leg(
                row.position_amt,
                _require_wallet(row),
                0 if row.update_time is None else milliseconds(row.update_time),
            )
            for row in await call(self.endpoint, symbol=symbol)
            if row.symbol == symbol
        }
        if len(legs) > 1:
            legs.pop(PositionSide.BOTH, None)
        return legs


def _require_wallet(row: AsterRiskRow) -> Decimal:
    """Return the isolated wallet; an open position of which it is not told proves nothing."""
    if row.isolated_wallet is None and row.position_amt:
        raise payload_mismatch(("isolatedWallet",), LookupError("isolatedWallet"))
    return row.isolated_wallet or Decimal(0)
