"""Holdings: the balances or positions of a view, by their identity, kept by events and checked by reads."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from datetime import datetime
from typing import Generic, TypeVar

import attrs

from venuekit.capabilities import Balance, Position
from venuekit.live.provenance import Provenance, ValueSource
from venuekit.live.recency import LONG_LAG, READ_LAG, UNKNOWN_TIME, ChangeTime, ReadWindow, Recency, compare
from venuekit.live.shapes import ValueShape

V = TypeVar("V", Balance, Position)

#: events of one holding that are remembered, so that a repeated one is known
_REMEMBERED = 8


@attrs.define(eq=False)
class Holding(Generic[V]):
    """
    One balance or position.

    Attributes:
        value: Everything that is known.
        stamp: The place of its held fields in the venue's order.
        at: When, on the monotonic clock, the venue surely had them: an event was received, or a read sent.
        generation: The number of gaps before that.
        read: Where and when the figures were read.
        floor: The venue's time before which everything is in that read.
        held: Where and when the held fields were learnt.
        event: The last event since the read.
        seen: Its last events, each with its stamp.
        doubt: Why the held fields may not be the venue's.
        awaited_since: Since when, on the monotonic clock, the event of a change is missing that a read showed.
    """

    value: V
    stamp: ChangeTime
    at: float
    generation: int
    held: Provenance
    read: Provenance | None = None
    floor: datetime | None = None
    event: V | None = None
    seen: deque[tuple[ChangeTime, V]] = attrs.field(factory=lambda: deque(maxlen=_REMEMBERED))
    doubt: str | None = None
    awaited_since: float | None = None


@attrs.frozen
class Knowledge:
    """
    How far a read and the stream can be relied on.

    Attributes:
        is_complete: Whether no row of the read was left out; only then are unlisted ones gone.
        is_streaming: Whether the stream is known to deliver, so that it has the last word on the order of two states.
        awaits_events: Whether the stream was up for so long that the event of each change must come.
    """

    is_complete: bool = True
    is_streaming: bool = False
    awaits_events: bool = False


class Holdings(Generic[V]):
    """
    The balances or positions of one account.

    Events are taken by the venue's own order; where it does not decide, nothing is merged: the known state stays, and
    is doubted until a read has settled it.

    Args:
        shape: How values are handled.
        is_ordered: Whether events of one connection come in the order of their changes.
    """

    def __init__(self, shape: ValueShape[V], *, is_ordered: bool = True) -> None:
        self.shape: ValueShape[V] = shape
        self.doubted: dict[Hashable, None] = {}
        self.awaited: dict[Hashable, None] = {}
        self._is_ordered = is_ordered
        self._holdings: dict[Hashable, Holding[V]] = {}
        #: the last read of all of them: unlisted ones were gone then
        self._window: ReadWindow | None = None
        self._generation = 0

    def get(self, key: Hashable) -> Holding[V] | None:
        """Return a holding that is there, None without one."""
        holding = self._holdings.get(key)
        return holding if holding is not None and self.shape.is_there(holding.value) else None

    def all(self) -> list[Holding[V]]:
        """Return the holdings that are there."""
        return [holding for holding in self._holdings.values() if self.shape.is_there(holding.value)]

    @property
    def read_at(self) -> ChangeTime:
        """The stamp of the last complete read, in the venue's order."""
        return UNKNOWN_TIME if self._window is None else self._window.stamp

    def note_gap(self) -> None:
        """Note that events may be missing: every holding has to be confirmed by an event or read from now on."""
        self._generation += 1
        self._stop_waiting()

    # -- events

    def take_event(self, event: V, stamp: ChangeTime, learnt: Provenance, now: float) -> bool:
        """Take the state that an event gives; return whether it was news."""
        key = self.shape.key_of(event)
        holding = self._holdings.get(key)
        if holding is None:
            holding = self._hold_as_gone(key, event, learnt, now)
        if holding.awaited_since is not None:
            holding.awaited_since = None
            self.awaited.pop(key, None)
        recency = compare(stamp, holding.stamp)
        is_included = holding.floor is not None and stamp.last is not None and stamp.last < holding.floor
        if recency is Recency.OLDER or is_included:
            return False
        if recency is not Recency.NEWER:
            if self._is_same(holding.value, event):
                return self._repeat(key, holding, event, stamp, learnt, now)
            if not self._is_ordered:
                return self._doubt(key, holding, now, "two states are of one moment, and their order is unknown")
            # in its order, whatever a read has shown before: later events are on their way
            if any(stamp == known and self.shape.gives_the_same(state, event) for known, state in holding.seen):
                return self._doubt(key, holding, now, "an event came twice, or a state did within one moment")
        self._put(key, holding, event, stamp, learnt, now)
        return True

    def _repeat(  # noqa: PLR0917 - all of one event
        self, key: Hashable, holding: Holding[V], event: V, stamp: ChangeTime, learnt: Provenance, now: float
    ) -> bool:
        """Take an event about a state that is held already; it is news only by its other fields."""
        if holding.event is None or not self.shape.gives_the_same(holding.event, event):
            is_new = holding.held.source is ValueSource.STREAM
            self._put(key, holding, event, stamp if stamp.is_exact else holding.stamp, learnt, now)
            return is_new
        if holding.generation != self._generation:
            holding.at, holding.generation = now, self._generation
        return False

    def _put(  # noqa: PLR0917 - all of one event
        self, key: Hashable, holding: Holding[V], event: V, stamp: ChangeTime, learnt: Provenance, now: float
    ) -> None:
        holding.value = self.shape.overlay(holding.value, event)
        holding.event, holding.stamp, holding.held = event, stamp, learnt
        holding.at, holding.generation = now, self._generation
        holding.seen.append((stamp, event))
        if holding.doubt is not None:
            self._trust(key, holding)

    def _hold_as_gone(self, key: Hashable, event: V, learnt: Provenance, now: float) -> Holding[V]:
        """Hold a thing that the last read did not list: as gone since then."""
        window, gone = self._window, self.shape.gone(event)
        if window is None:
            holding = Holding(gone, ChangeTime(), now, self._generation, learnt)
        else:
            read = Provenance(ValueSource.READ, None, window.sent_at)
            holding = Holding(gone, window.stamp, window.sent, self._generation, read, read, window.floor)
        self._holdings[key] = holding
        return holding

    # -- reads

    def take_read(self, rows: Iterable[V], window: ReadWindow, knowledge: Knowledge) -> list[tuple[V, V | None]]:
        """
        Take the rows of a read, and return those by which something changed, each with its value before; None where
        it is new.

        Args:
            rows: Everything that is there.
            window: When it was read.
            knowledge: How far the read and the stream can be relied on.
        """
        changes: list[tuple[V, V | None]] = []
        listed: set[Hashable] = set()
        is_first = self._window is None
        for row in rows:
            key = self.shape.key_of(row)
            listed.add(key)
            before = self._take_row(key, row, window.stamp_of(row.updated_at, _sequence(row)), window, knowledge)
            if before is not None:
                changes.append((row, before[0]))
        if knowledge.is_complete:
            for key, holding in list(self._holdings.items()):
                if key in listed or (holding.doubt is None and not self.shape.is_there(holding.value)):
                    continue
                gone = self.shape.gone(holding.value)
                before = self._take_row(key, gone, window.stamp, window, knowledge)
                if before is not None:
                    changes.append((gone, before[0]))
            self._window = window
        return [] if is_first else changes

    def _take_row(
        self, key: Hashable, row: V, stamp: ChangeTime, window: ReadWindow, knowledge: Knowledge
    ) -> tuple[V | None] | None:
        """Take one row; return the value before it in a tuple if it changed anything."""
        read = Provenance(ValueSource.READ, row.updated_at, window.sent_at)
        holding = self._holdings.get(key)
        if holding is None:
            self._holdings[key] = Holding(row, stamp, window.sent, self._generation, read, read, window.floor)
            if knowledge.awaits_events and self._window is not None and self.shape.is_there(row):
                self._wait_for_event(key, self._holdings[key], window)
            return (None,) if self.shape.is_there(row) else None
        recency = compare(stamp, holding.stamp)
        is_same = self._is_same(holding.value, row)
        is_settled = window.sent >= holding.at + READ_LAG
        is_continuous = knowledge.is_streaming and holding.generation == self._generation
        if recency is Recency.OLDER:
            if not is_continuous or (not is_same and window.sent >= holding.at + LONG_LAG):
                self._doubt(key, holding, None, "reads are older than the events before them")
            return None
        has_lagged = window.sent >= holding.at + LONG_LAG and holding.doubt is not None
        if (
            recency is Recency.NEWER
            or (is_same and (is_settled or holding.doubt is None))
            or (is_settled and (not is_continuous or has_lagged))
        ):
            return self._accept(key, holding, row, stamp, read, window, is_same, knowledge.awaits_events)
        if not is_continuous or is_settled:
            self._doubt(key, holding, None, "a read and the events differ, and their order is unknown")
        return None

    def _accept(  # noqa: PLR0917 - all of one row
        self,
        key: Hashable,
        holding: Holding[V],
        row: V,
        stamp: ChangeTime,
        read: Provenance,
        window: ReadWindow,
        is_same: bool,
        awaits_events: bool,
    ) -> tuple[V | None] | None:
        before = holding.value
        if is_same and holding.event is not None:
            holding.value, holding.event = self.shape.fill(row, holding.event)
            holding.stamp = (
                stamp if stamp.is_exact and compare(stamp, holding.stamp) is Recency.NEWER else holding.stamp
            )
        else:
            holding.value, holding.event = row, None
            if not (is_same and holding.stamp.is_exact and not stamp.is_exact):
                holding.stamp = stamp
            holding.held = read
        holding.read, holding.floor = read, window.floor
        holding.at, holding.generation = max(holding.at, window.sent), self._generation
        if holding.doubt is not None:
            self._trust(key, holding)
        if is_same:
            return None
        if awaits_events:
            self._wait_for_event(key, holding, window)
        return (before if self.shape.is_there(before) else None,)

    # -- doubts

    def missing_since(self) -> float | None:
        """Return since when, on the monotonic clock, the event of a change is missing that a read has shown."""
        return min(
            (
                holding.awaited_since
                for key in self.awaited
                if (holding := self._holdings[key]).awaited_since is not None
            ),
            default=None,
        )

    def _wait_for_event(self, key: Hashable, holding: Holding[V], window: ReadWindow) -> None:
        holding.awaited_since = window.answered
        self.awaited[key] = None

    def _stop_waiting(self) -> None:
        for key in self.awaited:
            self._holdings[key].awaited_since = None
        self.awaited.clear()

    def _doubt(self, key: Hashable, holding: Holding[V], now: float | None, why: str) -> bool:
        """Doubt a holding; a read counts only when it is sent some time after ``now``."""
        holding.doubt = why
        self.doubted[key] = None
        if now is not None:
            holding.at = now
        return False

    def _trust(self, key: Hashable, holding: Holding[V]) -> None:
        holding.doubt = None
        self.doubted.pop(key, None)

    def _is_same(self, one: V, other: V) -> bool:
        return self.shape.is_there(one) is self.shape.is_there(other) and self.shape.is_alike(one, other)


def _sequence(row: Balance | Position) -> int | None:
    return row.sequence if isinstance(row, Position) else None
