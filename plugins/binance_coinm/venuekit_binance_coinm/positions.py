"""Positions: every trading symbol has its rows, flat or not; in hedge mode BOTH stands beside LONG and SHORT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from venuekit.capabilities import Position, PositionMode, PositionReader, PositionSide, Unit
from venuekit.plugin import Answer, Endpoint, Outcome, PayloadMismatch, intern_number
from venuekit_binance_coinm.position_values import positions_of
from venuekit_binance_common.enums import position_mode_of
from venuekit_binance_common.payloads import InstrumentRow, PositionModeRow
from venuekit_binance_common.positions.filters import check_filters, refuse_odd, side_that_fits
from venuekit_binance_common.symbols.contracts import BinanceContracts
from venuekit_binance_common.symbols.instruments import unknown_symbol_error

if TYPE_CHECKING:
    from venuekit_binance_coinm.position_rows import PositionRow, RiskRow

__all__ = ["BinanceCoinmPositions", "mode_of"]

#: how the venue writes nothing; any other zero is known by its value
_FLAT = "0"


class BinanceCoinmPositions(BinanceContracts, PositionReader):
    """The venue filters by pair and margin asset; a symbol is asked for by its pair and picked out here."""

    __slots__ = ()

    POSITION_RISK: ClassVar[Endpoint[list[RiskRow]]]
    POSITION_MODE: ClassVar[Endpoint[PositionModeRow]]

    async def get_positions(
        self,
        *,
        symbol: str | None = None,
        pair: str | None = None,
        margin_asset: str | None = None,
        include_flat: bool = False,
    ) -> tuple[Position, ...]:
        """Return the open positions, with ``include_flat=True`` every trading symbol's; weight 1."""
        check_filters(self, symbol=symbol, pair=pair, margin_asset=margin_asset)
        if symbol is not None:
            contract = await self._contract_of(symbol, "get_positions")
            pair = pair or contract.pair
        answer = await self.answer_rows(self.POSITION_RISK, pair=pair, marginAsset=margin_asset)
        if symbol is not None:
            self._check_pair(answer.value, pair, symbol)
        positions = await self._positions(self.POSITION_RISK, answer, answer.value, answer.raw, include_flat)
        return positions if symbol is None else tuple(one for one in positions if one.symbol == symbol)

    async def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        """Return the position of a symbol, flat if need be; weight 1, and 30 more when the venue lists no row."""
        contract = await self._contract_of(symbol, "get_position")
        answer = await self.answer_rows(self.POSITION_RISK, pair=contract.pair)
        refuse_odd(self, answer, symbol)
        self._check_pair(answer.value, contract.pair, symbol)
        rows = [row for row in answer.value if row.symbol == symbol]
        raws = None if answer.raw is None else [raw for raw in answer.raw if raw["symbol"] == symbol]
        mode = mode_of(answer.value)
        if mode is None:
            mode = position_mode_of((await self.call(self.POSITION_MODE)).dual_side_position)
        wanted = side_that_fits(self, mode, side, symbol)
        for position in await self._positions(
            self.POSITION_RISK, answer, rows, raws, include_flat=True, all_or_none=True
        ):
            if position.side is wanted:
                return position
        return Position(
            symbol=symbol,
            side=wanted,
            quantity=Decimal(0),
            contract_size=contract.contract_size,
            contract_unit=Unit.QUOTE,
            settle=contract.margin_asset,
            as_of=answer.as_of,
            received_at=answer.received_at,
        )

    async def _contract_of(self, symbol: str, operation: str) -> InstrumentRow:
        contract = await self._contract(symbol)
        if contract is None:
            raise unknown_symbol_error(self, self.CONTRACTS, symbol, operation=operation)
        return contract

    def _check_pair(self, rows: Sequence[PositionRow], pair: str | None, symbol: str) -> None:
        """Raise ``PayloadMismatch`` for rows of other pairs alone: they answer another question; nothing is flat."""
        pairs = {row.symbol.partition("_")[0] for row in rows}
        if pairs and pair not in pairs:
            told = ", ".join(sorted(pairs))
            raise PayloadMismatch(
                f"it answers another question: {pair} was asked for, and it tells of {told}",
                venue=self.venue.id,
                operation=str(self.POSITION_RISK),
                subject=symbol,
                outcome=Outcome.NOT_APPLIED,
            )

    async def _positions(
        self,
        endpoint: Endpoint[Any],
        answer: Answer[Any],
        rows: Sequence[PositionRow],
        raws: Sequence[Mapping[str, Any]] | None,
        include_flat: bool,
        *,
        all_or_none: bool = False,
    ) -> tuple[Position, ...]:
        """Return what rows of an answer tell, the open ones or all; one in which something is no number is left out."""
        told: Sequence[Any] = [None] * len(rows) if raws is None else raws
        try:
            wanted = [
                index
                for index, row in enumerate(rows)
                if include_flat or (row.position_amt != _FLAT and intern_number(row.position_amt))
            ]
            contracts = await self._contracts_of({rows[index].symbol for index in wanted})
            return positions_of(
                [rows[index] for index in wanted],
                contracts,
                as_of=answer.as_of,
                received_at=answer.received_at,
                raws=[told[index] for index in wanted],
            )
        except ValueError:
            kept = self._numeric(endpoint, rows, all_or_none=all_or_none)
        return await self._positions(
            endpoint, answer, [rows[index] for index in kept], [told[index] for index in kept], include_flat
        )

    def _numeric(self, endpoint: Endpoint[Any], rows: Sequence[PositionRow], *, all_or_none: bool) -> list[int]:
        """
        Return the places of rows whose numbers are numbers, and warn of the others.

        Raises:
            PayloadMismatch: there is no such row, or not all are and all are needed.
        """
        from venuekit_binance_coinm.position_rows import misfit

        faults = [misfit(row, index) for index, row in enumerate(rows)]
        kept = [index for index, fault in enumerate(faults) if fault is None]
        if all_or_none or not kept or len(kept) == len(rows):
            raise PayloadMismatch(
                next(filter(None, faults), "a position cannot be read"),
                venue=self.venue.id,
                operation=str(endpoint),
                outcome=Outcome.NOT_APPLIED,
            )
        for row, fault in zip(rows, faults, strict=True):
            if fault is not None:
                self.warn_of(endpoint, fault, {"symbol": row.symbol})
        return kept


def mode_of(rows: Sequence[PositionRow]) -> PositionMode | None:
    """Return the mode that rows show: hedge mode has legs, one-way mode BOTH alone. None without a row."""
    if not rows:
        return None
    has_legs = any([row.position_side != "BOTH" for row in rows])  # noqa: C419  (half the time of a generator)
    return PositionMode.HEDGE if has_legs else PositionMode.ONE_WAY
