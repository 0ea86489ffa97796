"""All settings at once, by the venue's cheapest reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import attrs

from venuekit.capabilities import MarginType, SettingsSnapshot, SymbolSettings
from venuekit.parts.concurrency import gather
from venuekit.plugin import Endpoint
from venuekit_binance_common.enums import asset_mode_of, margin_type_of, position_mode_of
from venuekit_binance_common.settings.reader import BinanceSettings, Reads
from venuekit_binance_usdm.payloads import AccountConfig, SymbolConfig

if TYPE_CHECKING:
    from venuekit_binance_usdm.position_rows import PositionRow

__all__ = ["BinanceUsdmSettings"]

_NOTHING = Decimal(0)


@attrs.frozen
class _Snapshot(SettingsSnapshot):
    """A snapshot that remembers, for a later look at the brackets, the largest notional each symbol can grow to."""

    exposures: Mapping[str, Decimal] = attrs.field(factory=dict, eq=False, repr=False)


class BinanceUsdmSettings(BinanceSettings):
    """Three reads of weight 5 tell modes, margin types, leverages and positions; brackets add 1."""

    __slots__ = ()

    ACCOUNT_CONFIG: ClassVar[Endpoint[AccountConfig]]
    SYMBOL_CONFIG: ClassVar[Endpoint[tuple[SymbolConfig, ...]]]
    POSITION_RISK: ClassVar[Endpoint[Sequence[PositionRow]]]

    async def _what_holds(self, reads: Reads, symbols: Collection[str]) -> _Snapshot:
        account, configs, rows = await gather(
            reads(self.ACCOUNT_CONFIG), reads.rows(self.SYMBOL_CONFIG), reads.rows(self.POSITION_RISK)
        )
        config_by_symbol = {config.symbol: config for config in configs}
        for symbol in symbols:
            # asked for by name, the venue refuses it in its own words
            if symbol not in config_by_symbol and symbol not in reads.odd:
                config_by_symbol.update(
                    {row.symbol: row for row in await reads.rows(self.SYMBOL_CONFIG, symbol=symbol)}
                )
        sizes: dict[str, Decimal] = {}
        for row in rows:
            sizes[row.symbol] = sizes.get(row.symbol, _NOTHING) + abs(row.position_amt)
        isolated = {config.symbol for config in configs if margin_type_of(config.margin_type) is MarginType.ISOLATED}
        names = [*symbols, *sorted((sizes.keys() | isolated) - set(symbols))]
        return _Snapshot(
            position_mode=position_mode_of(account.dual_side_position),
            asset_mode=asset_mode_of(account.multi_assets_margin),
            symbols=tuple(
                _symbol_settings(name, config_by_symbol.get(name), sizes.get(name, _NOTHING))
                for name in dict.fromkeys(names)
            ),
            open_positions=sum(1 for row in rows if row.position_amt),
            exposures=self._exposures_of(reads, rows),
        )

    async def _exposures(
        self, reads: Reads, snapshot: SettingsSnapshot, symbols: Collection[str]
    ) -> Mapping[str, Decimal]:
        if isinstance(snapshot, _Snapshot):
            return snapshot.exposures
        rows = await reads.rows(self.POSITION_RISK, of=symbols)
        return self._exposures_of(reads, rows)

    def _exposures_of(self, reads: Reads, rows: Iterable[PositionRow]) -> Mapping[str, Decimal]:
        """Return the largest notional that each symbol's position can grow to when its orders fill, quote, >= 0."""
        exposures: dict[str, Decimal] = {}
        for row in rows:
            notional = row.notional or _NOTHING
            bids = reads.number(self.POSITION_RISK, row.symbol, "bidNotional", row.bid_notional or "0")
            asks = reads.number(self.POSITION_RISK, row.symbol, "askNotional", row.ask_notional or "0")
            largest = max(abs(notional + bids), abs(notional - asks))
            exposures[row.symbol] = max(largest, exposures.get(row.symbol, _NOTHING))
        return exposures


def _symbol_settings(symbol: str, config: SymbolConfig | None, position: Decimal) -> SymbolSettings:
    if config is None:
        return SymbolSettings(symbol, position=position)
    leverage = None if config.leverage is None else Decimal(config.leverage)
    return SymbolSettings(
        symbol,
        margin_type=margin_type_of(config.margin_type),
        leverage_long=leverage,
        leverage_short=leverage,
        position=position,
    )
