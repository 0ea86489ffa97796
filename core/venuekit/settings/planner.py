"""Planning: read what holds, as cheaply as the target allows, and draft the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from venuekit.capabilities import Setting, SettingsReader, SettingsSnapshot
from venuekit.errors import InvalidRequest, NotFound, VenuekitError
from venuekit.settings.draft import differences, draft
from venuekit.settings.obstacles import rises
from venuekit.settings.places import Place, places_of
from venuekit.settings.plans import Plan, UnknownSymbol, Unreadable
from venuekit.settings.readings import Readings
from venuekit.settings.target import Target
from venuekit.settings.wishes import Wish
from venuekit.venue import BlockedBy, BlockerScope

if TYPE_CHECKING:
    from venuekit.account import Account

__all__ = ["plan", "read_places"]


async def plan(target: Target, accounts: Mapping[str, Account]) -> Plan:
    """
    Return the difference between a target and what holds; nothing is changed.

    Orders and brackets are read only where a difference needs them. Symbols that a venue does not know are in the
    plan's ``unknown``, and accounts that cannot be read in its ``unreadable``, all of them; the rest is planned.

    Args:
        target: What should hold; checked by :meth:`~venuekit.settings.TargetFile.check` when it came from a file.
        accounts: The open account of each entry, by its name.

    Raises:
        ConfigurationError: an account is missing.
    """
    return draft(target, await read_places(target, places_of(target, accounts)))


async def read_places(target: Target, places: Sequence[Place]) -> Readings:
    """Read every place: first what is cheap, then what the differences found there need."""
    first = Readings((), {})
    for place in places:
        try:
            read, snapshot, unknown = await _read(place)
        except VenuekitError as error:
            first = attrs.evolve(first, unreadable=(*first.unreadable, *_unreadable(place, error)))
            continue
        first = Readings(
            (*first.places, read),
            {**first.snapshots, read.number: snapshot},
            (*first.unknown, *unknown),
            first.unreadable,
        )
    changes = differences(target, first)
    last = first
    for place in first.places:
        orders, brackets = _orders(place, changes, first), _brackets(place, changes, first)
        if not orders and not brackets:
            continue
        try:
            snapshot = await SettingsReader.of(place.account).read_settings(
                place.symbols, orders=orders, brackets=brackets, known=first.of(place)
            )
        except VenuekitError as error:
            left = tuple(other for other in last.places if other is not place)
            last = attrs.evolve(last, places=left, unreadable=(*last.unreadable, *_unreadable(place, error)))
        else:
            last = attrs.evolve(last, snapshots={**last.snapshots, place.number: snapshot})
    return last


def _unreadable(place: Place, error: VenuekitError) -> Iterator[Unreadable]:
    """Yield the entries of a place that could not be read."""
    return (Unreadable(name, place.venue.id, error) for name in place.entries)


async def _read(place: Place) -> tuple[Place, SettingsSnapshot, list[UnknownSymbol]]:
    """Read what is cheap, and leave out symbol after symbol that the venue refuses by name."""
    unknown: list[UnknownSymbol] = []
    while True:
        try:
            return place, await place.read(), unknown
        except (InvalidRequest, NotFound) as error:
            symbol = error.subject
            if symbol not in place.symbols:
                raise
            named = [name for name, entry in place.entries.items() if symbol in entry.symbols]
            unknown += [UnknownSymbol(name, symbol, error) for name in named]
            place = place.without({symbol})


def _orders(place: Place, changes: Sequence[Wish], readings: Readings) -> frozenset[str] | bool:
    """Return whose open orders could forbid a change: True for all, else these symbols'."""
    symbols = set()
    for wish in changes:
        if wish.place is place and wish.key.setting is Setting.MARGIN_TYPE and wish.key.symbol is None:
            return True  # it changes every product, and what it touches there is read along with the orders
        for blocker in wish.place.venue.blockers:
            if blocker.setting is not wish.key.setting or blocker.by is not BlockedBy.ORDERS:
                continue
            reached = readings.mates(wish.place) if blocker.scope is BlockerScope.REALM else (wish.place,)
            if place not in reached:
                continue
            if blocker.scope is not BlockerScope.SYMBOL or wish.key.symbol is None:
                return True
            symbols.add(wish.key.symbol)
    return frozenset(symbols)


def _brackets(place: Place, changes: Sequence[Wish], readings: Readings) -> frozenset[str]:
    """Return the symbols whose leverage would rise."""
    return frozenset(
        wish.key.symbol
        for wish in changes
        if wish.place is place and wish.key.symbol is not None and rises(wish, readings.value(place, wish.key))
    )
