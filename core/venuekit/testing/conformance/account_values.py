"""Checks of values: the reads of an account agree with the ledger, field by field."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta

import pytest

from venuekit.capabilities import (
    AccountInfo,
    AccountReader,
    AssetModeReader,
    Balance,
    BalanceReader,
    Capability,
    LeverageBehaviour,
    LeverageReader,
    LeverageScope,
    MarginTypeReader,
    MarginTypeScope,
    Position,
    PositionMode,
    PositionModeReader,
    PositionReader,
    PositionSide,
    SettingsReader,
)
from venuekit.errors import InvalidArgument
from venuekit.plugin import from_milliseconds
from venuekit.simulator.ledger import BalanceFigures
from venuekit.testing.conformance import account_figures as figures
from venuekit.testing.conformance.account_states import AccountState, on_account
from venuekit.testing.conformance.inventory import Checks
from venuekit.testing.conformance.tiers import Tier
from venuekit.testing.staged import Stage, on_stage

#: the time in which an answer comes
_ANSWER = timedelta(seconds=10)


class AccountValueChecks(Checks):
    """Balances, positions and settings are those of the ledger, in their units and with their signs."""

    tier = Tier.GOLD

    async def test_balances_agree(self, account_state: AccountState, balance_reader: type[BalanceReader]) -> None:
        """Each balance is the ledger's, and no asset with money in it is left out."""
        async with on_account(self.inventory.venue, account_state) as stage:
            check_balances(stage, await balance_reader.of(stage.account).get_balances())

    async def test_account_agrees(self, account_state: AccountState, account_reader: type[AccountReader]) -> None:
        """Totals, modes, balances and positions of the account are the ledger's."""
        async with on_account(self.inventory.venue, account_state) as stage:
            account = await account_reader.of(stage.account).get_account()
            totals = stage.ledger.totals(purse=_purses(stage)[0])
            figures.ACCOUNT.check(account, figures.AccountFacts(stage.ledger, totals), "the account")
            for one in account.collateral or ():
                asset = stage.ledger.asset(one.asset, purse=_purses(stage)[0])
                figures.COLLATERAL.check(one, asset, f"{one.asset} as collateral")
            check_times(stage, account, "the account")
            check_balances(stage, account.balances)
            check_positions(stage, account.positions)
            account = await account_reader.of(stage.account).get_account(include_flat=True)
            check_positions(stage, account.positions, also_flat=True)

    async def test_positions_agree(self, account_state: AccountState, position_reader: type[PositionReader]) -> None:
        """
        Each open position is the ledger's, once.

        The position of a symbol is that of the named leg; a leg that the position mode lacks is refused.
        """
        async with on_account(self.inventory.venue, account_state) as stage:
            reader, ledger = position_reader.of(stage.account), stage.ledger
            check_positions(stage, await reader.get_positions())
            hedged = ledger.position_mode is PositionMode.HEDGE
            for leg in ledger.positions(include_flat=True):
                position = await reader.get_position(leg.symbol, side=leg.side if hedged else None)
                assert (position.symbol, position.side) == (leg.symbol, leg.side), "the position of another leg"
                _check_position(stage, position)
            with pytest.raises(InvalidArgument):
                await reader.get_position(stage.scenario.flat, side=None if hedged else PositionSide.LONG)

    async def test_flat_positions_agree(self, position_reader: type[PositionReader]) -> None:
        """A flat position is listed where flat ones are asked for, and only there; it has the ledger's settings."""
        async with on_stage(self.inventory.venue) as stage:
            reader = position_reader.of(stage.account)
            check_positions(stage, await reader.get_positions())
            check_positions(stage, await reader.get_positions(include_flat=True), also_flat=True)

    async def test_settings_agree(self, account_state: AccountState) -> None:
        """Each setting that is read, alone or with all others, is the ledger's, of the symbol that is named."""
        async with on_account(self.inventory.venue, account_state) as stage:
            for reader, check in _SETTINGS.items():
                if reader in self.inventory.capabilities:
                    await check(stage)


async def _check_leverages(stage: Stage) -> None:
    for symbol in stage.ledger.contracts:
        figures.LEVERAGE.check(await stage.account.get_leverage(symbol), _symbol(stage, symbol), symbol)


async def _check_margin_types(stage: Stage) -> None:
    if stage.ledger.rules.margin_type_scope is MarginTypeScope.ACCOUNT:
        assert (await stage.account.get_margin_type()).margin_type is stage.ledger.margin_type()
        return
    for symbol in stage.ledger.contracts:
        setting = await stage.account.get_margin_type(symbol)
        assert (setting.symbol, setting.margin_type) == (symbol, stage.ledger.margin_type(symbol))


async def _check_position_mode(stage: Stage) -> None:
    assert (await stage.account.get_position_mode()).mode is stage.ledger.position_mode


async def _check_asset_mode(stage: Stage) -> None:
    assert (await stage.account.get_asset_mode()).mode is stage.ledger.asset_mode


async def _check_snapshot(stage: Stage) -> None:
    ledger = stage.ledger
    snapshot = await stage.account.get_settings(tuple(ledger.contracts), orders=True, brackets=True)
    assert {row.symbol for row in snapshot.symbols} == set(ledger.contracts)
    for row in snapshot.symbols:
        figures.SYMBOL_SETTINGS.check(row, _symbol(stage, row.symbol), row.symbol)
    is_of_account = ledger.rules.margin_type_scope is MarginTypeScope.ACCOUNT
    held = {
        "position_mode": ledger.position_mode,
        "asset_mode": ledger.asset_mode,
        "margin_type": ledger.margin_type() if is_of_account else None,
    }
    for name, value in held.items():
        assert getattr(snapshot, name) in {None, value}, f"{name} is {getattr(snapshot, name)}, not {value}"
    for symbol in (*ledger.contracts,)[:: max(1, len(ledger.contracts) - 1)]:  # the first one, and the last
        row = (await stage.account.get_settings((symbol,))).symbol(symbol)
        assert row is not None, f"the settings of {symbol} alone lack it"
        needed = tuple(name for name in figures.SYMBOL_SETTINGS.needed if name != "open_orders")
        figures.SYMBOL_SETTINGS.check(row, _symbol(stage, symbol), symbol, needed)
    legs = ledger.positions()
    assert snapshot.open_positions in {len(legs), len({leg.symbol for leg in legs})}
    assert snapshot.open_orders == len(ledger.open_orders())


_SETTINGS: Mapping[type[Capability], Callable[[Stage], Awaitable[None]]] = {
    LeverageReader: _check_leverages,
    MarginTypeReader: _check_margin_types,
    PositionModeReader: _check_position_mode,
    AssetModeReader: _check_asset_mode,
    SettingsReader: _check_snapshot,
}


def check_balances(stage: Stage, balances: Iterable[Balance]) -> None:
    """Fail unless each balance is the ledger's, and every asset with money in it is there once."""
    held = {row.asset: row for row in _balances_of(stage)}
    given = [balance.asset for balance in balances]
    assert len(given) == len(set(given)), f"an asset comes twice: {given}"
    missing = {asset for asset, row in held.items() if row.wallet} - set(given)
    assert not missing, f"the balances lack {missing}"
    for balance in balances:
        assert balance.asset in held, f"the ledger has no asset {balance.asset}"
        figures.BALANCE.check(balance, held[balance.asset], balance.asset)
        check_times(stage, balance, balance.asset)


def check_positions(stage: Stage, positions: Iterable[Position], *, also_flat: bool = False) -> None:
    """Fail unless each position is the ledger's, every open one is there once, and a flat one only if asked for."""
    given = [(position.symbol, position.side) for position in positions]
    assert len(given) == len(set(given)), f"a position comes twice: {given}"
    held = {(leg.symbol, leg.side) for leg in stage.ledger.positions()}
    assert held <= set(given), f"the positions lack {held - set(given)}"
    assert also_flat or set(given) <= held, f"flat positions are listed: {set(given) - held}"
    for position in positions:
        _check_position(stage, position)


def _check_position(stage: Stage, position: Position) -> None:
    leg = stage.ledger.position(position.symbol, position.side)
    facts = figures.PositionFacts(leg, stage.ledger.contract(position.symbol))
    name = f"{position.symbol} {position.side.name}"
    figures.POSITION.check(position, facts, name)
    if position.adl_rank is not None:
        assert 0 <= position.adl_rank <= (position.adl_rank_of or 0), f"{name}: rank {position.adl_rank} of no queue"
    if position.bankruptcy_price is not None and position.liquidation_price is not None:
        beyond = (position.liquidation_price - position.bankruptcy_price) * position.quantity
        assert beyond >= 0, f"{name}: bankrupt at {position.bankruptcy_price}, before its liquidation"
    check_times(stage, position, name)


def check_times(stage: Stage, value: Balance | Position | AccountInfo, name: str) -> None:
    """Fail unless the server's time in an answer, and ours, are the present."""
    now = from_milliseconds(stage.simulation.milliseconds())
    for field in ("as_of", "received_at"):
        given = getattr(value, field)
        assert given is None or abs(given - now) < _ANSWER, f"{name}: {field} is {given}; it is {now}"


def _purses(stage: Stage) -> tuple[str, ...]:
    """Return the wallets of the venue's contracts."""
    return tuple(dict.fromkeys(contract.purse for contract in stage.ledger.contracts.values()))


def _balances_of(stage: Stage) -> tuple[BalanceFigures, ...]:
    return tuple(row for purse in _purses(stage) for row in stage.ledger.balances(purse=purse))


def _symbol(stage: Stage, symbol: str) -> figures.SymbolFacts:
    if not stage.venue.has_behaviour(LeverageBehaviour):
        return figures.SymbolFacts(stage.ledger, symbol)
    declared = stage.venue.behaviour(LeverageBehaviour)
    by_side = LeverageScope.SIDE in declared.scope
    return figures.SymbolFacts(stage.ledger, symbol, by_side, declared.margin_types)
