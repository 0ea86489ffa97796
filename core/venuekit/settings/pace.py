"""Pace: the time that venues' limits allow for the changes of a plan. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from venuekit.capabilities import Setting
from venuekit.settings.controls import requests_of

if TYPE_CHECKING:
    from venuekit.venue import Limit, Venue


@attrs.frozen
class Pace:
    """
    How fast a venue lets the changes of a plan be made, by the pool that takes longest.

    ``seconds`` is the time at the pool's rate, ``cost`` the amount that the changes take out of it. The rate is
    ``amount`` in each ``window`` seconds, without the share that reads leave to more urgent requests. Time on the way
    to the venue, and other programs that share the pool, are not in it.
    """

    venue: str
    pool: str
    cost: int
    seconds: float
    amount: float
    window: float


def paces_of(changes: Iterable[tuple[Venue[Any], Setting]]) -> Iterator[Pace]:
    """Yield the pace of each venue; ``changes`` are the settings to change, each at its venue."""
    venues: dict[str, Venue[Any]] = {}
    counts: dict[str, Counter[Setting]] = {}
    for venue, setting in changes:
        venues[venue.id] = venue
        counts.setdefault(venue.id, Counter())[setting] += 1
    for name, venue in venues.items():
        costs = _costs(venue, counts[name])
        reserves = _reserves(venue, counts[name])
        paces = [_pace(name, limit, costs[limit.name], reserves) for limit in venue.limits if costs[limit.name]]
        if paces:
            yield max(paces, key=lambda pace: pace.seconds)


def _costs(venue: Venue[Any], counts: Mapping[Setting, int]) -> Counter[str]:
    """Return the amount that the changes take out of each pool, with the reading right before each."""
    costs: Counter[str] = Counter()
    for setting, count in counts.items():
        for endpoint, times in requests_of(venue, setting):
            for pool, cost in endpoint.pools.items():
                costs[pool] += count * times * (endpoint.weight_most if cost is None else cost)
    return costs


def _reserves(venue: Venue[Any], settings: Iterable[Setting]) -> dict[str, float]:
    """Return the share of each pool that the requests leave to more urgent ones."""
    reserves: dict[str, float] = {}
    for endpoint in (endpoint for setting in settings for endpoint, _ in requests_of(venue, setting)):
        for pool in endpoint.pools:
            reserves[pool] = max(reserves.get(pool, 0.0), endpoint.priority.reserve)
    return reserves


def _pace(venue: str, limit: Limit, cost: int, reserves: Mapping[str, float]) -> Pace:
    amount, window = (limit.amount, limit.seconds) if limit.seconds is not None else (limit.refill or 1, 1)
    amount *= 1 - reserves.get(limit.name, 0.0)
    return Pace(venue, limit.name, cost, cost * window / amount, amount, window)
