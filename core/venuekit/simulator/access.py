"""Access to a simulated venue: keys, and the limits that requests count against."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import string
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from math import ceil
from typing import Any

import attrs

from venuekit._util.times import read_iso
from venuekit.endpoint import Endpoint
from venuekit.key_kinds import KeyKind
from venuekit.parameters import Kind
from venuekit.venue import Limit, LimitScope

#: number of letters and digits of a key, and of a secret
KEY_LENGTH = 64
_ALPHABET = string.ascii_letters + string.digits


#: the number of the account that every simulation has; the others are sub-accounts of it
MASTER = "1"
SUB_ACCOUNT = "2"
#: the numbers of named accounts begin here
_FIRST_UID = 10_000_000


@attrs.frozen
class SimKey:
    """
    An API key of a simulated account, with its secret; a read-only one is refused writes.

    ``account`` is the name or the number of its account: ``"1"`` is the master account, other numbers are sub-accounts
    of it, and a name is an account of its own. The venue refuses a sub-account everything reserved for a master
    account. ``fields`` are the texts that the venue's credentials have besides, such as a passphrase, by the names of
    ``Venue.credential_fields``. ``secret`` is the HMAC secret, and for the other kinds the private key in PEM, empty
    where the simulation does not have it; ``public_key`` is its public half, empty for HMAC.
    """

    key: str = attrs.field(repr=False)
    secret: str = attrs.field(repr=False)
    read_only: bool = False
    account: str = MASTER
    fields: Mapping[str, str] = attrs.field(factory=dict, repr=False, hash=False)
    kind: KeyKind = KeyKind.HMAC
    public_key: str = attrs.field(default="", repr=False)

    @property
    def sub_account(self) -> bool:
        """Whether it belongs to a sub-account."""
        return self.account.isdigit() and self.account != MASTER

    @property
    def master(self) -> str:
        """The account itself, or the master account of a sub-account."""
        return MASTER if self.sub_account else self.account

    @property
    def uid(self) -> int:
        """The number by which a venue knows the account; that of a named one follows from its name."""
        if self.account.isdigit():
            return int(self.account)
        return _FIRST_UID + int.from_bytes(hashlib.sha256(self.account.encode()).digest()[:4], "big")


def make_key(seed: int, *, read_only: bool = False, account: str = MASTER, number: int = 0) -> SimKey:
    """Return a key that depends on the arguments alone; ``number`` distinguishes the keys of one account."""
    purpose = "read-only" if read_only else "trading" if account == MASTER else "sub-account"
    which = "" if account in {MASTER, SUB_ACCOUNT} and not number else f" {account} {number}"
    source = random.Random(f"venuekit {purpose} key {seed}{which}")  # noqa: S311  - must repeat; it opens nothing real

    def text() -> str:
        return "".join(source.choices(_ALPHABET, k=KEY_LENGTH))

    return SimKey(text(), text(), read_only, account)


def is_hmac_sha256(secret: str, payload: bytes, signature: str) -> bool:
    """Return whether ``signature`` is the hexadecimal HMAC-SHA256 of ``payload``, in either case of letters."""
    expected = hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.lower().encode())


@attrs.frozen
class Usage:
    """
    The count of one pool in its current window, or the tokens that are missing in a bucket.

    ``resets_at`` is in milliseconds on the venue's clock: the end of the window, or when the bucket is full again, or
    holds enough for a refused request. ``is_exceeded`` means that this request exceeded the limit.
    """

    limit: Limit
    used: int
    resets_at: int

    @property
    def remaining(self) -> int:
        """The rest of the limit, never below zero."""
        return max(0, self.limit.amount - self.used)

    @property
    def is_exceeded(self) -> bool:
        """Whether the requests of the window cost more than its limit, or this one more than the bucket held."""
        return self.used > self.limit.amount


@attrs.define
class Meter:
    """
    Counts in fixed windows that are aligned to the clock, and in token buckets.

    Venues of one realm share one meter, and pools of one name and owner are one pool. In a window refused requests
    count as well; they take nothing from a bucket.
    """

    _counted: dict[tuple[str, str, str], tuple[int, int]] = attrs.field(factory=dict, init=False)
    #: when each bucket is full again, in milliseconds
    _full_at: dict[tuple[str, str, str], float] = attrs.field(factory=dict, init=False)

    def pay(
        self,
        costs: Mapping[str, int],
        limits: Iterable[Limit],
        milliseconds: int,
        *,
        key: SimKey | None = None,
        symbols: Collection[str] = (),
    ) -> tuple[Usage, ...]:
        """
        Count a request in every pool it pays into and return the pools' usage afterwards.

        ``key`` and ``symbols`` are those of the request, for the limits that are of an account or of a symbol.
        """
        return tuple(
            self._count(limit, _pool_of(limit, key, symbol), costs[limit.name], milliseconds)
            for limit in limits
            if limit.name in costs
            for symbol in (symbols or ("",) if limit.scope is LimitScope.SYMBOL else ("",))
        )

    def _count(self, limit: Limit, pool: tuple[str, str, str], cost: int, milliseconds: int) -> Usage:
        if limit.refill is not None:
            return self._take(limit, pool, cost, milliseconds, limit.refill / 1000)
        length = max(1, round((limit.seconds or 0) * 1000))
        window = milliseconds // length
        counted_in, used = self._counted.get(pool, (window, 0))
        used = cost + (used if counted_in == window else 0)
        self._counted[pool] = (window, used)
        return Usage(limit, used, (window + 1) * length)

    def _take(self, limit: Limit, pool: tuple[str, str, str], cost: int, milliseconds: int, refill: float) -> Usage:
        """Take tokens from a bucket, ``refill`` is how many flow in each millisecond."""
        known = self._full_at.get(pool, 0.0)
        if known > milliseconds + limit.amount / refill:
            known = 0.0  # no bucket is emptier than empty: the clock was set back
        full_at = max(known, milliseconds) + cost / refill
        missing = ceil(round((full_at - milliseconds) * refill, 6))
        if missing > limit.amount:
            return Usage(limit, missing, ceil(full_at - limit.amount / refill))
        self._full_at[pool] = full_at
        return Usage(limit, missing, ceil(full_at))


def _pool_of(limit: Limit, key: SimKey | None, symbol: str) -> tuple[str, str, str]:
    """Return the name of a pool; sub-accounts share those of their master's UID."""
    if limit.scope is LimitScope.ADDRESS:
        return (limit.name, "", "")
    if key is None:
        return (limit.name, MASTER, symbol)
    return (limit.name, key.master if limit.scope is LimitScope.UID else key.account, symbol)


def _convert(kind: Kind, value: Any) -> Any:
    """Return a parameter as the client would have passed it; None when the text does not parse."""
    try:
        if kind is Kind.INTEGER:
            return int(value)
        if kind in {Kind.DECIMAL, Kind.NUMBER}:
            return Decimal(str(value))
        if kind is Kind.TIME:
            return read_iso(str(value))
    except (ValueError, TypeError, InvalidOperation):
        return None
    if kind is Kind.BOOLEAN:
        return str(value).lower() == "true"
    if kind is Kind.LIST and not isinstance(value, str | list):
        return None
    return value


def costs_of(endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> dict[str, int]:
    """Return the cost of a request, by pool; a parameter that cannot be parsed counts as not sent."""
    weight = endpoint.cost(_values_of(endpoint, parameters))
    return {pool: weight if cost is None else cost for pool, cost in endpoint.pools.items()}


def symbols_of(endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the symbols that a request names, each once; none where its lists are not those of the venue."""
    values = _values_of(endpoint, parameters)
    try:
        for name, value in values.items():
            if endpoint.by_name[name].kind is Kind.LIST and isinstance(value, str):
                values[name] = json.loads(value)
        return tuple(dict.fromkeys(map(str, endpoint.symbols_of(values))))
    except (AttributeError, LookupError, TypeError, ValueError):
        return ()


def _values_of(endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that can be parsed, as the client would have passed them."""
    values = {
        name: _convert(declared.kind, parameters[name])
        for name, declared in endpoint.by_name.items()
        if name in parameters
    }
    return {name: value for name, value in values.items() if value is not None}
