"""Histories that the venue answers newest first, by cursor."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

import attrs

from venuekit.errors import PayloadMismatch
from venuekit.parts.histories.spans import Span
from venuekit.parts.histories.track import NO_ORIGIN, Gate, Origin, Page, Track

__all__ = ["walk_by_cursor"]

T = TypeVar("T")


async def walk_by_cursor(
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

    A window with more than ``most_pages`` pages is parted, and the oldest part walked first, so that memory stays
    bounded and the order is still oldest first: into halves, and the newer half once more by how dense its end was, so
    that few pages are read in vain before the first item. One whose pages repeat themselves is halved. Only what bears
    one and the same millisecond is never parted: where the venue gives no more of it than one page, the walk ends with
    an error that says so, behind everything that was found.

    Raises:
        PayloadMismatch: of a single millisecond, a cursor comes back that was there before, or ``most_pages`` pages in
            a row hold nothing new.
    """
    gate = Gate(track, after)
    pending = deque(windows)
    while pending:
        window = pending.popleft()
        found = await _collect(fetch, window, track, most_pages, origin)
        if isinstance(found, _TooMany):
            pending.extendleft(reversed(found.parts))
            continue
        for item in found.items:
            for passed in gate.put(item):
                yield passed
        if found.trouble is not None:
            raise found.trouble
    for passed in gate.rest():
        yield passed


@attrs.frozen
class _Found(Generic[T]):
    """All items of a window, oldest first; of a single millisecond, also the error for what is behind them."""

    items: Sequence[T]
    trouble: PayloadMismatch | None


@attrs.frozen
class _TooMany:
    """A window that has more than can be held, and the parts to walk instead, oldest first."""

    parts: Sequence[Span]


def _parts(window: Span, oldest: int) -> Sequence[Span]:
    """
    Return the parts of a window whose pages, read from its end, came as far as ``oldest``.

    As much time as the pages took, four times as much, and so on, back from the end.
    """
    older, newer = window.halves()
    cuts = []
    width = window.end - oldest + 1
    while newer.start < (cut := newer.end - width + 1):
        cuts.append(cut)
        width *= 4
    starts = [newer.start, *reversed(cuts)]
    ends = [*(start - 1 for start in starts[1:]), newer.end]
    return [older, *map(Span, starts, ends)]


async def _collect(
    fetch: Callable[[Span, str | None], Awaitable[Page[T]]],
    window: Span,
    track: Track[T],
    most_pages: int,
    origin: Origin,
) -> _Found[T] | _TooMany:
    """Return all items of a window, or its parts where there are too many."""
    found: dict[Hashable, T] = {}
    cursor: str | None = None
    seen: set[str] = set()
    pages = idle = 0
    can_be_halved = window.end > window.start
    trouble: PayloadMismatch | None = None
    while True:
        page = await fetch(window, cursor)
        known = len(found)
        for item in page.items:
            found.setdefault(track.key(item), item)
        pages, idle = pages + 1, 0 if len(found) > known else idle + 1
        if not page.cursor or not page.items:
            break
        repeats = page.cursor in seen
        # halving loses nothing, so the first sign that pages repeat themselves is enough for it
        if can_be_halved and (repeats or idle > 1):
            return _TooMany(window.halves())
        if can_be_halved and pages >= most_pages:
            oldest = min(map(track.time, found.values()))
            return _TooMany(_parts(window, max(window.start, min(oldest, window.end))))
        if idle >= most_pages:
            trouble = origin.mismatch(_idle_words(idle, window, len(page.items)))
        elif repeats:
            trouble = origin.mismatch(f"the venue repeats a cursor in the millisecond {window.start}")
        if trouble is not None:
            break
        seen.add(page.cursor)
        cursor = page.cursor
    # newest first on the wire: turned round, and then by time alone, so that equal times keep the venue's order
    oldest_first = list(found.values())[::-1]
    oldest_first.sort(key=track.time)
    return _Found(oldest_first, trouble)


def _idle_words(idle: int, window: Span, rows: int) -> str:
    words = f"{idle} pages in a row hold nothing new" if idle > 1 else "a page holds nothing new"
    # the narrowest window there is: what it holds beyond a page cannot be asked for
    return f"{words}: the venue gives {rows} rows of the millisecond {window.start}, and none of those behind them"
