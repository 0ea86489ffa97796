"""Target accounts: the accounts of the entries of a target; entries with one realm and one API key share one."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from venuekit.capabilities import PositionModeBehaviour, Setting, SettingsReader, SettingsSnapshot
from venuekit.errors import ConfigurationError
from venuekit.settings.target import AccountTarget, Target

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.venue import Venue


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
        """Read the current settings, by the cheap reads alone."""
        return await SettingsReader.of(self.open_account).get_settings(self.symbols)


def target_accounts_of(target: Target, accounts: Mapping[str, Account]) -> tuple[TargetAccount, ...]:
    """
    Return the accounts that a target names, in its own order.

    Raises:
        ConfigurationError: an account of the target is not among ``accounts``.
    """
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
