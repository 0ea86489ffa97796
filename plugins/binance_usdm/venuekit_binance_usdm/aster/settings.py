"""All settings at once: modes by their own reads, everything else by positionRisk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from venuekit.capabilities import MarginType, Position, SettingsSnapshot, SymbolSettings
from venuekit.parts.concurrency import gather
from venuekit_binance_common.enums import asset_mode_of, position_mode_of
from venuekit_binance_common.settings.reader import BinanceSettings, Reads
from venuekit_binance_usdm.aster.positions import POSITIONS

if TYPE_CHECKING:
    from venuekit_binance_usdm.aster.endpoints import AsterEndpoints

__all__ = ["AsterSettings"]

_NOTHING = Decimal(0)


class AsterSettings(BinanceSettings):
    """Three reads, weight 65: each mode costs 30; there is one book of orders."""

    __slots__ = ()

    endpoints: ClassVar[AsterEndpoints]

    async def _what_holds(self, reads: Reads, symbols: Collection[str]) -> SettingsSnapshot:
        sides, assets, rows = await gather(
            reads(self.endpoints.POSITION_MODE),
            reads(self.endpoints.ASSET_MODE),
            reads.listed(self.endpoints.POSITION_RISK),
        )
        positions = reads.values(self.endpoints.POSITION_RISK, rows, rows.value, POSITIONS)
        position_of = {position.symbol: position for position in positions}
        for symbol in symbols:
            # asked for by name, the venue refuses it in its own words
            if symbol not in position_of and symbol not in reads.odd:
                named = await reads.listed(self.endpoints.POSITION_RISK, symbol=symbol)
                position_of |= {
                    one.symbol: one for one in reads.values(self.endpoints.POSITION_RISK, named, named.value, POSITIONS)
                }
        sizes: dict[str, Decimal] = {}
        for position in positions:
            sizes[position.symbol] = sizes.get(position.symbol, _NOTHING) + abs(position.quantity)
        isolated = {one.symbol for one in positions if one.margin_type is MarginType.ISOLATED}
        held = {symbol for symbol, size in sizes.items() if size}
        names = [*symbols, *sorted((held | isolated) - set(symbols))]
        return SettingsSnapshot(
            position_mode=position_mode_of(sides.dual_side_position),
            asset_mode=asset_mode_of(assets.multi_assets_margin),
            symbols=tuple(
                _symbol_settings(name, position_of.get(name), sizes.get(name, _NOTHING))
                for name in dict.fromkeys(names)
            ),
            open_positions=sum(1 for position in positions if position.quantity),
        )

    async def _exposures(
        self,
        reads: Reads,
        snapshot: SettingsSnapshot,  # noqa: ARG002
        symbols: Collection[str],
    ) -> Mapping[str, Decimal]:
        """Return the notional of each symbol's positions: the venue does not tell what its orders could add."""
        exposures: dict[str, Decimal] = {}
        rows = await reads.listed(self.endpoints.POSITION_RISK, of=symbols)
        for position in reads.values(self.endpoints.POSITION_RISK, rows, rows.value, POSITIONS, of=symbols):
            symbol, notional = position.symbol, position.notional
            if notional is not None:
                exposures[symbol] = max(notional, exposures.get(symbol, _NOTHING))
            elif symbol in symbols:
                reads.mark_odd(self.endpoints.POSITION_RISK, symbol, "notional: missing")
        return exposures


def _symbol_settings(symbol: str, held: Position | None, size: Decimal) -> SymbolSettings:
    if held is None:
        return SymbolSettings(symbol, position=size)
    return SymbolSettings(
        symbol,
        margin_type=held.margin_type,
        leverage_long=held.leverage,
        leverage_short=held.leverage,
        position=size,
    )
