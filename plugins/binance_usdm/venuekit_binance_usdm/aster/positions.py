"""Positions: every symbol has its rows, flat or not; what one settles in tells its instrument."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from venuekit.capabilities import MarginType, Position, PositionReader, PositionSide, Unit
from venuekit.plugin import Answer, Endpoint, InvalidRequest
from venuekit_binance_common.enums import POSITION_SIDES, margin_type_of
from venuekit_binance_common.payloads import InstrumentRow
from venuekit_binance_common.positions.filters import check_filters, side_that_fits
from venuekit_binance_common.symbols.contracts import BinanceContracts
from venuekit_binance_common.symbols.instruments import unknown_symbol_error
from venuekit_binance_usdm.aster.payloads import AsterAccountPosition, AsterRiskRow
from venuekit_binance_usdm.aster.symbols import mode_of

__all__ = ["AsterPositions", "notional_of", "positions_of_account"]

_CONTRACT_SIZE = Decimal(1)
_OF_FLAG = {True: MarginType.ISOLATED, False: MarginType.CROSS, None: None}
Raws = Sequence[Mapping[str, Any]] | None
Contracts = Mapping[str, InstrumentRow]


class AsterPositions(BinanceContracts, PositionReader):
    """One read tells everything about positions but margins; instruments, remembered, tell what they settle in."""

    __slots__ = ()

    POSITION_RISK: ClassVar[Endpoint[tuple[AsterRiskRow, ...]]]

    async def get_positions(
        self,
        *,
        symbol: str | None = None,
        pair: str | None = None,
        margin_asset: str | None = None,
        include_flat: bool = False,
    ) -> tuple[Position, ...]:
        """Return the open positions, with ``include_flat=True`` all; weight 5, and once 1 for the instruments."""
        check_filters(self, symbol=symbol, pair=pair, margin_asset=margin_asset)
        answer = await self.answer_rows(self.POSITION_RISK, symbol=symbol)
        found = _of_risk(answer, await self._contracts_held(answer.value))
        return tuple(position for position in found if position.quantity or include_flat)

    async def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        """Return the position of a symbol, flat if need be; weight 5."""
        answer = await self.answer(self.POSITION_RISK, symbol=symbol)
        mode = mode_of(answer.value)
        if mode is not None:
            wanted = side_that_fits(self, mode, side, symbol)
            for position in _of_risk(answer, await self._contracts_held(answer.value)):
                if (position.symbol, position.side) == (symbol, wanted):
                    return position
        raise self._unknown_symbol_error(symbol)

    async def _contracts_held(self, rows: Collection[AsterRiskRow | AsterAccountPosition]) -> Contracts:
        """Return all instruments; read again when a position is held in one that was not listed yet."""
        held = {row.symbol for row in rows if row.position_amt}
        contracts = await self.read_once(self.CONTRACTS)
        unlisted = frozenset(held - contracts.keys())
        return await self.refresh(self.CONTRACTS, unlisted) if unlisted else contracts

    def _unknown_symbol_error(self, symbol: str) -> InvalidRequest:
        return unknown_symbol_error(self, self.POSITION_RISK, symbol, operation="get_position")


def _of_risk(answer: Answer[tuple[AsterRiskRow, ...]], contracts: Contracts) -> Iterable[Position]:
    raws: Raws = answer.raw
    for index, row in enumerate(answer.value):
        margin_type = margin_type_of(row.margin_type)
        is_isolated = margin_type is MarginType.ISOLATED
        notional = notional_of(row)
        yield Position(
            symbol=row.symbol,
            settle=_settle(contracts, row.symbol),
            side=POSITION_SIDES[row.position_side],
            quantity=row.position_amt,
            contract_size=_CONTRACT_SIZE,
            contract_unit=Unit.BASE,
            entry_price=row.entry_price or None,
            break_even_price=row.break_even_price or None,
            mark_price=row.mark_price or None,
            notional=notional,
            value=notional,
            unrealized_pnl=row.un_realized_profit,
            leverage=row.leverage,
            margin_type=margin_type,
            isolated_wallet=row.isolated_wallet if is_isolated else None,
            isolated_margin=row.isolated_margin if is_isolated else None,
            liquidation_price=row.liquidation_price or None,
            max_position=row.max_notional_value,
            max_position_unit=None if row.max_notional_value is None else Unit.QUOTE,
            auto_add_margin=row.is_auto_add_margin,
            updated_at=row.update_time,
            as_of=answer.as_of,
            received_at=answer.received_at,
            raw=None if raws is None else raws[index],
        )


def notional_of(row: AsterRiskRow) -> Decimal | None:
    """Return the size of a row in the quote asset, >= 0; None where neither it nor a mark price is told."""
    if row.notional is not None:
        return abs(row.notional)
    return None if row.mark_price is None else abs(row.position_amt * row.mark_price)


def positions_of_account(
    rows: Sequence[AsterAccountPosition],
    raws: Raws,
    contracts: Contracts,
    *,
    as_of: datetime,
    received_at: datetime,
    include_flat: bool,
) -> tuple[Position, ...]:
    """Return the positions of the account read: with margins, without mark and liquidation price."""
    return tuple(
        Position(
            symbol=row.symbol,
            settle=_settle(contracts, row.symbol),
            side=POSITION_SIDES[row.position_side],
            quantity=row.position_amt,
            contract_size=_CONTRACT_SIZE,
            contract_unit=Unit.BASE,
            entry_price=row.entry_price or None,
            unrealized_pnl=row.unrealized_profit,
            leverage=row.leverage,
            margin_type=_OF_FLAG[row.isolated],
            position_initial_margin=row.position_initial_margin,
            open_order_initial_margin=row.open_order_initial_margin,
            initial_margin=row.initial_margin,
            maintenance_margin=row.maint_margin,
            max_position=row.max_notional,
            max_position_unit=None if row.max_notional is None else Unit.QUOTE,
            updated_at=row.update_time,
            as_of=as_of,
            received_at=received_at,
            raw=None if raws is None else raws[index],
        )
        for index, row in enumerate(rows)
        if row.position_amt or include_flat
    )


def _settle(contracts: Contracts, symbol: str) -> str | None:
    contract = contracts.get(symbol)
    return None if contract is None else contract.margin_asset
