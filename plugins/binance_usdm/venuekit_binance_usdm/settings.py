"""All settings at once, by the venue's cheapest reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import attrs

from venuekit.capabilities import MarginType, Position, SettingsSnapshot, SymbolSettings
from venuekit.parts.columns import number, text
from venuekit.parts.concurrency import gather
from venuekit.parts.rows import Reads as RowReader
from venuekit.parts.rows import Rows
from venuekit.plugin import Answer
from venuekit_binance_common.enums import asset_mode_of, margin_type_of, position_mode_of
from venuekit_binance_common.settings.reader import BinanceSettings, Reads
from venuekit_binance_common.settings.symbol import HeldSettings
from venuekit_binance_usdm.positions import POSITIONS
from venuekit_binance_usdm.symbol_config import SYMBOL_CONFIGS

if TYPE_CHECKING:
    from venuekit_binance_usdm.endpoints import UsdmEndpoints

__all__ = ["BinanceUsdmSettings"]

_NOTHING = Decimal(0)


@attrs.frozen
class _Snapshot(SettingsSnapshot):
    """A snapshot that remembers, for a later look at the brackets, the largest notional each symbol can grow to."""

    exposures: Mapping[str, Decimal] = attrs.field(factory=dict, eq=False, repr=False)


class BinanceUsdmSettings(BinanceSettings):
    """Three reads of weight 5 tell modes, margin types, leverages and positions; brackets add 1."""

    __slots__ = ()

    endpoints: ClassVar[UsdmEndpoints]

    async def _what_holds(self, reads: Reads, symbols: Collection[str]) -> _Snapshot:
        account, configs, rows = await gather(
            reads(self.endpoints.ACCOUNT_CONFIG),
            reads.listed(self.endpoints.SYMBOL_CONFIG),
            reads.listed(self.endpoints.POSITION_RISK),
        )
        config_of = {
            config.symbol: config
            for config in reads.values(self.endpoints.SYMBOL_CONFIG, configs, configs.value, SYMBOL_CONFIGS)
        }
        isolated = {
            symbol for symbol, config in config_of.items() if margin_type_of(config.margin_word) is MarginType.ISOLATED
        }
        for symbol in symbols:
            # asked for by name, the venue refuses it in its own words
            if symbol not in config_of and symbol not in reads.odd:
                named = await reads.listed(self.endpoints.SYMBOL_CONFIG, symbol=symbol)
                config_of |= {
                    one.symbol: one
                    for one in reads.values(self.endpoints.SYMBOL_CONFIG, named, named.value, SYMBOL_CONFIGS)
                }
        positions = reads.values(self.endpoints.POSITION_RISK, rows, rows.value, POSITIONS)
        sizes: dict[str, Decimal] = {}
        for position in positions:
            sizes[position.symbol] = sizes.get(position.symbol, _NOTHING) + abs(position.quantity)
        names = [*symbols, *sorted((sizes.keys() | isolated) - set(symbols))]
        return _Snapshot(
            position_mode=position_mode_of(account.dual_side_position),
            asset_mode=asset_mode_of(account.multi_assets_margin),
            symbols=tuple(
                _symbol_settings(name, config_of.get(name), sizes.get(name, _NOTHING)) for name in dict.fromkeys(names)
            ),
            open_positions=sum(1 for position in positions if position.quantity),
            exposures=self._exposures_of(reads, rows),
        )

    async def _exposures(
        self, reads: Reads, snapshot: SettingsSnapshot, symbols: Collection[str]
    ) -> Mapping[str, Decimal]:
        if isinstance(snapshot, _Snapshot):
            return snapshot.exposures
        return self._exposures_of(reads, await reads.listed(self.endpoints.POSITION_RISK, of=symbols), symbols)

    def _exposures_of(
        self, reads: Reads, rows: Answer[Rows[Position]], symbols: Collection[str] | None = None
    ) -> Mapping[str, Decimal]:
        """Return the largest notional that each symbol's position can grow to when its orders fill, quote, >= 0."""
        exposures: dict[str, Decimal] = {}
        for row in reads.values(self.endpoints.POSITION_RISK, rows, rows.value, _EXPOSURES, of=symbols):
            notional = row.notional or _NOTHING
            largest = max(abs(notional + (row.bids or _NOTHING)), abs(notional - (row.asks or _NOTHING)))
            exposures[row.symbol] = max(largest, exposures.get(row.symbol, _NOTHING))
        return exposures


@attrs.frozen
class _Exposure:
    """The notional of a position, and of the orders on either side, in the quote asset."""

    symbol: str
    notional: Decimal | None = None
    bids: Decimal | None = None
    asks: Decimal | None = None


_EXPOSURES = RowReader(
    _Exposure,
    symbol=text("symbol"),
    notional=number("notional"),
    bids=number("bidNotional", may_be_blank=True),
    asks=number("askNotional", may_be_blank=True),
)


def _symbol_settings(symbol: str, config: HeldSettings | None, position: Decimal) -> SymbolSettings:
    if config is None:
        return SymbolSettings(symbol, position=position)
    return SymbolSettings(
        symbol,
        margin_type=margin_type_of(config.margin_word),
        leverage_long=config.listed_leverage,
        leverage_short=config.listed_leverage,
        position=position,
    )
