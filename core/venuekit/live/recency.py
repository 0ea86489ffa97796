"""Recency: which of two states of one thing is the newer one, by the venue's own times and numbers."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

import attrs

from venuekit._util.quick_init import quick_init

#: seconds by which a read may lag behind the events that were sent before it
READ_LAG = 1.0
#: the same of a venue in trouble; a read that still differs is believed, and the stream is not
LONG_LAG = 30.0
_READ_LAG = timedelta(seconds=READ_LAG)


class Recency(enum.Enum):
    """The age of a state compared with another one."""

    NEWER = enum.auto()
    OLDER = enum.auto()
    EQUAL = enum.auto()  #: by the same time or number; they need not be the same state
    UNDECIDED = enum.auto()  #: nothing that both of them have says so


@quick_init
@attrs.frozen
class ChangeTime:
    """
    The place of a state in the venue's own order.

    ``first`` and ``last`` bound the time of its last change: they are one where the venue gives that time. Of a row
    without it they are the times between which it was read, so that ``first`` is no bound of the change but of the
    state: everything that happened before is in it. ``sequence`` is the venue's own number. All are None where there is
    none.
    """

    first: datetime | None = None
    last: datetime | None = None
    sequence: int | None = None

    @property
    def is_exact(self) -> bool:
        """Whether it is the venue's own time or number of the change."""
        return self.sequence is not None or (self.first is not None and self.first == self.last)


UNKNOWN_TIME = ChangeTime()


def compare(one: ChangeTime, other: ChangeTime) -> Recency:
    """Return how new ``one`` is compared with ``other``."""
    if one.sequence is not None and other.sequence is not None:
        if one.sequence == other.sequence:
            return Recency.EQUAL
        return Recency.NEWER if one.sequence > other.sequence else Recency.OLDER
    if one.first is None or one.last is None or other.first is None or other.last is None:
        return Recency.UNDECIDED
    if one.first > other.last:
        return Recency.NEWER
    if one.last < other.first:
        return Recency.OLDER
    return Recency.EQUAL if one.is_exact and other.is_exact else Recency.UNDECIDED


@attrs.frozen
class ReadWindow:
    """
    The time in which a read was under way.

    ``sent`` and ``answered`` are seconds of the monotonic clock: the state it shows is from between them, or older
    where reads lag behind. ``sent_at`` is our wall clock at ``sent``, and ``as_of`` the venue's, known to ``error``.
    """

    sent: float
    answered: float
    sent_at: datetime
    as_of: datetime
    error: timedelta

    @property
    def stamp(self) -> ChangeTime:
        """The stamp of everything that the read shows without a time of its own, or does not list any more."""
        duration = timedelta(seconds=self.answered - self.sent)
        return ChangeTime(self.as_of - self.error - _READ_LAG, self.as_of + duration + self.error)

    @property
    def floor(self) -> datetime:
        """The venue's time before which everything is in the read for certain."""
        return self.as_of - self.error - timedelta(seconds=LONG_LAG)

    def stamp_of(self, updated_at: datetime | None, sequence: int | None = None) -> ChangeTime:
        """Return the stamp of a row by its own time and number, else that of the read."""
        if updated_at is not None:
            return ChangeTime(updated_at, updated_at, sequence)
        return ChangeTime(self.stamp.first, self.stamp.last, sequence)
