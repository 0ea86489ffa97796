"""Owner: the account behind a key at one venue, with the state that it shares with every other key of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from venuekit.pipeline.write_scopes import WriteScopes

if TYPE_CHECKING:
    from venuekit.capabilities import Identity
    from venuekit.endpoint import Endpoint
    from venuekit.pipeline.budget import Costs
    from venuekit.pipeline.journal import FileJournal
    from venuekit.venue import Venue


@attrs.define(eq=False)
class Owner:
    """
    The account behind one key at one venue.

    Owners that turn out to be one account are joined: they have one name, and the same write scopes, from then on.

    Attributes:
        venue: Where the key is used.
        key: The key's name, a fingerprint.
        name: The account's name in pools and errors: as the venue calls it, or the fingerprint. It stays once an
            account was handed out, unless two accounts in use are joined.
        uid: The name of the account with its sub-accounts.
        write_scopes: Those of every key of the account.
        journal: The key's own journal at this venue; None where none is kept.
        costs: The costs of requests, by endpoint, as far as they were computed.
        identity: The answer of the venue; None where it was not asked.
        accounts: The names by which venues call the account.
        joined: Every owner of the account, None while there is no other.
        is_open: Whether an account of it was handed out.
    """

    venue: Venue[Any]
    key: str
    name: str
    uid: str
    write_scopes: WriteScopes = attrs.field(factory=WriteScopes, repr=False)
    journal: FileJournal | None = attrs.field(default=None, repr=False)
    costs: dict[Endpoint[Any], Costs] | None = attrs.field(default=None, repr=False)
    identity: Identity | None = None
    accounts: frozenset[str] = frozenset()
    joined: list[Owner] | None = attrs.field(default=None, repr=False)
    is_open: bool = False

    @property
    def group(self) -> list[Owner]:
        """Every owner of the account, this one among them."""
        return [self] if self.joined is None else self.joined

    @property
    def is_in_use(self) -> bool:
        """Whether any account of the group was handed out."""
        return any(one.is_open for one in self.group)

    def join(self, other: Owner) -> None:
        """Make two groups one: all have the name, the write scopes and the limits of this one."""
        group, others = self.group, other.group
        self.write_scopes.absorb(other.write_scopes)
        group += others
        accounts = self.accounts | other.accounts
        for one in group:
            one.name, one.write_scopes, one.accounts, one.joined = self.name, self.write_scopes, accounts, group
        for one in others:
            one.uid = self.uid
        self.forget_costs()

    def rename(self, name: str) -> None:
        """Give every owner of the group a name."""
        for one in self.group:
            one.name = name
        self.forget_costs()

    def forget_costs(self) -> None:
        """Look up the pools of the group anew, for they may be others."""
        for one in self.group:
            one.costs = None

    def add_account(self, account: str) -> None:
        """Remember one more name by which a venue calls the account."""
        for one in self.group:
            one.accounts |= {account}
