"""The account: a list of its parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from venuekit.capabilities import (
    AccountMode,
    AccountModeReader,
    AccountModeSetting,
    Balance,
    BalanceReader,
    Identity,
    IdentityReader,
    Instrument,
    InstrumentKind,
    InstrumentReader,
    InstrumentStatus,
    MarginType,
    Position,
    PositionReader,
    PositionSide,
    Unit,
)
from venuekit.parts.settings.controls import SymbolLeverage
from venuekit.parts.settings.snapshot import AccountSettings, LeverageTier, SettingsDraft, SettingsSource
from venuekit.plugin import Account
from venuekit_toy_chain.endpoints import state_of
from venuekit_toy_chain.orders import CHAIN, ChainOrders
from venuekit_toy_chain.rows import MarketRow

_MODES = {"unified": AccountMode.UNIFIED, "portfolio": AccountMode.PORTFOLIO_MARGIN}


class ChainInstruments(Account, InstrumentReader):
    """The markets."""

    __slots__ = ()

    async def get_instruments(self, *, symbol: str | None = None) -> tuple[Instrument, ...]:
        """Return every market, or the requested one."""
        return tuple(_instrument(row) for row in await self.call(CHAIN.MARKETS, market=symbol))


class ChainBalances(Account, BalanceReader):
    """Money, which lies in the sub-account of the wallet."""

    __slots__ = ()

    async def get_balances(self, *, asset: str | None = None) -> tuple[Balance, ...]:
        """Return one balance per asset."""
        answer = await self.answer(CHAIN.MONEY)
        return tuple(
            Balance(
                asset=row.asset,
                wallet=row.total,
                available=row.free,
                sub_account=row.account,
                as_of=answer.as_of,
                received_at=answer.received_at,
            )
            for row in answer.value
            if asset in {None, row.asset}
        )


class ChainPositions(Account, PositionReader):
    """Positions, each with an id of its own."""

    __slots__ = ()

    async def get_positions(
        self,
        *,
        symbol: str | None = None,
        pair: str | None = None,
        margin_asset: str | None = None,
        include_flat: bool = False,
    ) -> tuple[Position, ...]:
        """Return the open positions, or with ``include_flat=True`` a row for every market."""
        if pair is not None or margin_asset is not None:
            raise self.refuse("positions can be filtered by symbol only", subject=symbol)
        answer = await self.answer_rows(CHAIN.POSITIONS, market=symbol, flat=include_flat or None)
        return tuple(
            Position(
                symbol=row.market,
                side=PositionSide.BOTH,
                position_id=row.id,
                sub_account=row.account,
                quantity=row.size,
                contract_size=Decimal(1),
                contract_unit=Unit.BASE,
                entry_price=row.entry,
                mark_price=row.mark,
                leverage=row.leverage,
                margin_type=MarginType(row.margin),
                as_of=answer.as_of,
                received_at=answer.received_at,
            )
            for row in answer.value
        )

    async def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        """Return the position of a market, also a flat one."""
        if side not in {None, PositionSide.BOTH}:
            raise self.refuse("positions are one-way here", subject=symbol)
        (position,) = await self.get_positions(symbol=symbol, include_flat=True)
        return position


class ChainWallet(Account, IdentityReader, AccountModeReader):
    """The account that the wallet belongs to: its own, or one that gave this agent leave to trade."""

    __slots__ = ()

    async def get_identity(self) -> Identity:
        """Return the account of the wallet."""
        row = await self.call(CHAIN.WALLET)
        return Identity(row.account, row.master)

    async def get_account_mode(self) -> AccountModeSetting:
        """Return the kind of the account."""
        row = await self.call(CHAIN.WALLET)
        return AccountModeSetting(_MODES.get(row.kind), word=row.kind)


class _Settings(SettingsSource):
    """Leverage of all markets, by one read that also counts orders and knows the highest leverage."""

    async def read_settings(self, draft: SettingsDraft, symbols: Collection[str]) -> None:
        """Add a row of every market; one that is not listed is refused in the venue's own words."""
        rows = await draft.read(CHAIN.SETTINGS)
        for symbol in set(symbols) - {row.market for row in rows}:
            await draft.read(CHAIN.SETTINGS, market=symbol)
        draft.add(map(state_of, rows), symbols)
        draft.set(open_positions=sum(row.size != 0 for row in rows))

    async def count_orders(self, draft: SettingsDraft, symbols: Collection[str] | None) -> Counter[str]:
        """Return the number of open orders of every market."""
        return Counter({row.market: row.orders for row in await draft.read(CHAIN.SETTINGS)})

    async def read_tiers(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Sequence[LeverageTier]]:
        """Return one tier per market: its leverage is the highest that the venue allows for the position."""
        rows = await draft.read(CHAIN.SETTINGS)
        return {row.market: (LeverageTier(Decimal("Infinity"), row.highest),) for row in rows if row.market in symbols}

    async def read_exposures(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Decimal | None]:
        """Return nothing: the tiers allow for the position already."""
        return {}


class ToyChainAccount(
    ChainInstruments, ChainBalances, ChainPositions, ChainWallet, SymbolLeverage, AccountSettings, ChainOrders
):
    """An account of Toy Chain."""

    __slots__ = ()

    endpoints = CHAIN
    settings_source = _Settings()


def _instrument(row: MarketRow) -> Instrument:
    return Instrument(
        symbol=row.market,
        pair=f"{row.base}{row.quote}",
        base=row.base,
        quote=row.quote,
        settle=row.quote,
        kind=InstrumentKind.PERPETUAL,
        is_inverse=False,
        contract_size=Decimal(1),
        contract_unit=Unit.BASE,
        status=InstrumentStatus.TRADING,
        price_tick=row.tick,
        quantity_step=row.lot,
        leverage_min=Decimal(1),
        leverage_max=row.maxLeverage,
        leverage_step=Decimal(1),
    )
