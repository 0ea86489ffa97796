"""Derives the events of a command by comparing the state with the last reported one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from venuekit.capabilities import IncomeKind, MarginTypeScope, Setting
from venuekit.simulator.ledger.contract import AssetKey
from venuekit.simulator.ledger.events import AccountEvent, EventReason, LegState, SettingEvent, WalletState
from venuekit.simulator.ledger.margin import break_even
from venuekit.simulator.ledger.money import ZERO, exact, to_price
from venuekit.simulator.ledger.rules import Rules
from venuekit.simulator.ledger.state import LedgerState, Leg, LegKey
from venuekit.simulator.ledger.view import LedgerView

_OF_TRADES = frozenset({IncomeKind.REALIZED_PNL, IncomeKind.COMMISSION})


@exact
def account_event(
    reading: LedgerView, reported: LedgerState, time: datetime, reason: EventReason, symbol: str | None
) -> AccountEvent | None:
    """Return the wallets and legs that changed since ``reported``, in their present state; None without changes."""
    state = reading.state
    keys = [key for key, leg in state.legs.items() if leg != reported.legs.get(key, Leg())]
    assets = [key for key, cash in state.cash.items() if cash.cross_wallet != reported.cash[key].cross_wallet]
    affected = [reading.contract(name).asset_key for name, _ in keys]
    assets += [key for key in dict.fromkeys(affected) if key not in assets]
    if not assets:
        return None
    changes: dict[AssetKey, Decimal] = {}
    for row in state.incomes.since(len(reported.incomes)):
        if row.kind not in _OF_TRADES:
            changes[row.purse, row.asset] = changes.get((row.purse, row.asset), ZERO) + row.amount
    balances = tuple(
        WalletState(key[1], key[0], reading.wallet(key), reading.cross_wallet(key), changes.get(key, ZERO))
        for key in assets
    )
    positions = tuple(_position(reading, key) for key in keys)
    return AccountEvent(len(state.events) + 1, time, reason, symbol, balances, positions)


def _position(reading: LedgerView, key: LegKey) -> LegState:
    symbol, side = key
    contract, leg = reading.contract(symbol), reading.leg(symbol, side)
    profit = contract.profit(leg.quantity, leg.entry, reading.symbol(symbol).mark) if leg.quantity else ZERO
    return LegState(
        symbol=symbol,
        side=side,
        quantity=leg.quantity,
        entry_price=to_price(leg.entry),
        break_even_price=to_price(break_even(reading.rules, contract, leg)),
        isolated_wallet=leg.isolated_wallet,
        realized_pnl=leg.total_realized_pnl,
        unrealized_pnl=reading.rules.money(profit),
        margin_type=reading.margin_type(symbol),
    )


def setting_events(rules: Rules, before: LedgerState, after: LedgerState, time: datetime) -> Iterator[SettingEvent]:
    """Yield an event for each setting that differs; the caller adds each to ``after.events`` before the next."""
    of_account = rules.margin_type_scope is MarginTypeScope.ACCOUNT
    pairs: list[tuple[Setting, str | None, object, object]] = [
        (Setting.ACCOUNT_MODE, None, before.account_mode, after.account_mode),
        (Setting.POSITION_MODE, None, before.position_mode, after.position_mode),
        (Setting.ASSET_MODE, None, before.asset_mode, after.asset_mode),
    ]
    if of_account:
        pairs.append((Setting.MARGIN_TYPE, None, before.margin_type, after.margin_type))
    for symbol, now in after.symbols.items():
        was = before.symbols[symbol]
        pairs.append((Setting.LEVERAGE, symbol, was.leverage, now.leverage))
        if not of_account:
            pairs.append((Setting.MARGIN_TYPE, symbol, was.margin_type, now.margin_type))
    for setting, symbol_of, old, new in pairs:
        if old != new:
            yield SettingEvent(len(after.events) + 1, time, setting, symbol_of, new)
