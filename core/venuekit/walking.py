"""
How histories are walked: three ways, for the three ways in which venues page.

All yield oldest first, hold at most two pages (or one bisected window) in memory, and end with an error rather than a
loop when a venue repeats itself. Times are milliseconds since 1970; windows include both ends. A history that a venue
keeps in two places is one walk by :func:`merged`. What they raise names the :class:`Origin` that they are given.
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Hashable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import attrs

from venuekit.errors import InvalidArgument, Outcome, PayloadMismatch

__all__ = ["NO_ORIGIN", "Origin", "Page", "Span", "Track", "bisected", "by_identity", "merged", "paged", "span_of"]

T = TypeVar("T")


@attrs.frozen
class Span:
    """A stretch of time in milliseconds, both ends included."""

    start: int
    end: int

    def windows(self, width: int) -> Sequence[Span]:
        """Return the stretch cut into pieces of at most ``width`` milliseconds, oldest first."""
        return [Span(start, min(start + width - 1, self.end)) for start in range(self.start, self.end + 1, width)]

    def halves(self) -> tuple[Span, Span]:
        """Return the older and the newer half."""
        middle = (self.start + self.end) // 2
        return Span(self.start, middle), Span(middle + 1, self.end)


def span_of(
    start: datetime | None,
    end: datetime | None,
    *,
    now: int,
    keeps: int,
    words: str,
    after: int | None = None,
) -> Span:
    """
    Return the stretch to walk; it never reaches past ``now``, where rows may still arrive out of their order.

    Args:
        start, end: What the caller asked for; None for as far back as the venue keeps, and for now.
        now: The venue's clock.
        keeps: How many milliseconds back the venue keeps its history.
        words: The same in words, for the error.
        after: The time of the item to continue behind; one that is no longer kept is warned of, since what followed
            it may be gone too.

    Raises:
        InvalidArgument: reversed, or reaching back further than the venue keeps.
    """
    oldest = now - keeps
    first = oldest if start is None else _milliseconds(start)
    last = now if end is None else _milliseconds(end)
    if first > last:
        raise InvalidArgument(f"the span is reversed: {start or 'what the venue keeps'} begins after {end or 'now'}")
    if start is not None and first < oldest:
        raise InvalidArgument(f"{start} is further back than the venue keeps: {words}")
    if after is not None and after < oldest:
        gap = f"the item to continue behind is older than the venue keeps, so there may be a gap behind it: {words}"
        warnings.warn(gap, UserWarning, stacklevel=2)
    return Span(max(first, oldest, 0 if after is None else after), min(last, now))


def _milliseconds(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise InvalidArgument(f"{moment} has no time zone")
    return round(moment.timestamp() * 1000)


@attrs.frozen
class Track(Generic[T]):
    """What tells the items of a history apart: when each was, by anything that has an order, and what no other has."""

    time: Callable[[T], Any]
    key: Callable[[T], Hashable]


@attrs.frozen
class Origin:
    """Whose history is walked, and by which method: what the errors of a walk say of it."""

    venue: str = ""
    operation: str = ""

    def mismatch(self, words: str) -> PayloadMismatch:
        """Return the error for pages that cannot be believed; a read changes nothing."""
        return PayloadMismatch(words, venue=self.venue, operation=self.operation, outcome=Outcome.NOT_APPLIED)


#: of a walk that nobody has named
NO_ORIGIN = Origin()


@attrs.frozen
class Page(Generic[T]):
    """One page of a cursor, in the venue's order; ``cursor`` is None behind the last one."""

    items: Sequence[T]
    cursor: str | None


async def paged(
    fetch: Callable[[Span, int], Awaitable[Sequence[T]]],
    windows: Callable[[], Awaitable[Sequence[Span]]],
    *,
    limit: int,
    track: Track[T],
    after: T | None = None,
    keep: Callable[[T], bool] | None = None,
    origin: Origin = NO_ORIGIN,
) -> AsyncGenerator[T, None]:
    """
    Walk windows whose pages are numbered from 1 and run from old to new; a page shorter than ``limit`` is the last.

    Within a page the venue's order does not matter, but that of equal times is kept. What ``windows`` there are is
    asked when the walk begins; ``keep`` picks out what is handed on: a step more between page and caller would cost as
    much as this one.

    Raises:
        PayloadMismatch: a page repeats the one before it, or goes back in time.
    """
    gate = _Gate(track, after)
    for window in await windows():
        number, newest = 1, None
        before: Sequence[T] = ()
        while True:
            items = await fetch(window, number)
            moments = [*map(track.time, items)]
            if (ordered := sorted(moments)) != moments:
                items, moments = sorted(items, key=track.time), ordered
            if moments and newest is not None and moments[0] <= newest:
                if frozenset(map(track.key, items)) == frozenset(map(track.key, before)):
                    raise origin.mismatch(f"page {number} repeats page {number - 1}")
                if moments[0] < newest:
                    raise origin.mismatch(f"page {number} goes back in time, behind page {number - 1}")
            for passed in filter(keep, gate.put_all(items, moments)) if keep else gate.put_all(items, moments):
                yield passed
            if len(items) < limit:
                break
            number, before, newest = number + 1, items, moments[-1]
    for passed in gate.rest():
        if keep is None or keep(passed):
            yield passed


async def by_identity(
    fetch: Callable[[int], Awaitable[Sequence[T]]],
    first: int,
    *,
    limit: int,
    identity: Callable[[T], int],
    until: Callable[[T], bool] = lambda _: False,
    origin: Origin = NO_ORIGIN,
) -> AsyncGenerator[T, None]:
    """
    Walk items by their ascending number: ``fetch`` returns up to ``limit`` items from a number on.

    ``until`` ends the walk before the first item it holds for.

    Raises:
        PayloadMismatch: the numbers do not ascend.
    """
    upcoming = first
    while True:
        items = sorted(await fetch(upcoming), key=identity)
        if items and identity(items[0]) < upcoming:
            raise origin.mismatch(f"asked for numbers from {upcoming} on, got {identity(items[0])}")
        for item in items:
            if identity(item) < upcoming:
                continue
            if until(item):
                return
            yield item
            upcoming = identity(item) + 1
        if len(items) < limit:
            return


async def bisected(
    fetch: Callable[[Span, str | None], Awaitable[Page[T]]],
    windows: Sequence[Span],
    *,
    track: Track[T],
    after: T | None = None,
    most_pages: int = 10,
    origin: Origin = NO_ORIGIN,
) -> AsyncGenerator[T, None]:
    """
    Walk windows that the venue answers newest first, by cursor.

    A window with more than ``most_pages`` pages is halved, and the older half walked first, so that memory stays
    bounded and the order is still oldest first. Only what bears one and the same millisecond is never parted: where
    the venue gives no more of it than one page, the walk ends with an error that says so.

    Raises:
        PayloadMismatch: a cursor comes back that was there before, or ``most_pages`` pages in a row hold nothing new.
    """
    gate = _Gate(track, after)
    pending = deque(windows)
    while pending:
        window = pending.popleft()
        items = await _collect(fetch, window, track, most_pages, origin)
        if items is None:
            pending.extendleft(reversed(window.halves()))
            continue
        for item in items:
            for passed in gate.put(item):
                yield passed
    for passed in gate.rest():
        yield passed


async def _collect(
    fetch: Callable[[Span, str | None], Awaitable[Page[T]]],
    window: Span,
    track: Track[T],
    most_pages: int,
    origin: Origin,
) -> list[T] | None:
    """Return all items of a window, oldest first; None when they are too many and the window can be halved."""
    found: dict[Hashable, T] = {}
    cursor: str | None = None
    seen: set[str] = set()
    pages = idle = 0
    while True:
        page = await fetch(window, cursor)
        known = len(found)
        for item in page.items:
            found.setdefault(track.key(item), item)
        pages, idle = pages + 1, 0 if len(found) > known else idle + 1
        if not page.cursor or not page.items:
            break
        if idle >= most_pages:
            raise origin.mismatch(_idle_words(idle, window, len(page.items)))
        if page.cursor in seen:
            raise origin.mismatch("the venue repeats a cursor")
        seen.add(page.cursor)
        cursor = page.cursor
        if pages >= most_pages and window.end > window.start:
            return None
    # newest first on the wire: turned round, and then by time alone, so that equal times keep the venue's order
    oldest_first = list(found.values())[::-1]
    oldest_first.sort(key=track.time)
    return oldest_first


def _idle_words(idle: int, window: Span, rows: int) -> str:
    words = f"{idle} pages in a row hold nothing new" if idle > 1 else "a page holds nothing new"
    if window.start < window.end:
        return words
    # the narrowest window there is: what it holds beyond a page cannot be asked for
    return f"{words}: the venue gives {rows} rows of the millisecond {window.start}, and none of those behind them"


async def merged(*sources: AsyncIterator[T], track: Track[T], after: T | None = None) -> AsyncGenerator[T, None]:
    """
    Walk several histories, each oldest first, as one; what stands in more than one of them comes once.

    Of each history, one item is held.
    """
    gate = _Gate(track, after)
    heads = [(source, head) for source in sources if (head := await anext(source, _END)) is not _END]
    while heads:
        place = min(range(len(heads)), key=lambda place: track.time(heads[place][1]))
        source, head = heads[place]
        for passed in gate.put(head):
            yield passed
        following = await anext(source, _END)
        if following is _END:
            del heads[place]
        else:
            heads[place] = (source, following)
    for passed in gate.rest():
        yield passed


_END: Any = object()


class _Gate(Generic[T]):
    """Lets through what comes behind an item seen before, and nothing twice at the seam of two pages or windows."""

    def __init__(self, track: Track[T], after: T | None) -> None:
        self._track = track
        self._after = after
        self._held: list[T] = []
        self._moment: Any = None
        #: the first item of that time, and the keys of all of them once there is a second one
        self._first: T
        self._keys: set[Hashable] | None = None

    def put_all(self, items: Sequence[T], moments: Sequence[int]) -> Sequence[T]:
        """Take items and their times, oldest first, and return those that may pass now."""
        if self._after is not None:
            return [passed for item in items for passed in self.put(item)]
        passing = []
        for item, moment in zip(items, moments, strict=True):
            # what alone bears its time is not compared with anything: most rows of most histories
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
        elif not self._is_new(item):
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
        """Return what was held back in the hope of meeting the item to continue behind, which is gone."""
        self._after = None
        held, self._held = self._held, []
        return held
