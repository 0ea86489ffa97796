"""Limits: how much a simulated venue counted, and when it has had enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import attrs

from venuekit.endpoint import Endpoint, Kind
from venuekit.venue import Limit

__all__ = ["Meter", "Usage", "costs_of"]


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
