"""All settings at once: modes by their own reads, everything else by positionRisk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import ClassVar

from venuekit.capabilities import MarginType, SettingsSnapshot, SymbolSettings
from venuekit.parts.concurrency import gather
from venuekit.plugin import Endpoint
from venuekit_binance_common.enums import asset_mode_of, margin_type_of, position_mode_of
from venuekit_binance_common.payloads import PositionModeRow
from venuekit_binance_common.settings.reader import BinanceSettings, Reads
from venuekit_binance_usdm.aster.payloads import AsterRiskRow
from venuekit_binance_usdm.aster.positions import notional_of
from venuekit_binance_usdm.payloads import AssetModeRow

__all__ = ["AsterSettings"]

_NOTHING = Decimal(0)


class AsterSettings(BinanceSettings):
    """Three reads, weight 65: each mode costs 30; there is one book of orders."""

    __slots__ = ()

    OPEN_ALGO_ORDERS = None
    ASSET_MODE: ClassVar[Endpoint[AssetModeRow]]
    POSITION_MODE: ClassVar[Endpoint[PositionModeRow]]
    POSITION_RISK: ClassVar[Endpoint[tuple[AsterRiskRow, ...]]]

    async def _what_holds(self, reads: Reads, symbols: Collection[str]) -> SettingsSnapshot:
        sides, assets, rows = await gather(
            reads(self.POSITION_MODE), reads(self.ASSET_MODE), reads.rows(self.POSITION_RISK)
        )
        row_of = {row.symbol: row for row in rows}
        for symbol in symbols:
            # asked for by name, the venue refuses it in its own words
            if symbol not in row_of and symbol not in reads.odd:
                row_of.update({row.symbol: row for row in await reads.rows(self.POSITION_RISK, symbol=symbol)})
        sizes: dict[str, Decimal] = {}
        for row in rows:
            sizes[row.symbol] = sizes.get(row.symbol, _NOTHING) + abs(row.position_amt)
        isolated = {row.symbol for row in rows if margin_type_of(row.margin_type) is MarginType.ISOLATED}
        held = {symbol for symbol, size in sizes.items() if size}
        names = [*symbols, *sorted((held | isolated) - set(symbols))]
        return SettingsSnapshot(
            position_mode=position_mode_of(sides.dual_side_position),
            asset_mode=asset_mode_of(assets.multi_assets_margin),
            symbols=tuple(
                _symbol_settings(name, row_of.get(name), sizes.get(name, _NOTHING)) for name in dict.fromkeys(names)
            ),
            open_positions=sum(1 for row in rows if row.position_amt),
        )

    async def _exposures(
        self,
        reads: Reads,
        snapshot: SettingsSnapshot,  # noqa: ARG002
        symbols: Collection[str],
    ) -> Mapping[str, Decimal]:
        """Return the notional of each symbol's positions: the venue does not tell what its orders could add."""
        exposures: dict[str, Decimal] = {}
        for row in await reads.rows(self.POSITION_RISK, of=symbols):
            notional = notional_of(row)
            if notional is not None:
                exposures[row.symbol] = max(notional, exposures.get(row.symbol, _NOTHING))
            elif row.symbol in symbols:
                reads.mark_odd(self.POSITION_RISK, row.symbol, "notional: missing")
        return exposures


def _symbol_settings(symbol: str, row: AsterRiskRow | None, position: Decimal) -> SymbolSettings:
    if row is None:
        return SymbolSettings(symbol, position=position)
    return SymbolSettings(
        symbol,
        margin_type=margin_type_of(row.margin_type),
        leverage_long=row.leverage,
        leverage_short=row.leverage,
        position=position,
    )
