"""The common parts of all walks: identities of items, their origin, pages, and the gate they pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import attrs

from venuekit._util.times import to_milliseconds
from venuekit.errors import InvalidArgument, Outcome, PayloadMismatch

T = TypeVar("T")


@attrs.frozen
class Track(Generic[T]):
    """
    The order and the identity of the items of a history.

    ``time`` is an aware datetime or milliseconds since 1970; ``key`` is unique to the item among those of its time.
    """

    time: Callable[[T], Any]
    key: Callable[[T], Hashable]

    def milliseconds(self, item: T) -> int:
        """Return the time of an item in milliseconds since 1970."""
        return milliseconds_of(self.time(item))


def milliseconds_of(moment: datetime | int) -> int:
    """Return a time of a track in milliseconds since 1970."""
    return moment if isinstance(moment, int) else to_milliseconds(moment)


@attrs.frozen
class Origin:
    """Venue and method of a walk, for its errors."""

    venue: str
    operation: str

    def refuse(self, words: str) -> InvalidArgument:
        """Return the error for an argument that is refused before sending."""
        return InvalidArgument(words, venue=self.venue, operation=self.operation)

    def mismatch(self, words: str) -> PayloadMismatch:
        """Return the error for pages that cannot be believed; a read changes nothing."""
        return PayloadMismatch(words, venue=self.venue, operation=self.operation, outcome=Outcome.NOT_APPLIED)


@attrs.frozen
class Page(Generic[T]):
    """
    One page of a history, in the venue's order.

    ``cursor`` asks for the next one where the venue pages so, None behind the last one. ``rows`` is how many rows the
    venue's answer had, where fewer became items; None: one for each item.
    """

    items: Sequence[T]
    cursor: str | None = None
    rows: int | None = None

    @property
    def count(self) -> int:
        """The number of rows in the venue's answer; it decides whether the page was full."""
        # payload_decoder counts the rows it leaves out in its result
        left_out: int = getattr(self.items, "left_out", 0)
        return len(self.items) + left_out if self.rows is None else self.rows


def in_order(items: Sequence[T], track: Track[T]) -> tuple[Sequence[T], Sequence[Any]]:
    """Return items oldest first, and their times; those of one time keep the venue's order."""
    moments = [*map(track.time, items)]
    if (ordered := sorted(moments)) == moments:
        return items, moments
    return sorted(items, key=track.time), ordered


class Gate(Generic[T]):
    """
    Lets through the items behind one seen before, and none twice at the seam of two pages or windows.

    Where each time is read whole, ``merges`` is False: then items that are alike are several.
    """

    def __init__(self, track: Track[T], after: T | None, *, merges: bool = True) -> None:
        self._track = track
        self._after = after
        #: whether items of one time and key are one
        self._merges = merges
        self._held: list[T] = []
        self._moment: Any = None
        #: the first item of that time, and the keys of all of them once there is a second one
        self._first: T
        self._keys: set[Hashable] | None = None

    def put_all(self, items: Sequence[T], moments: Sequence[int]) -> Sequence[T]:
        """Take items and their times, oldest first, and return those that may pass now."""
        if self._after is not None:
            return [passed for item in items for passed in self.put(item)]
        if not self._merges:
            return items
        passing = []
        for item, moment in zip(items, moments, strict=True):
            # a row that alone bears its time is not compared with any: most rows of most histories
            if moment != self._moment:
                self._moment, self._first, self._keys = moment, item, None
                passing.append(item)
            elif self._is_new(item):
                passing.append(item)
        return passing

    def _is_new(self, item: T) -> bool:
        """Say whether nothing of the present time is the same as this item, and remember it."""
        key = self._track.key(item)
        if self._keys is None:
            self._keys = {self._track.key(self._first)}
        if key in self._keys:
            return False
        self._keys.add(key)
        return True

    def put(self, item: T) -> Sequence[T]:
        """Take one item and return those that may pass now."""
        moment = self._track.time(item)
        if moment != self._moment:
            self._moment, self._first, self._keys = moment, item, None
        elif self._merges and not self._is_new(item):
            return ()
        if self._after is None:
            return (item,)
        resume = self._track.time(self._after)
        if moment < resume:
            return ()
        if moment == resume:
            if self._track.key(item) == self._track.key(self._after):
                self._after, self._held = None, []
            else:
                self._held.append(item)
            return ()
        return (*self.rest(), item)

    def rest(self) -> list[T]:
        """Return the items held back in the hope of meeting the item to continue behind, which is gone."""
        self._after = None
        held, self._held = self._held, []
        return held


def number_twins(items: Sequence[T], identity: Callable[[T], Hashable]) -> Sequence[T]:
    """Return items that have a field ``twin``, with those of one identity numbered in their order; 0 for the first."""
    identities = [*map(identity, items)]
    if len(set(identities)) == len(identities):
        return items
    seen: Counter[Hashable] = Counter()
    numbered: list[T] = []
    item: Any  # of whatever class of values has the field
    for item, own in zip(items, identities, strict=True):
        numbered.append(attrs.evolve(item, twin=seen[own]) if seen[own] else item)
        seen[own] += 1
    return numbered
