"""Reading: balances, positions, contracts and the time."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from venuekit.capabilities import (
    Balance,
    BalanceReader,
    Instrument,
    InstrumentKind,
    InstrumentReader,
    InstrumentStatus,
    MarginType,
    Position,
    PositionReader,
    PositionSide,
    ServerTimeReader,
    Unit,
)
from venuekit.plugin import Account
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.payloads import ContractRow, PositionRow


class ToyInstruments(Account, InstrumentReader, ServerTimeReader):
    """The contracts and the time."""

    __slots__ = ()

    async def get_instruments(self, *, symbol: str | None = None) -> tuple[Instrument, ...]:
        """Return every contract, or the requested one."""
        return tuple(_instrument(row) for row in await self.call(TOY.CONTRACTS, contract=symbol))

    async def get_server_time(self) -> datetime:
        """Return the venue's clock."""
        return await self.call(TOY.SERVER_TIME)


class ToyBalances(Account, BalanceReader):
    """The balances of the account."""

    __slots__ = ()

    async def get_balances(self, *, asset: str | None = None) -> tuple[Balance, ...]:
        """Return one balance per asset; the venue has no filter, so all are read."""
        answer = await self.answer(TOY.WALLET)
        return tuple(
            Balance(
                asset=row.asset,
                wallet=row.wallet,
                equity=row.equity,
                available=row.free,
                updated_at=row.updated,
                as_of=answer.as_of,
                received_at=answer.received_at,
            )
            for row in answer.value
            if asset in {None, row.asset}
        )


class ToyPositions(Account, PositionReader):
    """The account's positions; there is one position per contract."""

    __slots__ = ()

    async def get_positions(
        self,
        *,
        symbol: str | None = None,
        pair: str | None = None,
        margin_asset: str | None = None,
        include_flat: bool = False,
    ) -> tuple[Position, ...]:
        """Return the open positions, or with ``include_flat=True`` a row for every contract."""
        if pair is not None or margin_asset is not None:
            raise self.refuse("positions can be filtered by symbol only", subject=symbol)
        answer = await self.answer_rows(TOY.POSITIONS, contract=symbol, flat=include_flat or None)
        return tuple(_position(row, answer.as_of, answer.received_at) for row in answer.value)

    async def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        """Return the position of a contract, also a flat one."""
        if side not in {None, PositionSide.BOTH}:
            raise self.refuse("positions are one-way here", subject=symbol)
        (position,) = await self.get_positions(symbol=symbol, include_flat=True)
        return position


def _instrument(row: ContractRow) -> Instrument:
    return Instrument(
        symbol=row.contract,
        pair=f"{row.base}{row.quote}",
        base=row.base,
        quote=row.quote,
        settle=row.quote,
        kind=InstrumentKind.PERPETUAL,
        is_inverse=False,
        contract_size=row.size,
        contract_unit=Unit.BASE,
        status=InstrumentStatus.TRADING,
        price_tick=row.tick,
        quantity_step=row.step,
        min_quantity=row.smallest,
        leverage_min=Decimal(1),
        leverage_max=row.maxLeverage,
        leverage_step=Decimal(1),
    )


def _position(row: PositionRow, as_of: datetime, received_at: datetime) -> Position:
    return Position(
        symbol=row.contract,
        side=PositionSide.BOTH,
        quantity=row.size,
        contract_size=Decimal(1),
        contract_unit=Unit.BASE,
        entry_price=row.entry,
        mark_price=row.mark,
        unrealized_pnl=row.pnl,
        leverage=row.leverage,
        margin_type=MarginType(row.margin),
        isolated_wallet=row.collateral,
        liquidation_price=row.liquidation,
        updated_at=row.updated,
        as_of=as_of,
        received_at=received_at,
    )
