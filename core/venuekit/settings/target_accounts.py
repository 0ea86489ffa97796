"""
Target accounts: the accounts of the entries of a target, the settings desired of them, and their current ones.

Entries with one realm and one API key share an account.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from venuekit._util.toml_lines import KeyPath, key_text
from venuekit.account_check import check_mapping, refuse_blocking
from venuekit.capabilities import (
    AccountModeReader,
    LeverageScope,
    MarginType,
    PositionModeBehaviour,
    PositionSide,
    Setting,
    SettingsReader,
    SettingsSnapshot,
    SymbolSettings,
)
from venuekit.errors import AuthenticationFailed, ConfigurationError, PermissionDenied
from venuekit.settings.controls import account_mode_weight, has_leverage_per, is_account_wide, read_account_mode
from venuekit.settings.plans import UnknownSymbol, UnmatchedPattern, Unreadable
from venuekit.settings.step_order import Key
from venuekit.settings.target import AccountTarget, LeverageTarget, Target, Value, text_of

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.venue import Venue

#: how long a read may wait for budget, in seconds
_PATIENCE = 120.0


@attrs.frozen(eq=False)
class TargetAccount:
    """
    One account at one venue, with every entry of the target about it.

    ``owner`` is equal for accounts whose venues share a realm, an environment and an API key. ``open_account``, the one
    of the first entry, does the reading. ``position_mode_index`` is the index of the first account of the target that
    has the same position mode.
    """

    index: int
    owner: Hashable
    open_account: Account
    entries: Mapping[str, AccountTarget]
    position_mode_index: int

    @property
    def venue(self) -> Venue[Any]:
        """The venue of this account."""
        return self.open_account.venue

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that its entries name, once."""
        return tuple(dict.fromkeys(symbol for entry in self.entries.values() for symbol in entry.symbols))

    def shares(self, setting: Setting, other: TargetAccount) -> bool:
        """Return whether this account and another one share a setting."""
        if self is other:
            return True
        if setting is not Setting.POSITION_MODE or self.owner != other.owner:
            return False
        return _share_position_mode(self.venue, other.venue)

    @property
    def shared_with(self) -> tuple[str, ...]:
        """The venues whose position mode changes along with this one's."""
        return _sharers_of(self.venue)

    def without(self, symbols: Collection[str]) -> TargetAccount:
        """Return the same account without the targets of some symbols."""
        entries = {
            name: attrs.evolve(entry, symbols={s: row for s, row in entry.symbols.items() if s not in symbols})
            for name, entry in self.entries.items()
        }
        return attrs.evolve(self, entries=entries)

    async def read(self) -> SettingsSnapshot:
        """
        Read the current settings, by the cheap reads alone, and the account mode where an entry names it.

        Where the venue refuses the key, the account mode may be the reason: if so, it is all that is returned.
        """
        reader = SettingsReader.of(self.open_account)
        try:
            snapshot = await reader.get_settings(self.symbols)
        except (AuthenticationFailed, PermissionDenied):
            mode = await read_account_mode(self.open_account)
            if mode is None or not mode.unavailable:
                raise
            return SettingsSnapshot(account_mode=mode, weight=account_mode_weight(self.venue))
        is_named = any(entry.account_mode is not None for entry in self.entries.values())
        if not is_named or snapshot.account_mode is not None:
            return snapshot
        mode = await AccountModeReader.of(self.open_account).get_account_mode()
        weight = snapshot.weight + account_mode_weight(self.venue)
        return attrs.evolve(snapshot, account_mode=mode, weight=weight)


def patient(account: Account) -> Account:
    """Return an account whose reads wait for the next window of a pool: many settings are more than one window has."""
    return account.with_options(max_wait=_PATIENCE)


def target_accounts_of(target: Target, accounts: Mapping[str, Account]) -> tuple[TargetAccount, ...]:
    """
    Return the accounts that a target names, in its own order.

    Raises:
        ConfigurationError: an account of the target is not among ``accounts``.
        InvalidArgument: one of them is an account of :mod:`venuekit.sync`.
    """
    refuse_blocking(check_mapping(accounts, "plan").values(), "plan")
    accounts = {name: patient(account) for name, account in accounts.items()}
    entries: dict[tuple[Hashable, str], dict[str, AccountTarget]] = {}
    for name, entry in target.accounts.items():
        account = accounts.get(name)
        if account is None:
            raise ConfigurationError(f"accounts.{name}: the target names it, but no such account is open")
        entries.setdefault((account.identity, account.venue.id), {})[name] = entry
    opened: list[TargetAccount] = []
    of_owner: dict[Hashable, list[TargetAccount]] = {}
    for index, ((owner, _), named) in enumerate(entries.items()):
        open_account = accounts[next(iter(named))]
        mates = of_owner.setdefault(owner, [])
        sharing = (mate.index for mate in mates if _share_position_mode(mate.venue, open_account.venue))
        mates.append(TargetAccount(index, owner, open_account, named, next(sharing, index)))
        opened.append(mates[-1])
    return tuple(opened)


def _share_position_mode(first: Venue[Any], other: Venue[Any]) -> bool:
    return other.id in _sharers_of(first) or first.id in _sharers_of(other)


def _sharers_of(venue: Venue[Any]) -> tuple[str, ...]:
    if not venue.has_behaviour(PositionModeBehaviour):
        return ()
    return venue.behaviour(PositionModeBehaviour).shared_with


@attrs.frozen
class DesiredSetting:
    """
    One entry's desired value of one setting.

    ``at_most`` is an upper bound that was not compared, since the present value is not known.
    """

    entry: str
    account: TargetAccount
    key: Key
    target: Value
    at_most: bool = False

    @property
    def name(self) -> str:
        """The path in the target: ``accounts.main.symbols.BTCUSD.leverage``."""
        inner = () if self.key.symbol is None else ("symbols", self.key.symbol)
        which = (one.value for one in (self.key.margin_type, self.key.side) if one is not None)
        return key_text(("accounts", self.entry, *inner, self.key.setting.value, *which))

    @property
    def path(self) -> KeyPath:
        """The key of the target that decided: the setting's own, or that of a group or of the account's defaults."""
        if self.key.symbol is None:
            return ("accounts", self.entry, self.key.setting.value)
        own = ("accounts", self.entry, "symbols", self.key.symbol, self.key.setting.value)
        return self.account.entries[self.entry].symbols[self.key.symbol].decided.get(self.key.setting, own)


def key_at(account: TargetAccount, setting: Setting, symbol: str | None = None) -> Key:
    """Return the key of a setting of an account: that of the first account that shares it."""
    is_shared = setting is Setting.POSITION_MODE  # the only one that accounts share
    return Key(account.position_mode_index if is_shared else account.index, setting, symbol)


def desired_settings_of(target: Target, accounts: Sequence[TargetAccount]) -> tuple[DesiredSetting, ...]:
    """Return the desired settings of these accounts, in the target's order."""
    of_entry = {name: account for account in accounts for name in account.entries}
    return tuple(
        desired for name in target.accounts if name in of_entry for desired in _settings_of_entry(name, of_entry[name])
    )


def contradictions(desired_settings: Sequence[DesiredSetting]) -> dict[Key, str]:
    """Return the settings for which two entries have different targets, with a sentence that names both."""
    first: dict[Key, DesiredSetting] = {}
    conflicts: dict[Key, str] = {}
    for desired in desired_settings:
        other = first.setdefault(desired.key, desired)
        if other.target != desired.target:
            conflicts[desired.key] = (
                f"{other.name} wants {text_of(other.target)} and {desired.name} wants {text_of(desired.target)}, "
                "but both are one setting of one account"
            )
    return conflicts


def _settings_of_entry(name: str, account: TargetAccount) -> Iterator[DesiredSetting]:
    entry = account.entries[name]
    for setting, symbol, value in entry.settings():
        key = key_at(account, setting, symbol)
        if not isinstance(value, LeverageTarget):
            yield DesiredSetting(name, account, key, value)
            continue
        margin_type = value.margin_type
        if margin_type is None and has_leverage_per(account.venue, LeverageScope.MARGIN_TYPE):
            margin_type = margin_type_of(entry, symbol)
        for side, leverage in _leverages(account, value):
            inner = attrs.evolve(key, side=side, margin_type=margin_type)
            yield DesiredSetting(name, account, inner, leverage, at_most=value.at_most)


def margin_type_of(entry: AccountTarget, symbol: str | None) -> MarginType | None:
    """Return the margin type that an entry wants for a symbol, None when it leaves it."""
    row = None if symbol is None else entry.symbols.get(symbol)
    return entry.margin_type if row is None or row.margin_type is None else row.margin_type


def _leverages(account: TargetAccount, target: LeverageTarget) -> Iterator[tuple[PositionSide | None, Decimal]]:
    """Yield each leverage to set: one for both sides, or one for each where the venue has a leverage per side."""
    sides: dict[PositionSide | None, Decimal | None]
    if has_leverage_per(account.venue, LeverageScope.SIDE):
        sides = {PositionSide.LONG: target.long, PositionSide.SHORT: target.short}
    else:
        sides = {None: target.short if target.long is None else target.long}
    for side, value in sides.items():
        if value is not None:
            yield side, value


@attrs.frozen
class CurrentSettings:
    """
    The snapshot of each readable account of a target, the symbols that venues do not know, the entries that could not
    be read, and the patterns that match no symbol.
    """

    snapshots: Mapping[TargetAccount, SettingsSnapshot]
    unknown: tuple[UnknownSymbol, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    unmatched: tuple[UnmatchedPattern, ...] = ()

    @property
    def accounts(self) -> tuple[TargetAccount, ...]:
        """The readable accounts, in the order of the target."""
        return tuple(self.snapshots)

    def of(self, account: TargetAccount) -> SettingsSnapshot:
        """Return the snapshot of an account."""
        return self.snapshots[account]

    def mates(self, account: TargetAccount) -> tuple[TargetAccount, ...]:
        """Return the accounts of one realm and API key, this one among them."""
        return self._of_owner[account.owner]

    @cached_property
    def _of_owner(self) -> dict[Hashable, tuple[TargetAccount, ...]]:
        grouped: dict[Hashable, list[TargetAccount]] = {}
        for account in self.accounts:
            grouped.setdefault(account.owner, []).append(account)
        return {owner: tuple(accounts) for owner, accounts in grouped.items()}

    def margin_type_key(self, account: TargetAccount, symbol: str | None) -> Key:
        """Return the key of a symbol's margin type: its own, or the account's."""
        wide = is_account_wide(account.venue, Setting.MARGIN_TYPE)
        return key_at(account, Setting.MARGIN_TYPE, None if wide else symbol)

    def value(self, account: TargetAccount, key: Key) -> Value | None:
        """Return the value of a setting of an account, None when the reads do not report it."""
        snapshot = self.of(account)
        if key.symbol is not None:
            row = snapshot.symbol(key.symbol)
            return None if row is None else _of_symbol(row, key)
        match key.setting:
            case Setting.ACCOUNT_MODE:
                return None if snapshot.account_mode is None else snapshot.account_mode.mode
            case Setting.POSITION_MODE:
                return snapshot.position_mode
            case Setting.ASSET_MODE:
                return snapshot.asset_mode
            case _:
                return snapshot.margin_type

    def state(self) -> dict[Key, Value | None]:
        """Return the values of all settings that another setting may depend on."""
        values: dict[Key, Value | None] = {}
        for account in self.accounts:
            for setting in (Setting.POSITION_MODE, Setting.ASSET_MODE):
                key = key_at(account, setting)
                values.setdefault(key, self.value(account, key))
            for symbol in (None, *(row.symbol for row in self.of(account).symbols)):
                key = self.margin_type_key(account, symbol)
                values.setdefault(key, self.value(account, key))
        return values


def _of_symbol(row: SymbolSettings, key: Key) -> Value | None:
    if key.setting is Setting.MARGIN_TYPE:
        return row.margin_type
    return row.leverage(side=key.side, margin_type=key.margin_type)
