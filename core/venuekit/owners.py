"""Owners: the accounts of one runtime, found under every name that they have had, with their pools and journals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import attrs

from venuekit._util.times import to_milliseconds
from venuekit.clock import Clock
from venuekit.credentials.fields import account_fields, fingerprint
from venuekit.endpoint import WriteScope
from venuekit.pipeline.budget import Budget, PoolName
from venuekit.pipeline.journal import FileJournal
from venuekit.pipeline.journal_files import JournalName
from venuekit.pipeline.journal_lines import Unresolved
from venuekit.pipeline.key_index import KeyIndex
from venuekit.pipeline.owner import Owner
from venuekit.pipeline.pools import BucketBudget, SlidingBudget
from venuekit.pipeline.write_scopes import FENCING, Fence, Footprint, footprint_of
from venuekit.venue import Environment, Limit, LimitScope, Venue

if TYPE_CHECKING:
    from venuekit.capabilities import Identity
    from venuekit.credentials import Credentials

_OF_ACCOUNT = frozenset({LimitScope.ACCOUNT, LimitScope.SYMBOL})
_OF_UID = frozenset({LimitScope.UID})


@attrs.frozen
class KeyName:
    """
    The names of a key before a venue is asked, as fingerprints.

    ``whole`` is that of the API key, ``key`` also of the ``part`` of its account that the credentials name: both are
    one where they name none (``""``).
    """

    key: str
    whole: str
    part: str = ""

    @classmethod
    def of(cls, venue: Venue[Any], credentials: Credentials) -> Self:
        """Return the names of the key of some credentials."""
        whole, below = fingerprint(credentials.key), account_fields(venue, credentials.fields)
        if not below:
            return cls(whole, whole)
        return cls(fingerprint(credentials.key, below), whole, fingerprint(None, below))


@attrs.define(eq=False)
class _Place:
    """The accounts of one realm and environment: one owner of each group, by its keys and by its accounts."""

    realm: str
    site: str
    by_key: dict[str, Owner] = attrs.field(factory=dict)
    by_account: dict[str, Owner] = attrs.field(factory=dict)
    #: names of accounts with their sub-accounts, each with the one that is in use for its pools, or leads there
    uids: dict[str, str] = attrs.field(factory=dict)

    def uid_in_use(self, uid: str) -> str:
        """Return the name that is in use for the pools of an account with its sub-accounts."""
        used = self.uids.setdefault(uid, uid)
        while used != uid:
            uid, used = used, self.uids[used]
        return used


class Owners:
    """
    The accounts of one runtime, with their pools and journals.

    Keys are of one account once a venue's :class:`~venuekit.capabilities.IdentityReader`, here or in an earlier
    process, has given both the same name: from then on they share write scopes, pools, and the writes that their
    journals know. Nothing that was shared is parted: venues of one realm that are opened with one key are one account
    in either order.

    Args:
        clock: On which pools are joined.
        directory: Where journals are kept; None for the platform's state directory.
        make_budget: Makes the pool of a name.
        address_of: Returns the address that requests to an environment leave from.
        on_join: Is given each pool that has taken over the costs of another one.
        keep: Remembers an object that has to be closed.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        directory: Path | None,
        make_budget: Callable[[PoolName], Budget],
        address_of: Callable[[Environment], str],
        on_join: Callable[[Budget], None],
        keep: Callable[[Any], Any],
    ) -> None:
        self._clock = clock
        self._directory = directory
        self._make_budget = make_budget
        self._address_of = address_of
        self._on_join = on_join
        self._keep = keep
        self._places: dict[tuple[str, str], _Place] = {}
        self._pools: dict[PoolName, Budget] = {}
        #: journals whose open lines have been made fences, by the path of their files
        self._journals: dict[Path, FileJournal] = {}
        self._open_files: dict[FileJournal, None] = {}
        self._known_keys: KeyIndex | None = None

    # -- names

    def find(self, venue: Venue[Any], environment: Environment, name: KeyName, *, is_journaled: bool) -> Owner:
        """Return the owner of a key at a venue; open writes of its journals, and its mates', are fences then."""
        place = self._place_of(venue, environment)
        mate = place.by_key.get(name.key)
        owner = None if mate is None else _at(venue, name.key, mate.group)
        if owner is None:
            owner = Owner(venue, name.key, name.key, name.whole)
            if mate is None:
                place.by_key[name.key] = owner
            else:
                mate.join(owner)
        if is_journaled:
            for account in self._index.accounts_of(place.realm, place.site, name.key) - owner.accounts:
                self._join(place, owner, account)
            if owner.journal is None:
                owner.journal = self._journal(environment, owner, name.key)
                owner.journal.find_mates = partial(self._mates_of, environment, place, owner)
            _look_for_mates(owner)
        return owner

    def learn(self, environment: Environment, owner: Owner, name: KeyName, identity: Identity) -> None:
        """Take over the venue's name for the account of an owner, and join it with the others of this name."""
        place = self._place_of(owner.venue, environment)
        owner.identity = identity
        account = f"{identity.account}/{name.part}" if name.part else identity.account
        if owner.journal is not None:
            self._index.link(place.realm, place.site, account, owner.key)
        self._join(place, owner, account)
        self._share_uid(place, owner, identity.parent or identity.account)
        _look_for_mates(owner)

    def _place_of(self, venue: Venue[Any], environment: Environment) -> _Place:
        key = (venue.realm, environment.site)
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = _Place(*key)
        return place

    def _join(self, place: _Place, owner: Owner, account: str) -> None:
        """Join an owner with the others of an account; one that was not handed out yet takes its name."""
        other = place.by_account.setdefault(account, owner)
        if other not in owner.group:
            # the one that is in use keeps its name; of two, the one that was called so first
            kept, joined = (owner, other) if owner.is_in_use and not other.is_in_use else (other, owner)
            self._move_pools(place, _OF_ACCOUNT, joined, joined.name, kept.name)
            self._share_uid(place, joined, kept.uid)
            kept.join(joined)
        elif not owner.is_in_use and not owner.accounts:
            self._move_pools(place, _OF_ACCOUNT, owner, owner.name, account)
            owner.rename(account)
        owner.add_account(account)

    def _share_uid(self, place: _Place, owner: Owner, uid: str) -> None:
        """Give an account and its sub-accounts one name for their pools."""
        was_used, former = owner.uid in place.uids, place.uid_in_use(owner.uid)
        if uid not in place.uids and owner.is_in_use:
            place.uids[uid] = former
            return
        present = place.uid_in_use(uid)
        if present == former:
            return
        self._move_pools(place, _OF_UID, owner, former, present)
        place.uids[former] = present
        for one in place.by_key.values() if was_used else (owner,):
            if place.uid_in_use(one.uid) == present:
                one.forget_costs()

    # -- pools

    def pool(self, environment: Environment, owner: Owner, limit: Limit, symbol: str | None = None) -> Budget:
        """Return the pool of a limit for an owner, the same one for every account that shares it."""
        who = address = None
        if limit.scope in _OF_ACCOUNT:
            who = owner.name
        elif limit.scope in _OF_UID:
            who = self._place_of(owner.venue, environment).uid_in_use(owner.uid)
        else:
            address = self._address_of(environment)
        return self._pool(PoolName(owner.venue.realm, environment.site, limit, who, symbol, address))

    def pools(self) -> list[tuple[PoolName, Budget]]:
        """Return every pool of this runtime with its name, by realm and limit."""
        return sorted(self._pools.items(), key=lambda item: (item[0].realm, item[0].environment, item[0].limit.name))

    def _pool(self, name: PoolName) -> Budget:
        pool = self._pools.get(name)
        if pool is None:
            pool = self._pools[name] = self._keep(self._make_budget(name))
        return pool

    def _move_pools(
        self, place: _Place, scopes: frozenset[LimitScope], owner: Owner, former: str, present: str
    ) -> None:
        """Count the costs of one name's pools in those of another; pools that a hook made stay behind."""
        if former == present:
            return
        now = self._clock.monotonic()
        for name in self._pools_of(place, scopes, owner, former):
            pool = self._pools.pop(name)
            kept = self._pool(attrs.evolve(name, owner=present))
            if isinstance(kept, SlidingBudget) and isinstance(pool, SlidingBudget):
                kept.absorb(pool)
            elif isinstance(kept, BucketBudget) and isinstance(pool, BucketBudget):
                kept.absorb(pool, now)
            self._on_join(kept)

    def _pools_of(self, place: _Place, scopes: frozenset[LimitScope], owner: Owner, name: str) -> list[PoolName]:
        if owner.is_in_use:
            where = (place.realm, place.site, name)
            owned = [one for one in self._pools if (one.realm, one.environment, one.owner) == where]
            return [one for one in owned if one.limit.scope in scopes]
        # only the venue was asked who it is: no need to look at the pools of all others
        limits = {limit for one in owner.group for limit in one.venue.limits if limit.scope in scopes}
        names = [PoolName(place.realm, place.site, limit, name) for limit in limits]
        return [one for one in names if one in self._pools]

    # -- journals

    def _mates_of(self, environment: Environment, place: _Place, owner: Owner) -> tuple[FileJournal, ...]:
        """Return the journals of the account's other keys at the same venue; their open writes are fences then."""
        if owner.joined is None and not owner.accounts:
            return ()
        keys = {one.key for one in owner.group}
        for account in owner.accounts:
            keys |= self._index.keys_of(place.realm, place.site, account)
        return tuple(self._journal(environment, owner, key) for key in sorted(keys - {owner.key}))

    def _journal(self, environment: Environment, owner: Owner, key: str) -> FileJournal:
        """Return the journal of a key; the first time, its writes that may still arrive become fences."""
        write_scopes, stem = owner.write_scopes, self._state / str(JournalName(owner.venue.id, environment.name, key))
        journal = self._journals.get(stem)
        if journal is None:
            journal = self._journals[stem] = self._keep(FileJournal(stem, write_scopes.recent, self._open_files))
            open_writes = journal.open_writes()  # it reads the days
            late_writes = (entry for day in journal.days.values() for entry in day.late)
            for entry in (*open_writes, *late_writes):  # it may still arrive, and win over a write that is sent now
                if (fence := _fence_of(owner.venue, entry)) is not None:
                    write_scopes.fences += (fence,)
        elif journal.recent is not write_scopes.recent:
            journal.note_ids_in(write_scopes.recent)
        return journal

    @property
    def _state(self) -> Path:
        if self._directory is None:
            self._directory = state_directory()
        return self._directory

    @property
    def _index(self) -> KeyIndex:
        if self._known_keys is None:
            self._known_keys = KeyIndex.beside(self._state)
        return self._known_keys


def _at(venue: Venue[Any], key: str, group: Iterable[Owner]) -> Owner | None:
    """Return the owner of a key at a venue."""
    return next((one for one in group if one.key == key and one.venue.id == venue.id), None)


def _look_for_mates(owner: Owner) -> None:
    """Have the journals of an account's keys find each other."""
    for one in owner.group:
        if one.journal is not None:
            one.journal.note_ids_in(one.write_scopes.recent)
            one.journal.look_for_mates()


def state_directory() -> Path:
    """Return where journals and nonces are kept by default."""
    import platformdirs

    return Path(platformdirs.user_state_path("venuekit")) / "journal"


def _fence_of(venue: Venue[Any], entry: Unresolved) -> Fence | None:
    """Return the fence of an unfinished write of the journal; None when no other waits for its kind."""
    endpoint, footprint = venue.endpoint_at(*entry.endpoint_name), Footprint(WriteScope.ACCOUNT)
    if endpoint is not None:  # else the plugin no longer has it, and it may have been about anything
        try:
            found = footprint_of(endpoint, entry.parameters) if endpoint.write_scope in FENCING else None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            found = footprint  # a line may say anything
        if found is None:
            return None
        footprint = found
    description = f"{entry.operation} of an earlier process"
    return Fence(footprint, to_milliseconds(entry.fence), object(), description, entry.nonce)
