"""Access to a simulated venue: keys, and the limits that requests count against."""

from __future__ import annotations

import hashlib
import hmac
import random
import string
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import attrs

from venuekit.endpoint import Endpoint, Kind
from venuekit.venue import Limit

__all__ = ["KEY_LENGTH", "Meter", "SimKey", "Usage", "costs_of", "is_hmac_sha256", "make_key"]


#: keys and secrets are that many letters and digits
KEY_LENGTH = 64
_ALPHABET = string.ascii_letters + string.digits


@attrs.frozen
class SimKey:
    """
    An API key of the simulated account, with its secret; a read-only one is refused writes.

    ``sub_account`` says that the account belongs to another one: what only a master account may, a simulated venue
    refuses it.
    """

    key: str = attrs.field(repr=False)
    secret: str = attrs.field(repr=False)
    read_only: bool = False
    sub_account: bool = False


def make_key(seed: int, *, read_only: bool = False, sub_account: bool = False) -> SimKey:
    """Return a key that depends on nothing but the seed."""
    purpose = "read-only" if read_only else "sub-account" if sub_account else "trading"
    source = random.Random(f"venuekit {purpose} key {seed}")  # noqa: S311  - must repeat; it opens nothing real

    def text() -> str:
        return "".join(source.choices(_ALPHABET, k=KEY_LENGTH))

    return SimKey(text(), text(), read_only, sub_account)


def is_hmac_sha256(secret: str, payload: bytes, signature: str) -> bool:
    """Say whether ``signature`` is the hexadecimal HMAC-SHA256 of ``payload``, in either case of letters."""
    expected = hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.lower().encode())


@attrs.frozen
class Usage:
    """
    What one pool has counted in its running window.

    ``resets_at`` is in milliseconds on the venue's clock. ``is_exceeded`` says that this very request was too much.
    """

    limit: Limit
    used: int
    resets_at: int

    @property
    def remaining(self) -> int:
        """What is left of the window, never below zero."""
        return max(0, self.limit.amount - self.used)

    @property
    def is_exceeded(self) -> bool:
        """Whether more was asked for than the window holds."""
        return self.used > self.limit.amount


@attrs.define
class Meter:
    """
    Counts in fixed windows that are aligned to the clock.

    Venues of one realm share one meter, and pools of one name are one pool. Refused requests count as well.
    """

    _counted: dict[str, tuple[int, int]] = attrs.field(factory=dict, init=False)

    def pay(self, costs: Mapping[str, int], limits: Iterable[Limit], milliseconds: int) -> tuple[Usage, ...]:
        """Count a request in every pool it pays into and return what each then holds."""
        return tuple(self._count(limit, costs[limit.name], milliseconds) for limit in limits if limit.name in costs)

    def _count(self, limit: Limit, cost: int, milliseconds: int) -> Usage:
        length = max(1, round(limit.seconds * 1000))
        window = milliseconds // length
        counted_in, used = self._counted.get(limit.name, (window, 0))
        used = cost + (used if counted_in == window else 0)
        self._counted[limit.name] = (window, used)
        return Usage(limit, used, (window + 1) * length)


def _convert(kind: Kind, value: Any) -> Any:
    """Return a parameter as the client would have handed it in; None when it is no such thing."""
    try:
        if kind is Kind.INTEGER:
            return int(value)
        if kind is Kind.DECIMAL:
            return Decimal(str(value))
    except (ValueError, TypeError, InvalidOperation):
        return None
    if kind is Kind.BOOLEAN:
        return str(value).lower() == "true"
    return value


def costs_of(endpoint: Endpoint[Any], parameters: Mapping[str, Any]) -> dict[str, int]:
    """Return what a request costs, by pool; a parameter that cannot be read counts as not sent."""
    known = {
        name: _convert(declared.kind, parameters[name])
        for name, declared in endpoint.by_name.items()
        if name in parameters
    }
    weight = endpoint.cost({name: value for name, value in known.items() if value is not None})
    return {pool: weight if cost is None else cost for pool, cost in endpoint.pools.items()}
