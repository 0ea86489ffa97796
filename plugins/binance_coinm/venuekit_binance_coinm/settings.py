"""All settings at once, by the venue's cheapest reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import attrs

from venuekit.capabilities import MarginType, Position, SettingsSnapshot, SymbolSettings
from venuekit.parts.columns import number, text
from venuekit.parts.rows import Reads as RowReader
from venuekit_binance_coinm.position_rows import POSITIONS, mode_of
from venuekit_binance_common.enums import position_mode_of
from venuekit_binance_common.settings.reader import BinanceSettings, Reads
from venuekit_binance_common.symbols.instruments import unknown_symbol_error

if TYPE_CHECKING:
    from venuekit_binance_coinm.endpoints import CoinmEndpoints

__all__ = ["BinanceCoinmSettings"]

_NOTHING = Decimal(0)


@attrs.frozen
class _Exposure:
    """The margin of a position and of the orders that make it larger, in the base asset, and its leverage."""

    symbol: str
    initial_margin: Decimal
    leverage: Decimal


_EXPOSURES = RowReader(
    _Exposure,
    within=("positions",),
    symbol=text("symbol"),
    initial_margin=number("initialMargin"),
    leverage=number("leverage"),
)


class BinanceCoinmSettings(BinanceSettings):
    """
    One read of weight 1 tells the mode, margin types, leverages and positions of every trading symbol.

    Brackets add 6 for one symbol, 7 for several: theirs, and the account read that tells how large positions can grow.
    """

    __slots__ = ()

    endpoints: ClassVar[CoinmEndpoints]

    async def _what_holds(self, reads: Reads, symbols: Collection[str]) -> SettingsSnapshot:
        rows = await reads.listed(self.endpoints.POSITION_RISK)
        mode = mode_of(rows.value)
        if mode is None:
            mode = position_mode_of((await reads(self.endpoints.POSITION_MODE)).dual_side_position)
        positions = reads.values(self.endpoints.POSITION_RISK, rows, rows.value, POSITIONS)
        position_of = {position.symbol: position for position in positions}
        for symbol in symbols:
            if symbol not in position_of and symbol not in reads.odd and None not in reads.odd:
                raise unknown_symbol_error(self, self.endpoints.POSITION_RISK, symbol, operation="get_settings")
        sizes = dict.fromkeys(position_of, _NOTHING)
        for position in positions:
            sizes[position.symbol] += abs(position.quantity)
        matters = {
            symbol
            for symbol, position in position_of.items()
            if sizes[symbol] or position.margin_type is MarginType.ISOLATED
        }
        return SettingsSnapshot(
            position_mode=mode,
            symbols=tuple(
                _symbol_settings(position_of[name], sizes[name])
                for name in dict.fromkeys([*symbols, *sorted(matters - set(symbols))])
                if name in position_of
            ),
            open_positions=sum(1 for position in positions if position.quantity),
        )

    async def _exposures(
        self,
        reads: Reads,
        snapshot: SettingsSnapshot,  # noqa: ARG002
        symbols: Collection[str],
    ) -> Mapping[str, Decimal]:
        """Return initial margin x leverage, base: positionRisk does not tell what open orders would add."""
        exposures: dict[str, Decimal] = {}
        account = await reads.listed(self.endpoints.ACCOUNT, of=symbols)
        for position in reads.values(self.endpoints.ACCOUNT, account, account.value.positions, _EXPOSURES, of=symbols):
            largest = position.initial_margin * position.leverage
            exposures[position.symbol] = max(largest, exposures.get(position.symbol, _NOTHING))
        return exposures


def _symbol_settings(held: Position, size: Decimal) -> SymbolSettings:
    return SymbolSettings(
        held.symbol,
        margin_type=held.margin_type,
        leverage_long=held.leverage,
        leverage_short=held.leverage,
        position=size,
    )
