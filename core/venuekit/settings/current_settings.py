"""Current settings: the settings that the accounts of a target reported."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cached_property

import attrs

from venuekit.capabilities import PositionSide, Setting, SettingsSnapshot, SymbolSettings
from venuekit.settings.controls import is_account_wide
from venuekit.settings.plans import UnknownSymbol, Unreadable
from venuekit.settings.step_order import Key
from venuekit.settings.target import Value
from venuekit.settings.target_accounts import TargetAccount, key_at


@attrs.frozen
class CurrentSettings:
    """
    The snapshot of each readable account of a target, the symbols that venues do not know, and the entries that could
    not be read.
    """

    snapshots: Mapping[TargetAccount, SettingsSnapshot]
    unknown: tuple[UnknownSymbol, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

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
    return row.leverage_short if key.side is PositionSide.SHORT else row.leverage_long
