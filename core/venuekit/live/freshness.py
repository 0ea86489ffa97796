"""Freshness: which parts of an account may be out of date, why, and since when; and the error that says so."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import NamedTuple

import attrs

from venuekit.errors import VenuekitError
from venuekit.live.provenance import ViewPart

#: the parts that a gap of the stream makes stale
STREAMED = (ViewPart.WALLETS, ViewPart.POSITIONS, ViewPart.ORDERS, ViewPart.FILLS)


class ViewPhase(enum.StrEnum):
    """The state of a view as a whole."""

    OPENING = "opening"  #: its first reads are under way
    LIVE = "live"  #: events keep it up to date
    STALE = "stale"  #: events may be missing, or two sources differ; it is being read again
    CLOSED = "closed"


@attrs.frozen
class ViewStatus:
    """The state of a view, why it is so (None where it is LIVE), and since when by our clock."""

    phase: ViewPhase
    reason: str | None
    since: datetime


class Mark(NamedTuple):
    """How many events moved figures, and how many own writes began or ended, until some moment."""

    moved: int = 0
    spent: int = 0


@attrs.define
class _PartState:
    """
    The age of one part, as far as it is known.

    ``read`` is when its last complete read was sent, on the monotonic clock; ``missing`` says why events may be missing
    since, ``doubt`` why single values may be out of date.
    """

    read: float | None = None
    mark: Mark = attrs.field(factory=Mark)
    missing: str | None = "it was not read yet"
    doubt: str | None = None
    trouble: str | None = None


class Freshness:
    """The age of each part of a view, and the reasons against it."""

    def __init__(self, parts: frozenset[ViewPart]) -> None:
        self.parts = parts
        self._states = {part: _PartState() for part in parts}
        #: why events may be missing, and why single values of streamed parts may be out of date; None without a cause
        self.gap = self._find_gap()
        self.doubt: str | None = None
        #: whether single values of any part may be out of date
        self.has_doubts = False
        #: how many events moved figures so far, and how many own writes began or ended
        self._moved = self._spent = 0
        self._writes = 0

    # -- news

    def note_gap(self, words: str) -> None:
        """Note that events of every streamed part may be missing."""
        for part in STREAMED:
            if part in self._states:
                self._states[part].missing = words
        self.gap = self._find_gap()

    def mark(self) -> Mark:
        """Return everything that has moved until now, to be given to :meth:`note_read` of a read sent now."""
        return Mark(self._moved, self._spent)

    def note_read(self, part: ViewPart, sent: float, mark: Mark, *, bridges_gap: bool) -> None:
        """Note a complete read; ``bridges_gap`` says that the stream was up from before it was sent."""
        state = self._states.get(part)
        if state is None:
            return
        state.read, state.mark = sent, mark
        state.trouble = None
        if bridges_gap or not part.is_streamed:
            state.missing = None
            self.gap = self._find_gap()

    def note_trouble(self, part: ViewPart, words: str) -> None:
        """Note that a part could not be read."""
        if part in self._states:
            self._states[part].trouble = words

    def note_doubt(self, part: ViewPart, words: str | None) -> None:
        """Note why values of a part may be out of date, None when none of them may be."""
        if part in self._states:
            self._states[part].doubt = words
        self.doubt = next(filter(None, (self._states[one].doubt for one in STREAMED if one in self._states)), None)
        self.has_doubts = any(state.doubt for state in self._states.values())

    def note_fills_complete(self) -> None:
        """Note that every fill has been delivered."""
        if ViewPart.FILLS in self._states:
            self._states[ViewPart.FILLS].missing = None
            self.gap = self._find_gap()

    def note_move(self) -> None:
        """Note that something changed by which profits, margins and available amounts move."""
        self._moved += 1

    def begin_write(self) -> None:
        """Note a write of our own: the available amounts are not known until they are read after it."""
        self._writes += 1
        self._spent += 1

    def end_write(self) -> None:
        """Note the end of a write of our own."""
        self._writes -= 1
        self._spent += 1

    # -- questions

    def is_missing(self, part: ViewPart) -> bool:
        """Say whether events of a part may be missing since its last read."""
        state = self._states.get(part)
        return state is not None and state.missing is not None

    def is_bridged(self) -> bool:
        """Say whether everything but the fills has been read since events were missing."""
        return not any(
            state.missing for part in STREAMED if part is not ViewPart.FILLS and (state := self._states.get(part))
        )

    def reason(self, part: ViewPart) -> str | None:
        """Return why a part may be out of date at any age, None where it is not."""
        state = self._states.get(part)
        if state is None:
            return "this account cannot read it"
        why = state.missing or state.doubt
        if why is not None:
            return f"{why}; {state.trouble}" if state.trouble else why
        if part is ViewPart.AVAILABLE and self._writes:
            return "an own write is under way"
        if part is ViewPart.AVAILABLE and self.mark() != state.mark:
            return "something was ordered or moved since it was read"
        if part is ViewPart.FIGURES and self._moved > state.mark.moved:
            return "a position or wallet moved since they were read"
        return None

    def age(self, part: ViewPart, now: float, alive: float | None) -> float:
        """
        Return for how many seconds a part may have been otherwise.

        ``alive`` is when the stream last proved that it delivers, None where it does not.
        """
        # a read of positions shows whether they moved by other fills than those that are known
        known = self._read(ViewPart.POSITIONS if part is ViewPart.FILLS else part)
        if alive is not None and part.is_streamed:
            known = max(known, alive)
        return max(0.0, now - known)

    def trouble(self, part: ViewPart) -> str | None:
        """Return why the last read of a part failed, None where it did not."""
        state = self._states.get(part)
        return None if state is None else state.trouble

    def _find_gap(self) -> str | None:
        return next(filter(None, (self._states[part].missing for part in STREAMED if part in self._states)), None)

    def _read(self, part: ViewPart) -> float:
        state = self._states.get(part)
        return float("-inf") if state is None or state.read is None else state.read


class StaleView(VenuekitError):
    """
    A part of a view may be out of date; nothing was sent.

    Attributes:
        part: The part; None for the view as a whole.
        reason: The reason, in one sentence.
        age: The seconds within which it may have changed; None where that says nothing.
    """

    def __init__(self, venue: str, part: ViewPart | None, reason: str, age: float | None) -> None:
        of = "the view" if part is None else str(part)
        known = "" if age is None or age == float("inf") else f" (last known to hold {age:.1f} s ago)"
        mend = "" if part is None else "; `wait_fresh` waits until it holds again, `refresh` reads it now"
        super().__init__(f"{venue}: {of} may be out of date: {reason}{known}{mend}")
        self.part = part
        self.reason = reason
        self.age = age
