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

from venuekit.endpoint import Endpoint
from venuekit.parameters import Kind
from venuekit.venue import Limit

#: number of letters and digits of a key, and of a secret
KEY_LENGTH = 64
_ALPHABET = string.ascii_letters + string.digits


@attrs.frozen
class SimKey:
    """
    An API key of the simulated account, with its secret; a read-only one is refused writes.

    ``sub_account`` marks the key of a sub-account: the venue refuses it everything reserved for a master account.
    """

    key: str = attrs.field(repr=False)
    secret: str = attrs.field(repr=False)
    read_only: bool = False
    sub_account: bool = False


def make_key(seed: int, *, read_only: bool = False, sub_account: bool = False) -> SimKey:
    """Return a key that depends on the seed alone."""
    purpose = "read-only" if read_only else "sub-account" if sub_account else "trading"
    source = random.Random(f"venuekit {purpose} key {seed}")  # noqa: S311  - must repeat; it opens nothing real

    def text() -> str:
        return "".join(source.choices(_ALPHABET, k=KEY_LENGTH))

    return SimKey(text(), text(), read_only, sub_account)


def is_hmac_sha256(secret: str, payload: bytes, signature: str) -> bool:
    """Return whether ``signature`` is the hexadecimal HMAC-SHA256 of ``payload``, in either case of letters."""
    expected = hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.lower().encode())


@attrs.frozen
class Usage:
    """
    The count of one pool in its current window.

    ``resets_at`` is in milliseconds on the venue's clock. ``is_exceeded`` means that this request exceeded the limit.
    """

    limit: Limit
    used: int
    resets_at: int

    @property
    def remaining(self) -> int:
        """The rest of the window's limit, never below zero."""
        return max(0, self.limit.amount - self.used)

    @property
    def is_exceeded(self) -> bool:
        """Whether the requests of the window cost more than its limit."""
        return self.used > self.limit.amount


@attrs.define
class Meter:
    """
    Counts in fixed windows that are aligned to the clock.

    Venues of one realm share one meter, and pools of one name are one pool. Refused requests count as well.
    """

    _counted: dict[str, tuple[int, int]] = attrs.field(factory=dict, init=False)

    def pay(self, costs: Mapping[str, int], limits: Iterable[Limit], milliseconds: int) -> tuple[Usage, ...]:
        """Count a request in every pool it pays into and return the pools' usage afterwards."""
        return tuple(self._count(limit, costs[limit.name], milliseconds) for limit in limits if limit.name in costs)

    def _count(self, limit: Limit, cost: int, milliseconds: int) -> Usage:
        length = max(1, round(limit.seconds * 1000))
        window = milliseconds // length
        counted_in, used = self._counted.get(limit.name, (window, 0))
        used = cost + (used if counted_in == window else 0)
        self._counted[limit.name] = (window, used)
        return Usage(limit, used, (window + 1) * length)


def _convert(kind: Kind, value: Any) -> Any:
    """Return a parameter as the client would have passed it; None when the text does not parse."""
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
    """Return the cost of a request, by pool; a parameter that cannot be parsed counts as not sent."""
    values = {
        name: _convert(declared.kind, parameters[name])
        for name, declared in endpoint.by_name.items()
        if name in parameters
    }
    weight = endpoint.cost({name: value for name, value in values.items() if value is not None})
    return {pool: weight if cost is None else cost for pool, cost in endpoint.pools.items()}
