"""Histories that the venue answers newest first, by cursor."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Sequence
from typing import TypeVar

from venuekit.errors import PayloadMismatch
from venuekit.walking.spans import Span
from venuekit.walking.track import NO_ORIGIN, Gate, Origin, Page, Track

__all__ = ["bisected"]

T = TypeVar("T")


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
    bounded and the order is still oldest first. So is one whose pages repeat themselves. Only what bears one and the
    same millisecond is never parted: where the venue gives no more of it than one page, the walk ends with an error
    that says so, behind everything that was found.

    Raises:
        PayloadMismatch: of a single millisecond, a cursor comes back that was there before, or ``most_pages`` pages in
            a row hold nothing new.
    """
    gate = Gate(track, after)
    pending = deque(windows)
    while pending:
        window = pending.popleft()
        items, trouble = await _collect(fetch, window, track, most_pages, origin)
        if items is None:
            pending.extendleft(reversed(window.halves()))
            continue
        for item in items:
            for passed in gate.put(item):
                yield passed
        if trouble is not None:
            raise trouble
    for passed in gate.rest():
        yield passed


async def _collect(
    fetch: Callable[[Span, str | None], Awaitable[Page[T]]],
    window: Span,
    track: Track[T],
    most_pages: int,
    origin: Origin,
) -> tuple[list[T] | None, PayloadMismatch | None]:
    """
    Return all items of a window, oldest first, None when they are too many and the window can be halved.

    What comes with the items of a single millisecond is the error for what is behind them.
    """
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
        if can_be_halved and (repeats or pages >= most_pages or idle > 1):
            return None, None
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
    return oldest_first, trouble


def _idle_words(idle: int, window: Span, rows: int) -> str:
    words = f"{idle} pages in a row hold nothing new" if idle > 1 else "a page holds nothing new"
    # the narrowest window there is: what it holds beyond a page cannot be asked for
    return f"{words}: the venue gives {rows} rows of the millisecond {window.start}, and none of those behind them"
