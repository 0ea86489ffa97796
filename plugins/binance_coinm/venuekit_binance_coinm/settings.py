"""All settings at once, by the venue's cheapest reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from venuekit.capabilities import MarginType, SettingsSnapshot, SymbolSettings
from venuekit.plugin import Endpoint
from venuekit_binance_coinm.positions import mode_of
from venuekit_binance_common.enums import margin_type_of, position_mode_of
from venuekit_binance_common.payloads import PositionModeRow
from venuekit_binance_common.settings.reader import BinanceSettings, Reads
from venuekit_binance_common.symbols.instruments import unknown_symbol_error

if TYPE_CHECKING:
    from venuekit_binance_coinm.position_rows import AccountRow, RiskRow

__all__ = ["BinanceCoinmSettings"]

_NOTHING = Decimal(0)


class BinanceCoinmSettings(BinanceSettings):
    """
    One read of weight 1 tells the mode, margin types, leverages and positions of every trading symbol.

    Brackets add 6 for one symbol, 7 for several: theirs, and the account read that tells how large positions can grow.
    """

    __slots__ = ()

    ACCOUNT: ClassVar[Endpoint[AccountRow]]
    POSITION_RISK: ClassVar[Endpoint[list[RiskRow]]]
    POSITION_MODE: ClassVar[Endpoint[PositionModeRow]]

    async def _what_holds(self, reads: Reads, symbols: Collection[str]) -> SettingsSnapshot:
        rows = await reads.rows(self.POSITION_RISK)
        mode = mode_of(rows)
        if mode is None:
            mode = position_mode_of((await reads(self.POSITION_MODE)).dual_side_position)
        row_of = {row.symbol: row for row in rows}
        for symbol in symbols:
            if symbol not in row_of and symbol not in reads.odd and None not in reads.odd:
                raise unknown_symbol_error(self, self.POSITION_RISK, symbol, operation="get_settings")
        amounts = [
            (row.symbol, abs(reads.number(self.POSITION_RISK, row.symbol, "positionAmt", row.position_amt)))
            for row in rows
        ]
        sizes = dict.fromkeys(row_of, _NOTHING)
        for symbol, amount in amounts:
            sizes[symbol] += amount
        matters = {
            symbol
            for symbol, row in row_of.items()
            if sizes[symbol] or margin_type_of(row.margin_type) is MarginType.ISOLATED
        }
        return SettingsSnapshot(
            position_mode=mode,
            symbols=tuple(
                self._symbol_settings(reads, row_of[name], sizes[name])
                for name in dict.fromkeys([*symbols, *sorted(matters - set(symbols))])
                if name in row_of
            ),
            open_positions=sum(1 for _, amount in amounts if amount),
        )

    async def _exposures(
        self,
        reads: Reads,
        snapshot: SettingsSnapshot,  # noqa: ARG002
        symbols: Collection[str],
    ) -> Mapping[str, Decimal]:
        """Return initial margin x leverage, base: positionRisk does not tell what open orders would add."""
        exposures: dict[str, Decimal] = {}
        for row in (await reads.rows(self.ACCOUNT, of=symbols)).positions:
            if row.symbol in symbols:
                margin = reads.number(self.ACCOUNT, row.symbol, "initialMargin", row.initial_margin)
                largest = margin * reads.number(self.ACCOUNT, row.symbol, "leverage", row.leverage)
                exposures[row.symbol] = max(largest, exposures.get(row.symbol, _NOTHING))
        return exposures

    def _symbol_settings(self, reads: Reads, row: RiskRow, position: Decimal) -> SymbolSettings:
        told = row.leverage or None
        leverage = None if told is None else reads.number(self.POSITION_RISK, row.symbol, "leverage", told)
        return SymbolSettings(
            row.symbol,
            margin_type=margin_type_of(row.margin_type),
            leverage_long=leverage,
            leverage_short=leverage,
            position=position,
        )
