"""Current reads: the reads that a plan needs, the cheap ones first; what they show decides about the others."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from venuekit.capabilities import Setting, SettingsReader, SettingsSnapshot
from venuekit.errors import InvalidRequest, NotFound, VenuekitError
from venuekit.settings.plans import UnknownSymbol, Unreadable
from venuekit.settings.preconditions import raises_leverage, reason_of_mode
from venuekit.settings.step_order import Key
from venuekit.settings.target import Target
from venuekit.settings.target_accounts import (
    CurrentSettings,
    DesiredSetting,
    TargetAccount,
    contradictions,
    desired_settings_of,
)
from venuekit.venue import BlockedBy, BlockerScope


def differences(target: Target, current: CurrentSettings) -> tuple[DesiredSetting, ...]:
    """Return the desired settings that differ from the current ones and that no entry contradicts, one per setting."""
    desired_settings = desired_settings_of(target, current.accounts)
    against = contradictions(desired_settings)
    first: dict[Key, DesiredSetting] = {}
    for desired in desired_settings:
        if desired.key not in against and current.value(desired.account, desired.key) != desired.target:
            first.setdefault(desired.key, desired)
    return tuple(first.values())


async def read_current_settings(target: Target, accounts: Sequence[TargetAccount]) -> CurrentSettings:
    """Read every account: the cheap reads first, then those that the differences need."""
    snapshots: dict[TargetAccount, SettingsSnapshot] = {}
    unknown: list[UnknownSymbol] = []
    unreadable: list[Unreadable] = []
    for account in accounts:
        try:
            readable, snapshot, symbols = await _read(account)
        except VenuekitError as error:
            unreadable += _unreadable(account, error)
        else:
            snapshots[readable] = snapshot
            unknown += symbols
    first = CurrentSettings(dict(snapshots), tuple(unknown), tuple(unreadable))
    changes: dict[Hashable, list[DesiredSetting]] = {}
    for desired in differences(target, first):
        if reason_of_mode(desired, first) is not None:
            continue  # it is refused, whatever else is read
        changes.setdefault(desired.account.owner, []).append(desired)
    for account in first.accounts:
        changes_of_owner = changes.get(account.owner, ())
        orders, brackets = _orders(account, changes_of_owner, first), _brackets(account, changes_of_owner, first)
        if not orders and not brackets:
            continue
        try:
            snapshots[account] = await SettingsReader.of(account.open_account).get_settings(
                account.symbols, orders=orders, brackets=brackets, known=first.of(account)
            )
        except VenuekitError as error:
            del snapshots[account]
            unreadable += _unreadable(account, error)
    return CurrentSettings(snapshots, tuple(unknown), tuple(unreadable))


def _unreadable(account: TargetAccount, error: VenuekitError) -> Iterator[Unreadable]:
    """Yield the entries of an account that could not be read."""
    return (Unreadable(name, account.venue.id, error) for name in account.entries)


async def _read(account: TargetAccount) -> tuple[TargetAccount, SettingsSnapshot, list[UnknownSymbol]]:
    """Do the cheap reads, and leave out each symbol that the venue refuses by name."""
    unknown: list[UnknownSymbol] = []
    while True:
        try:
            return account, await account.read(), unknown
        except (InvalidRequest, NotFound) as error:
            symbol = error.subject
            if symbol not in account.symbols:
                raise
            named = [name for name, entry in account.entries.items() if symbol in entry.symbols]
            unknown += [UnknownSymbol(name, symbol, error) for name in named]
            account = account.without({symbol})


def _orders(
    account: TargetAccount, changes: Sequence[DesiredSetting], current: CurrentSettings
) -> frozenset[str] | bool:
    """Return the symbols whose open orders could forbid a change, True for all."""
    symbols = set()
    for desired in changes:
        if desired.account is account and desired.key.setting is Setting.MARGIN_TYPE and desired.key.symbol is None:
            return True  # it changes every product, and the affected positions are read along with the orders
        for blocker in desired.account.venue.blockers:
            if blocker.setting is not desired.key.setting or blocker.by is not BlockedBy.ORDERS:
                continue
            reached = current.mates(desired.account) if blocker.scope is BlockerScope.REALM else (desired.account,)
            if account not in reached:
                continue
            if blocker.scope is not BlockerScope.SYMBOL or desired.key.symbol is None:
                return True
            symbols.add(desired.key.symbol)
    return frozenset(symbols)


def _brackets(account: TargetAccount, changes: Sequence[DesiredSetting], current: CurrentSettings) -> frozenset[str]:
    """Return the symbols whose leverage would rise."""
    return frozenset(
        desired.key.symbol
        for desired in changes
        if desired.account is account
        and desired.key.symbol is not None
        and raises_leverage(desired, current.value(account, desired.key))
    )
