"""Current reads: the reads that a plan needs, the cheap ones first, which decide about the others."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence

import attrs

from venuekit._util.texts import nearest
from venuekit.capabilities import Setting, SettingsReader, SettingsSnapshot
from venuekit.errors import InvalidRequest, NotFound, VenuekitError
from venuekit.fleet import fan_out
from venuekit.settings.controls import instruments_weight
from venuekit.settings.expansion import Seen, expand_account, read_listed, read_names
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


async def read_current_settings(
    target: Target, accounts: Sequence[TargetAccount], *, only: Collection[str] = ()
) -> CurrentSettings:
    """
    Read every account, several at once: the cheap reads first, then those that the differences need.

    The accounts of the result have the settings of the symbols that their rules match, of those that ``only`` matches.

    Raises:
        ConfigurationError: one of ``only`` matches no symbol, and every account was read.
    """
    snapshots: dict[TargetAccount, SettingsSnapshot] = {}
    unknown: list[UnknownSymbol] = []
    unreadable: list[Unreadable] = []
    seen = Seen()
    read = await fan_out(dict(enumerate(accounts)), lambda account: _read(account, only))
    for number, account in enumerate(accounts):
        error = read.errors.get(number)
        if isinstance(error, VenuekitError):
            unreadable += _unreadable(account, error)
            seen.add_unread(account)
        elif error is not None:
            raise error
        else:
            first_read = read.values[number]
            snapshots[first_read.account] = first_read.snapshot
            unknown += first_read.unknown
            seen.add(account, first_read.listed, first_read.symbols)
    if not unreadable:
        seen.check(only)
    unmatched = tuple(seen.find_unmatched())
    first = CurrentSettings(dict(snapshots), tuple(unknown), tuple(unreadable), unmatched)
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
    return CurrentSettings(snapshots, tuple(unknown), tuple(unreadable), unmatched)


def _unreadable(account: TargetAccount, error: VenuekitError) -> Iterator[Unreadable]:
    """Yield the entries of an account that could not be read."""
    return (Unreadable(name, account.venue.id, error) for name in account.entries)


@attrs.frozen
class _FirstRead:
    """
    The cheap reads of an account.

    ``account`` has the settings of the symbols that its rules match, ``symbols`` are all symbols of its target, and
    ``listed`` those of its venue, where they were read.
    """

    account: TargetAccount
    snapshot: SettingsSnapshot
    unknown: Sequence[UnknownSymbol]
    symbols: Collection[str]
    listed: Mapping[str, bool]


async def _read(declared: TargetAccount, only: Collection[str]) -> _FirstRead:
    """Do the cheap reads, and leave out each symbol that the venue refuses by name."""
    unknown: list[UnknownSymbol] = []
    listed = names = await read_listed(declared)
    weight = instruments_weight(declared.venue) if listed else 0
    account = declared
    while True:
        asked = expand_account(account, listed, only, None)
        try:
            snapshot = await asked.read()
        except (InvalidRequest, NotFound) as error:
            symbol = error.subject
            if symbol not in asked.symbols:
                raise
            names = names or dict.fromkeys(await read_names(account, listed), False)
            meant = nearest(symbol, names)
            named = [name for name, entry in asked.entries.items() if symbol in entry.symbols]
            unknown += [UnknownSymbol(name, symbol, error, meant) for name in named]
            account = account.without({symbol})
            listed = {name: trades for name, trades in listed.items() if name != symbol}
        else:
            everything = expand_account(account, listed, (), snapshot)
            planned = expand_account(account, listed, only, snapshot) if only else everything
            counted = attrs.evolve(snapshot, weight=snapshot.weight + weight)
            return _FirstRead(planned, counted, unknown, everything.symbols, names)


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
