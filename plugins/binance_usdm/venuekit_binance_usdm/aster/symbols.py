"""One symbol in positionRisk: its settings, and the legs that move with its margin."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import attrs

from venuekit.capabilities import Position, PositionMode, PositionSide
from venuekit.parts.columns import Same, derived, number, text, whole, words
from venuekit.parts.rows import Reads, Rows
from venuekit.plugin import Call, Endpoint, Outcome, PayloadMismatch, Unfit
from venuekit_binance_common.enums import POSITION_SIDES
from venuekit_binance_common.positions.lost_margin import Leg
from venuekit_binance_common.settings import HeldSettings


def _wallet(wallet: Decimal | None, quantity: Decimal) -> Decimal:
    """Return the isolated wallet; an open position without one proves nothing."""
    if wallet is None and quantity:
        raise Unfit("an isolated wallet beside a position", None)
    return wallet or Decimal(0)


_SETTINGS = Reads(
    HeldSettings,
    key="symbol",
    symbol=text("symbol"),
    margin_word=text("marginType"),
    listed_leverage=number("leverage"),
    largest=number("maxNotionalValue"),
)
_LEGS = Reads(
    Leg,
    key="symbol",
    symbol=text("symbol"),
    side=words("positionSide", POSITION_SIDES, unknown=PositionSide),
    quantity=number("positionAmt"),
    isolated_wallet=derived(_wallet, number("isolatedWallet", may_be_blank=True), Same("quantity")),
    updated=whole("updateTime", may_be_blank=True),
)


def mode_of(rows: Rows[Position]) -> PositionMode | None:
    """Return the position mode that rows show, None without any row."""
    if not rows:
        return None
    return PositionMode.ONE_WAY if set(rows.column("positionSide")) == {"BOTH"} else PositionMode.HEDGE


@attrs.frozen
class AsterSymbolReader:
    """Reads the settings of one symbol from positionRisk, which lists flat symbols too; weight 5."""

    endpoint: Endpoint[Rows[Position]]

    async def __call__(self, call: Call, symbol: str) -> HeldSettings:
        """Return the settings of the symbol; the venue itself refuses an unknown one."""
        rows = await call(self.endpoint, symbol=symbol)
        for settings in rows.read_by(_SETTINGS).of({symbol}).values():
            return settings
        words = f"{self.endpoint.path} has no row for {symbol}"
        raise PayloadMismatch(words, subject=symbol, outcome=Outcome.NOT_APPLIED)


@attrs.frozen
class AsterLegs:
    """Reads the legs of a symbol from positionRisk; weight 5."""

    endpoint: Endpoint[Rows[Position]]
    blur: Decimal = Decimal(0)

    async def __call__(self, call: Call, symbol: str) -> Mapping[PositionSide, Leg]:
        """Return the legs of the position mode that holds."""
        rows = await call(self.endpoint, symbol=symbol)
        legs = {leg.side: leg for leg in rows.read_by(_LEGS).of({symbol}).values()}
        if len(legs) > 1:
            legs.pop(PositionSide.BOTH, None)
        return legs
